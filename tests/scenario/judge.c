#include "tests/unit.h"

#include "tests/scenario/judge.h"

#include "planner/base/time.h"
#include "tests/folder.h"

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

void judge_show(const struct stage *stage)
{
    fprintf(stderr, "-- standard output\n%s-- standard error\n%s-- sent: %s\n",
            text_cstr(&stage->out), text_cstr(&stage->err), text_cstr(&stage->mutations));
}

#define NOT_SO(j, ...)                                                                             \
    do {                                                                                           \
        judge_show((j)->stage);                                                                    \
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

/* Whether its name begins with one of these, which slashes part. */
static bool is_one_of(const struct request *request, const char *names)
{
    for (const char *name = names; *name; name += strspn(name, "/")) {
        size_t n = strcspn(name, "/");
        if (strncmp(request->operation, name, n) == 0)
            return true;
        name += n;
    }
    return false;
}

/* "behind GetMetricData", "behind Describe/GetMetricData within 1m" */
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
    if (!is_one_of(look, operation))
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

/* ---- what must be so of the last lines of every run ---- */

/* The shares of both groups in it: "source 500, target 500" of "source 500, target 500, sticky 60".
 * False where it does not name both. */
static bool read_shares(const char *text, int *source, int *target)
{
    return sscanf(text, "source %d, target %d", source, target) == 2;
}

/* What they call live is live: whoever changes it behind a run's last look says so ("moves on"). */
static void hold_live_to_the_world(struct judging *j, const char *live, bool *on_target)
{
    static const char port[] = "9200 ";
    struct text found = {0};
    int said[ARM_COUNT], is[ARM_COUNT];
    *on_target = true;
    if (!read_shares(live, &said[ARM_SOURCE], &said[ARM_TARGET]))
        return;
    *on_target = said[ARM_TARGET] > 0;
    stage_holds(j->stage, "9200", &found);
    if (read_shares(text_cstr(&found) + strlen(port), &is[ARM_SOURCE], &is[ARM_TARGET]) &&
        !j->moves_on && memcmp(said, is, sizeof said) != 0)
        NOT_SO(j, "the last lines call live \"%.40s\", and it is: %s", live,
               steal_into(j->arena, &found));
    text_clear(&found);
}

static const char *expect_in(struct judging *j, const char *text, const char *wanted)
{
    const char *found = strstr(text, wanted);
    if (!found)
        NOT_SO(j, "the last lines have no (or not in this place) \"%s\"", wanted);
    return found + strlen(wanted);
}

/* Whatever ends a run, they say: live weights and when they were read, why it ended, the command to
 * go on, the command to go back, and that nobody is watching now (DESIGN, section 5); and the exit
 * code, which is what the program ended with. */
static void hold_last_lines_to_the_truth(struct judging *j)
{
    static const char *const of_code[] = {
        [5] = "the traffic is back on the source, read back",
        [8] = "--accept",
        [9] = "Go back switchover revert",
    };
    const char *said = squeeze(j->arena, text_cstr(&j->stage->out));
    const char *nobody = strstr(said, "Nobody is watching the traffic now: this run has ended.");
    int code = j->stage->exit_code;
    bool on_target;
    if (!nobody || code < 0)
        return;
    const char *live = expect_in(j, said, "Live "), *at = live;
    if (!text_starts(live, "not known, it could not be read: "))
        at = expect_in(j, live, "; read 20");
    at = expect_in(j, at, " Ended ");
    at = expect_in(j, at, arena_printf(j->arena, "(exit code %d)", code));
    at = expect_in(j, at, " Go on ");
    at = expect_in(j, at, " Go back ");
    hold_live_to_the_world(j, live, &on_target);
    if ((size_t)code < COUNT(of_code) && of_code[code])
        expect_in(j, said, of_code[code]);
    if (on_target && (code == 6 || code == 8))
        expect_in(j, said, "Go back switchover revert");
    if (code == 5 && on_target)
        NOT_SO(j, "exit 5, and the target has weight");
    if (at > nobody)
        NOT_SO(j, "the last lines are not in their order");
}

void judge_all(struct judging *j, const char *path, const struct part *part, char *expected)
{
    unsigned number = part->line;
    j->out = squeeze(j->arena, text_cstr(&j->stage->out));
    j->err = squeeze(j->arena, text_cstr(&j->stage->err));
    for (char *line = expected, *end; *line; line = end) {
        end = line + strcspn(line, "\n");
        if (*end)
            *end++ = '\0';
        j->where = arena_printf(j->arena, "%s:%u", path, ++number);
        if (*line && *line != '#')
            judge_line(j, line);
    }
    if (!j->exit_named)
        fail_msg("%s: says no exit code", j->where);
    if (!j->sends_named)
        judge_sends(j, "");
    hold_last_lines_to_the_truth(j);
}
