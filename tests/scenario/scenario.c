/* Plays one scenario file (script.h), a cmocka test a row.   scenario PROGRAM FILE [ROW]
 * With SHOW set it prints what every command says, not only what one says that fails. */
#include "tests/unit.h"

#include <libgen.h>
#include <signal.h>
#include <unistd.h>

#include "planner/base/memory.h"
#include "planner/base/time.h"
#include "tests/folder.h"
#include "tests/scenario/judge.h"
#include "tests/scenario/rows.h"
#include "tests/scenario/script.h"

enum { SPEED = 600 };

struct play {
    const char *program, *path, *name;
    const struct script *script;
    size_t row;
    struct stage stage;
    struct arena arena;
};

/* ---- the parts ---- */

static char *filled(struct play *play, const char *text)
{
    struct stage *stage = &play->stage;
    const char *endpoint =
        arena_printf(&play->arena, "http://127.0.0.1:%u", (unsigned)sandbox_port(stage->sandbox));
    return arena_strdup(&play->arena, script_fill(play->script, &play->arena, text, play->row,
                                                  stage_now(stage), endpoint));
}

/* Steps to the next line that begins with the word: what stands behind it, or NULL. */
static const char *next_value(struct play *play, const char **lines, const char *word)
{
    while (**lines) {
        const char *line = *lines;
        size_t len = strcspn(line, "\n");
        *lines += len + (line[len] == '\n');
        if (text_starts(line, word))
            return arena_strndup(&play->arena, line + strlen(word), len - strlen(word));
    }
    return NULL;
}

static void give_cues(struct play *play, const char *expected)
{
    char operation[64];
    int read = 0;
    for (const char *at; (at = next_value(play, &expected, "at "));) {
        assert_int_equal(sscanf(at, "%63s %n", operation, &read), 1);
        stage_cue(&play->stage, operation, at + read);
    }
}

static const struct kept *remember(struct play *play, const char *expected)
{
    const struct kept *last = NULL;
    for (const char *name; (name = next_value(play, &expected, "keeps "));) {
        struct kept *kept = arena_alloc(&play->arena, sizeof *kept);
        char *bytes = folder_read(play->stage.folder, name);
        *kept = (struct kept){name, bytes ? arena_strdup(&play->arena, bytes) : NULL, last};
        last = kept;
        free(bytes);
    }
    return last;
}

static void play_command(struct play *play, struct judging *j, const struct part *part,
                         const char *expected)
{
    struct stage *stage = &play->stage;
    char *line;
    switch (part->kind) {
    case PART_WAIT:
        stage_end_beside(stage, 0);
        return;
    case PART_INTERRUPT:
        stage_end_beside(stage, SIGINT);
        return;
    case PART_KILL:
        stage_end_beside(stage, SIGKILL);
        return;
    default:
        line = filled(play, part->head);
    }
    if (!text_ends(line, " &")) {
        stage_run(stage, line);
        return;
    }
    line[strlen(line) - 2] = '\0';
    const char *until = next_value(play, &expected, "until ");
    if (!until)
        fail_msg("%s: until when?", j->where);
    stage_start_beside(stage, line, until);
    j->exit_named = true; /* it has not ended */
}

static void play_run(struct play *play, const struct part *part)
{
    struct judging j = {.stage = &play->stage, .arena = &play->arena};
    j.moves_on = part->kind != PART_RUN;
    char *expected = filled(play, part->body);
    j.where = arena_printf(&play->arena, "%s:%u", play->path, part->line);
    give_cues(play, expected);
    j.kept = remember(play, expected);
    play_command(play, &j, part, expected);
    if (getenv("SHOW")) {
        fprintf(stderr, "== %s: %s\n", j.where, filled(play, part->head));
        judge_show(&play->stage);
        fprintf(stderr, "-- exit %d\n", play->stage.exit_code);
    }
    judge_all(&j, play->path, part, expected);
    stage_forget(&play->stage);
}

static void play_spoil(struct play *play, const char *name, const char *how)
{
    char *bytes = folder_read(play->stage.folder, name), *at = NULL;
    if (!bytes)
        fail_msg("there is no %s to spoil", name);
    const char *arrow = strstr(how, " -> ");
    struct text out = {0};
    text_add(&out, bytes);
    if (arrow) {
        at = strstr(bytes, arena_strndup(&play->arena, how, (size_t)(arrow - how)));
        if (!at)
            fail_msg("%s does not have: %s", name, how);
        text_cut(&out, (size_t)(at - bytes));
        text_add(&out, arrow + strlen(" -> "));
        text_add(&out, at + (arrow - how));
    } else if (strcmp(how, "byte") == 0) {
        out.data[out.len / 2] = out.data[out.len / 2] == 'x' ? 'y' : 'x';
    } else if (strcmp(how, "half") == 0 || strcmp(how, "empty") == 0) {
        text_cut(&out, *how == 'h' ? out.len / 2 : 0);
    } else {
        fail_msg("nobody knows how to spoil a file by: %s", how);
    }
    folder_write(play->stage.folder, name, text_cstr(&out));
    text_clear(&out);
    free(bytes);
}

