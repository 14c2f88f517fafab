#include "cmd/keys.h"

#include <unistd.h>

#include "cmd/tty.h"
#include "providers/local/clock.h"

enum { BURST_MAX = 256 };

/* The key that was pressed, once or held down; 0: it was something else. */
static char key_of(const char *bytes, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (bytes[i] != bytes[0])
            return 0;
    return n ? bytes[0] : 0;
}

static enum wish answer(struct keys_mind *mind, char key, size_t n, int64_t now)
{
    int64_t stood = now - mind->asked_at;
    if (now - mind->other_at < KEYS_TOO_SOON_MS) {
        if (n && key != 'y')
            mind->other_at = now;
        return WISH_NONE;
    }
    mind->asks = !n && stood < KEYS_QUESTION_MS;
    return key == 'y' && stood < KEYS_QUESTION_MS ? WISH_REVERT : WISH_NONE;
}

enum wish keys_hear(struct keys_mind *mind, const char *bytes, size_t n, int64_t now)
{
    char key = key_of(bytes, n);
    if (mind->asks)
        return answer(mind, key, n, now);
    switch (key) {
    case 'r':
        mind->asks = !mind->cannot_revert;
        mind->asked_at = mind->other_at = now;
        return WISH_NONE;
    case 'c':
        return WISH_END_WAIT;
    case 'p':
        return WISH_STOP;
    default:
        return WISH_NONE;
    }
}

/* A terminal that is not ours must not wake a wait: it would be readable without end. */
static void look_at_terminal(struct keys *keys)
{
    bool ours = keys->listens && tty_is_ours();
    if (ours != keys->ours)
        local_clock_heed(keys->clock, ours ? tty_wake_fd() : -1);
    keys->ours = ours;
}

void keys_init(struct keys *keys, struct local_clock *clock, bool cannot_revert)
{
    *keys = (struct keys){.mind = {.cannot_revert = cannot_revert}, .clock = clock};
}

void keys_listen(struct keys *keys)
{
    if (keys->listens)
        return;
    keys->listens = tty_enter(STDIN_FILENO, STDERR_FILENO, NULL, NULL);
    keys->mind.asks = false;
    look_at_terminal(keys);
}

void keys_rest(struct keys *keys)
{
    if (!keys->listens)
        return;
    keys->listens = false;
    look_at_terminal(keys);
    tty_leave();
}

static enum wish take(void *self)
{
    struct keys *keys = self;
    char bytes[BURST_MAX];
    bool asked = keys->mind.asks, resized;
    look_at_terminal(keys);
    if (!keys->ours)
        return WISH_NONE;
    size_t n = tty_read(bytes, sizeof bytes, &resized);
    enum wish wish = keys_hear(&keys->mind, bytes, n, local_clock_monotonic_now());
    if (keys->mind.asks && !asked)
        tty_drop();
    if (keys->changed && (resized || keys->mind.asks != asked))
        keys->changed(keys->changed_self);
    return wish;
}

static bool asks(void *self)
{
    const struct keys *keys = self;
    return keys->ours && keys->mind.asks;
}

struct wishes keys_wishes(struct keys *keys)
{
    return (struct wishes){keys, take, asks};
}
