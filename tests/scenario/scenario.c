/* Plays one scenario file (script.h), a cmocka test a row.   scenario PROGRAM FILE [ROW] */
#include "tests/unit.h"

#include <libgen.h>
#include <signal.h>
#include <unistd.h>

#include "planner/base/memory.h"
#include "tests/folder.h"
#include "tests/scenario/script.h"
#include "tests/scenario/stage.h"

enum { SPEED = 600 };

struct play {
    const char *program, *path;
    const struct script *script;
    size_t row;
    struct stage stage;
    struct arena arena;
};

/* ---- what must come of a command ---- */

/* Every run of blanks is one: what is said may be folded anywhere. */
static char *squeeze(struct arena *arena, const char *s)
{
    char *out = arena_alloc(arena, strlen(s) + 1), *at = out;
    for (; *s; s++) {
        bool blank = *s == ' ' || *s == '\n' || *s == '\t';
        if (!blank)
            *at++ = *s;
        else if (at > out && at[-1] != ' ')
            *at++ = ' ';
    }
    *at = '\0';
    return out;
}

struct judging {
    struct stage *stage;
    struct arena *arena;
    const char *where;     /* "FILE:LINE" */
    const char *out, *err; /* squeezed; what is not yet matched */
    bool exit_named, sends_named;
};

#define NOT_SO(j, ...)                                                                             \
    do {                                                                                           \
        fprintf(stderr, "-- standard output\n%s-- standard error\n%s-- sent: %s\n",                \
                text_cstr(&(j)->stage->out), text_cstr(&(j)->stage->err),                          \
                text_cstr(&(j)->stage->mutations));                                                \
        fprintf(stderr, "%s: ", (j)->where);                                                       \
        fail_msg(__VA_ARGS__);                                                                     \
    } while (0)

static void judge_exit(struct judging *j, const char *value)
{
    j->exit_named = true;
    if (j->stage->exit_code != strtol(value, NULL, 10))
        NOT_SO(j, "exit %d, not %s", j->stage->exit_code, value);
}

static void judge_text(struct judging *j, const char **unmatched, const char *value)
{
    const char *wanted = squeeze(j->arena, value), *found = strstr(*unmatched, wanted);
    if (!found)
        NOT_SO(j, "nowhere (after what was named before): %s", wanted);
    *unmatched = found + strlen(wanted);
}

static void judge_says(struct judging *j, const char *value)
{
    judge_text(j, &j->out, value);
}

static void judge_tells(struct judging *j, const char *value)
{
    judge_text(j, &j->err, value);
}

static void judge_never(struct judging *j, const char *value)
{
    const char *word = squeeze(j->arena, value);
    if (strstr(squeeze(j->arena, text_cstr(&j->stage->out)), word) ||
        strstr(squeeze(j->arena, text_cstr(&j->stage->err)), word))
        NOT_SO(j, "is there: %s", word);
}

static void judge_sends(struct judging *j, const char *value)
{
    j->sends_named = true;
    if (strcmp(text_cstr(&j->stage->mutations), value) != 0)
        NOT_SO(j, "sent \"%s\", not \"%s\"", text_cstr(&j->stage->mutations), value);
}

static void judge_reads(struct judging *j, const char *value)
{
    if (j->stage->reads != strtoul(value, NULL, 10))
        NOT_SO(j, "%u reads, not %s", j->stage->reads, value);
}

static const char *steal_into(struct arena *arena, struct text *text)
{
    const char *copy = arena_strdup(arena, text_cstr(text));
    text_clear(text);
    return copy;
}

static void judge_live(struct judging *j, const char *value)
{
    struct text found = {0};
    if (!stage_holds(j->stage, value, &found))
        NOT_SO(j, "live is: %s\nnot: %s", steal_into(j->arena, &found), value);
    text_clear(&found);
}

static void judge_cue(struct judging *j, const char *value)
{
    (void)j, (void)value; /* was given before the command ran */
}

static const struct {
    const char *word;
    void (*judge)(struct judging *j, const char *value);
} judges[] = {
    {"exit", judge_exit},   {"says", judge_says},   {"tells", judge_tells}, {"never", judge_never},
    {"sends", judge_sends}, {"reads", judge_reads}, {"live", judge_live},   {"at", judge_cue},
};

static void judge_line(struct judging *j, char *line)
{
    char *value = strchr(line, ' ');
    if (value)
        *value++ = '\0';
    for (size_t i = 0; i < COUNT(judges); i++)
        if (value && strcmp(judges[i].word, line) == 0) {
            judges[i].judge(j, value);
            return;
        }
    fail_msg("%s: what is \"%s\"?", j->where, line);
}