static void play_copy(struct play *play, char *names)
{
    char *to = strchr(names, ' '), *bytes;
    assert_non_null(to);
    *to++ = '\0';
    bytes = folder_read(play->stage.folder, names);
    assert_non_null(bytes);
    folder_write(play->stage.folder, to, bytes);
    free(bytes);
}

static void each_line(struct stage *stage, char *lines,
                      void (*heed)(struct stage *stage, const char *line))
{
    for (char *line = strtok(lines, "\n"); line; line = strtok(NULL, "\n"))
        if (*line != '#')
            heed(stage, line);
}

static void play_part(struct play *play, const struct part *part)
{
    char *head = filled(play, part->head), *path, *body;
    int64_t passing;
    switch (part->kind) {
    case PART_FILE:
        folder_write(play->stage.folder, head, filled(play, part->body));
        break;
    case PART_RUN:
    case PART_WAIT:
    case PART_INTERRUPT:
    case PART_KILL:
        play_run(play, part);
        break;
    case PART_MEANWHILE:
        each_line(&play->stage, filled(play, part->body), stage_change);
        break;
    case PART_UNTIL:
        each_line(&play->stage, filled(play, part->body), stage_await);
        break;
    case PART_SPOIL:
        body = filled(play, part->body);
        body[strcspn(body, "\n")] = '\0';
        play_spoil(play, head, body);
        break;
    case PART_PASS:
        if (!duration_parse(&passing, head))
            fail_msg("how long is \"%s\"?", head);
        stage_pass(&play->stage, passing);
        break;
    case PART_REMOVE:
        path = folder_path(play->stage.folder, head);
        assert_int_equal(unlink(path), 0);
        free(path);
        break;
    case PART_COPY:
        play_copy(play, head);
        break;
    case PART_FREEZE:
        stage_signal_beside(&play->stage, SIGSTOP);
        break;
    case PART_THAW:
        stage_signal_beside(&play->stage, SIGCONT);
        break;
    case PART_WORLD:
    case PART_SPEED: /* before all others */
        break;
    }
}

static void play_row(void **state)
{
    struct play *play = *state;
    const struct script *script = play->script;
    const char *world = "";
    int64_t speed = SPEED;
    for (size_t i = 0; i < script->part_count; i++) {
        const struct part *part = &script->parts[i];
        if (part->kind == PART_WORLD)
            world = script_fill(script, &play->arena, part->body, play->row, 0, "");
        if (part->kind == PART_SPEED)
            speed = strtol(part->head, NULL, 10);
    }
    stage_open(&play->stage, play->program, world, speed);
    for (size_t i = 0; i < script->part_count; i++)
        play_part(play, &script->parts[i]);
}

static int close_row(void **state)
{
    struct play *play = *state;
    stage_close(&play->stage);
    arena_clear(&play->arena);
    return 0;
}

/* One row, as a group of its own: what it says stays together. */
static int play_group(void *self, size_t row)
{
    struct play *play = &((struct play *)self)[row];
    const char *name = play->name;
    const struct CMUnitTest test = {
        .name = name, .test_func = play_row, .teardown_func = close_row, .initial_state = play};
    return _cmocka_run_group_tests(name, &test, 1, NULL, NULL);
}

/* The row of this name, or all of them. */
static struct play *choose_rows(struct script *script, const char *program, const char *path,
                                const char *only, size_t *count)
{
    struct play *plays = memory_new(script->rows * sizeof *plays);
    *count = 0;
    for (size_t row = 0; row < script->rows; row++) {
        const char *name = script_row_name(script, &script->arena, row);
        if (!only || strcmp(only, name) == 0)
            plays[(*count)++] =
                (struct play){program, path, *name ? name : script->shows, script, row, {0}, {0}};
    }
    return plays;
}

int main(int argc, char **argv)
{
    struct script script;
    size_t count;
    if (argc < 3) {
        fprintf(stderr, "usage: scenario PROGRAM FILE [ROW]\n");
        return 1;
    }
    signal(SIGPIPE, SIG_IGN);
    script_read(&script, argv[2]);
    char *program = realpath(argv[1], NULL);
    if (!program) {
        perror(argv[1]);
        return 1;
    }
    printf("%s: %s\n", basename(arena_strdup(&script.arena, argv[2])), script.shows);
    struct play *plays = choose_rows(&script, program, argv[2], argc > 3 ? argv[3] : NULL, &count);
    size_t failed = count ? rows_play(count, play_group, plays) : 1;
    free(plays);
    free(program);
    script_clear(&script);
    return failed ? 1 : 0;
}
