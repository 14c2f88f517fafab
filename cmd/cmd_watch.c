#include <stdio.h>
#include <unistd.h>

#include "cmd/block.h"
#include "cmd/commands.h"
#include "cmd/exit_code.h"
#include "cmd/interrupt.h"
#include "cmd/sparkline.h"
#include "cmd/tty.h"
#include "cmd/watching.h"
#include "planner/base/time.h"

/* The alternate screen, without a cursor and without lines that break: a window that is too narrow
 * cuts them. */
#define SCREEN_ON  "\x1b[?1049h\x1b[?25l\x1b[?7l"
#define SCREEN_OFF "\x1b[?7h\x1b[?25h\x1b[?1049l"

enum { KEYS_MAX = 64 };

static bool wants_ascii(const struct args *args)
{
    return args_flag(args, OPT_ASCII) || !sparkline_has_blocks();
}

static bool print_once(struct watching *watching, const struct args *args, struct error *err)
{
    struct term term = term_of(STDOUT_FILENO);
    struct watched watched;
    struct page page;
    if (!watching_read(watching, err))
        return false;
    term.colour = false;
    page_init(&page, &term);
    watching_show(&watched, watching);
    watched.ascii = wants_ascii(args);
    view_watch(&page, &watched);
    page_write(&page, stdout);
    page_clear(&page);
    return true;
}

/* ---- on a terminal ---- */

static bool refuse(struct error *err)
{
    error_set(err, ERROR_USAGE, "there is no terminal to draw on");
    return error_hint(err, "--once prints a single frame");
}

static bool may_draw(void)
{
    return isatty(STDIN_FILENO) && term_of(STDOUT_FILENO).is_terminal;
}

static void draw(struct watching *watching, const struct args *args)
{
    struct term term = term_of(STDOUT_FILENO), narrower = term;
    struct text bytes = {0};
    struct watched watched;
    struct page page;
    watching_show(&watched, watching);
    watched.ascii = wants_ascii(args);
    watched.key = "q leaves";
    narrower.width = block_width(&term);
    page_init(&page, &narrower);
    view_watch(&page, &watched);
    if (!block_has_room(&term, text_cstr(&page.out))) {
        page_clear(&page);
        page_init(&page, &narrower);
        watched.dense = true;
        view_watch(&page, &watched);
    }
    block_fill(&bytes, &term, text_cstr(&page.out));
    tty_write(text_cstr(&bytes), bytes.len);
    text_clear(&bytes);
    page_clear(&page);
}

/* Whoever looks on. */
struct onlooker {
    struct watching *watching;
    const struct args *args;
    bool left;
};

/* Also asked while an answer is waited for: what only reads keeps nobody. */
static bool has_left(void *self)
{
    struct onlooker *onlooker = self;
    char keys[KEYS_MAX];
    bool resized;
    if (onlooker->left || interrupt_happened(NULL))
        return true;
    size_t n = tty_is_ours() ? tty_read(keys, sizeof keys, &resized) : 0;
    onlooker->left = n > 0;
    for (size_t i = 0; i < n; i++)
        if (keys[i] != 'q')
            onlooker->left = false;
    return onlooker->left;
}

/* Suspended meanwhile, or in the background, there is nothing to draw on. */
static void draw_if_ours(const struct onlooker *onlooker)
{
    if (tty_is_ours())
        draw(onlooker->watching, onlooker->args);
}

/* Until something is due, a second has passed, or a key came. */
static void wait_a_while(const struct onlooker *onlooker)
{
    struct wire *wire = &onlooker->watching->cutover->wire;
    const struct clock *clock = &wire->clock;
    int64_t left = watching_next_at(onlooker->watching) - clock->wall(clock->self);
    int64_t second = SECOND_MS * wire->speed;
    local_clock_heed(&wire->local_clock, tty_is_ours() ? tty_wake_fd() : -1);
    if (left > second)
        left = second;
    clock->wait(clock->self, left > 0 ? left : 0);
}

static bool watch(struct watching *watching, const struct args *args, struct error *err)
{
    struct onlooker onlooker = {watching, args, false};
    struct wire *wire = &watching->cutover->wire;
    if (!watching_read(watching, err))
        return false;
    interrupt_watch();
    if (!tty_enter(STDIN_FILENO, STDOUT_FILENO, SCREEN_ON, SCREEN_OFF))
        return interrupt_happened(NULL) || refuse(err); /* in the background */
    wire->given_up = has_left;
    wire->given_up_self = &onlooker;
    bool ok = true;
    while (ok && !has_left(&onlooker)) {
        draw_if_ours(&onlooker);
        wait_a_while(&onlooker);
        ok = has_left(&onlooker) || watching_read(watching, err);
    }
    tty_leave();
    return ok;
}

bool cmd_watch(const struct args *args, int *exit_code, struct error *err)
{
    struct cutover cutover;
    struct watching watching;
    *exit_code = EXIT_DONE;
    if (!args_flag(args, OPT_ONCE) && !may_draw())
        return refuse(err);
    bool ok = cutover_open(&cutover, args, INPUT_PLAN_FILE | INPUT_SAVED_PLAN | INPUT_STATE, err);
    watching_begin(&watching, &cutover);
    ok = ok && (args_flag(args, OPT_ONCE) ? print_once : watch)(&watching, args, err);
    watching_end(&watching);
    cutover_close(&cutover);
    return ok;
}