static void judge_all(struct judging *j, const struct play *play, const struct part *part,
                      char *expected)
{
    unsigned number = part->line;
    j->where = arena_printf(j->arena, "%s:%u", play->path, number);
    j->out = squeeze(j->arena, text_cstr(&j->stage->out));
    j->err = squeeze(j->arena, text_cstr(&j->stage->err));
    for (char *line = expected, *end; *line; line = end) {
        end = line + strcspn(line, "\n");
        if (*end)
            *end++ = '\0';
        j->where = arena_printf(j->arena, "%s:%u", play->path, ++number);
        if (*line && *line != '#')
            judge_line(j, line);
    }
    if (!j->exit_named)
        fail_msg("%s: says no exit code", j->where);
    if (!j->sends_named)
        judge_sends(j, "");
}

/* ---- the parts ---- */

static void give_cues(struct play *play, const char *expected)
{
    char operation[64];
    int read = 0;
    for (const char *line = expected; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        if (!text_starts(line, "at "))
            continue;
        const char *whole = arena_strndup(&play->arena, line, strcspn(line, "\n"));
        assert_int_equal(sscanf(whole, "at %63s %n", operation, &read), 1);
        stage_cue(&play->stage, operation, whole + read);
    }
}

static char *filled(struct play *play, const char *text)
{
    return arena_strdup(&play->arena, script_fill(play->script, &play->arena, text, play->row,
                                                  stage_now(&play->stage)));
}

/* A command line without the program's name. */
static const char *command(struct play *play, const struct part *part)
{
    const char *line = filled(play, part->head);
    if (!text_starts(line, "switchover "))
        fail_msg("%s:%u: only switchover is played", play->path, part->line);
    return line + strlen("switchover ");
}

static void play_run(struct play *play, const struct part *part)
{
    struct judging j = {.stage = &play->stage, .arena = &play->arena};
    char *expected = filled(play, part->body);
    give_cues(play, expected);
    stage_run(&play->stage, command(play, part));
    judge_all(&j, play, part, expected);
}

static void play_wait(struct play *play, const struct part *part)
{
    /* What it sent cannot be told from what was sent meanwhile. */
    struct judging j = {.stage = &play->stage, .arena = &play->arena, .sends_named = true};
    stage_end(&play->stage);
    judge_all(&j, play, part, filled(play, part->body));
}

static void play_changes(struct stage *stage, char *lines)
{
    for (char *line = strtok(lines, "\n"); line; line = strtok(NULL, "\n"))
        if (*line != '#')
            stage_change(stage, line);
}

static void play_part(struct play *play, const struct part *part)
{
    char *path;
    switch (part->kind) {
    case PART_FILE:
        folder_write(play->stage.folder, part->head, filled(play, part->body));
        break;
    case PART_RUN:
        play_run(play, part);
        break;
    case PART_BEGIN:
        stage_begin(&play->stage, command(play, part));
        break;
    case PART_UNTIL:
        stage_await(&play->stage, part->head);
        break;
    case PART_WAIT:
        play_wait(play, part);
        break;
    case PART_MEANWHILE:
        play_changes(&play->stage, filled(play, part->body));
        break;
    case PART_REMOVE:
        path = folder_path(play->stage.folder, part->head);
        assert_int_equal(unlink(path), 0);
        free(path);
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
            world = script_fill(script, &play->arena, part->body, play->row, 0);
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

int main(int argc, char **argv)
{
    struct script script;
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
    const char *file = basename(arena_strdup(&script.arena, argv[2]));
    printf("%s: %s\n", file, script.shows);

    struct play *plays = memory_new(script.rows * sizeof *plays);
    struct CMUnitTest *tests = memory_new(script.rows * sizeof *tests);
    size_t count = 0;
    for (size_t row = 0; row < script.rows; row++) {
        const char *name = script_row_name(&script, &script.arena, row);
        if (argc > 3 && strcmp(argv[3], name) != 0)
            continue;
        plays[row] = (struct play){program, argv[2], &script, row, {0}, {0}};
        tests[count++] = (struct CMUnitTest){.name = *name ? name : file,
                                             .test_func = play_row,
                                             .teardown_func = close_row,
                                             .initial_state = &plays[row]};
    }
    int failed = count ? _cmocka_run_group_tests(file, tests, count, NULL, NULL) : 1;
    free(tests);
    free(plays);
    free(program);
    script_clear(&script);
    return failed;
}
