/* Plays one scenario file (script.h), a cmocka test a row.   scenario PROGRAM FILE [ROW]
 * With SHOW set it prints what every command says, not only what one says that fails. */
#include "tests/unit.h"

#include <libgen.h>
#include <signal.h>
#include <unistd.h>

#include "planner/base/memory.h"
#include "planner/base/time.h"
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

struct kept {                 /* a file as it was before the command */
    const char *name, *bytes; /* NULL: there was none */
    const struct kept *next;
};

struct judging {
    struct stage *stage;
    struct arena *arena;
    const char *where;     /* "FILE:LINE" */
    const char *out, *err; /* squeezed; what is not yet matched */
    const struct kept *kept;
    bool exit_named, sends_named;
};

static void show(const struct stage *stage)
{
    fprintf(stderr, "-- standard output\n%s-- standard error\n%s-- sent: %s\n",
            text_cstr(&stage->out), text_cstr(&stage->err), text_cstr(&stage->mutations));
}

#define NOT_SO(j, ...)                                                                             \
    do {                                                                                           \
        show((j)->stage);                                                                          \
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

static bool is_of(const struct request *request, const char *operation)
{
    return strcmp(request->operation, operation) == 0;
}

/* The newest ModifyListener before the request at `end`; NULL: there is none. */
static const struct request *modification(const struct stage *stage, size_t end)
{
    while (end > 0 && !is_of(&stage->requests[end - 1], "ModifyListener"))
        end--;
    return end ? &stage->requests[end - 1] : NULL;
}

/* "behind GetMetricData", "behind Describe within 1m" */
static void judge_back(struct judging *j, const char *value)
{
    const struct stage *stage = j->stage;
    const struct request *last = modification(stage, stage->request_count), *back = last;
    char operation[40], limit[16];
    int64_t within = INT64_MAX;
    int read = sscanf(value, "behind %39s within %15s", operation, limit);
    if (read < 1 || (read == 2 && !duration_parse(&within, limit)))
        NOT_SO(j, "what is \"back %s\"?", value);
    if (!last || last->status != 200)
        NOT_SO(j, "it did not go back");
    while (back > stage->requests && is_of(back - 1, "ModifyListener"))
        back--;
    if (back == stage->requests)
        NOT_SO(j, "it went back without a look");
    const struct request *look = back - 1;
    const struct request *shift = modification(stage, (size_t)(look - stage->requests));
    int64_t took = last->at - look->at;
    print_message("%s: %s was answered, ModifyListener came as request %u of its connection; the "
                  "weights were back %lld ms after that look, %lld s after the last shift (world's "
                  "time)\n",
                  j->where, look->operation, back->nth, (long long)took,
                  shift ? (long long)(last->at - shift->at) / SECOND_MS : 0);
    if (!text_starts(look->operation, operation))
        NOT_SO(j, "between look and fallback came %s", look->operation);
    if (took > within)
        NOT_SO(j, "weights back only %lld ms after the look", (long long)took);
    if (back->nth == 1)
        NOT_SO(j, "the fallback opened a connection");
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

static void judge_keeps(struct judging *j, const char *value)
{
    char *now = folder_read(j->stage->folder, value);
    for (const struct kept *kept = j->kept; kept; kept = kept->next)
        if (strcmp(kept->name, value) == 0 && !text_same(kept->bytes, now))
            NOT_SO(j, "%s was %s", value, !kept->bytes ? "made" : now ? "changed" : "removed");
    free(now);
}

static void judge_nothing(struct judging *j, const char *value)
{
    (void)j, (void)value; /* was heeded before the command ran */
}

static const struct {
    const char *word;
    void (*judge)(struct judging *j, const char *value);
} judges[] = {
    {"exit", judge_exit},   {"says", judge_says},     {"tells", judge_tells},
    {"never", judge_never}, {"sends", judge_sends},   {"reads", judge_reads},
    {"live", judge_live},   {"keeps", judge_keeps},   {"back", judge_back},
    {"at", judge_nothing},  {"until", judge_nothing},
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
    char *expected = filled(play, part->body);
    j.where = arena_printf(&play->arena, "%s:%u", play->path, part->line);
    give_cues(play, expected);
    j.kept = remember(play, expected);
    play_command(play, &j, part, expected);
    if (getenv("SHOW")) {
        fprintf(stderr, "== %s: %s\n", j.where, filled(play, part->head));
        show(&play->stage);
        fprintf(stderr, "-- exit %d\n", play->stage.exit_code);
    }
    judge_all(&j, play, part, expected);
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
