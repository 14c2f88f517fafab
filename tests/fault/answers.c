/*
 * Answers that are no success, or not AWS's, or not of the right types, to every request of plan,
 * apply and revert, once or for ever: the real program against the sandbox, through a proxy that
 * answers in its place. Argument: the program (impatient.c).
 *
 * Beside what wire_story.h holds: what is asked again, and how often, is as AWS's standard mode has
 * it (client_botocore.py holds the classes and the costs against botocore's), but that a plan has
 * more patience with throttling, a change is asked again only after a read or where AWS says that
 * it was not carried out, and what is said of it names the operation, the status and the request's
 * id.
 */
#include "tests/unit.h"

#include <signal.h>

#include "planner/base/arena.h"
#include "providers/aws/retry.h"
#include "tests/fault/wire_story.h"

enum { SEED = 20261123, SAMPLE = 64, PATIENT = 6, TOO_MANY = 429 };

#define REQUEST_ID "fault-7c1e"
#define XML_ERROR(code)                                                                            \
    "<ErrorResponse><Error><Type>Sender</Type><Code>" code "</Code><Message>Rate exceeded"         \
    "</Message></Error><RequestId>" REQUEST_ID "</RequestId></ErrorResponse>"
#define PAGE(title)                                                                                \
    "<!DOCTYPE html><html><head><title>" title "\x1b[31m</title><script>alert(1)</script>"         \
    "</head><body><p>Sorry.\x1b[2J</body></html>"

struct answer {
    const char *line, *headers, *body, *json; /* NULL json: ECS gets the body too */
    bool retried;                             /* by the standard mode */
    bool refused;                             /* AWS says that it was not carried out */
    const char *id;                           /* that is to be told */
};

enum { SERVER_ERROR = 2 };
static const struct answer answers[] = {
    {"400 Bad Request", "", XML_ERROR("Throttling"),
     "{\"__type\":\"ThrottlingException\",\"message\":\"Rate exceeded\"}", true, true, REQUEST_ID},
    {"429 Too Many Requests", "Retry-After: 1\r\n", "", NULL, false, false, NULL},
    {"500 Internal Server Error", "", XML_ERROR("InternalFailure"),
     "{\"__type\":\"ServerException\",\"message\":\"Service Unavailable\"}", true, false,
     REQUEST_ID},
    {"502 Bad Gateway", "", PAGE("502 Bad Gateway"), NULL, true, false, NULL},
    {"503 Service Unavailable", "", PAGE("503 from the gateway"), NULL, true, false, NULL},
    {"503 Service Unavailable", "", XML_ERROR("ServiceUnavailable"), NULL, true, false, REQUEST_ID},
    {"200 OK", "", PAGE("Sign in"), NULL, false, false, REQUEST_ID},
    {"200 OK", "", "", NULL, true, false, REQUEST_ID}, /* cut off before it began */
    {"200 OK", "", "<Response/>", "[]", false, false, REQUEST_ID},
    {"302 Found", "Location: http://127.0.0.1:1/login\r\n", PAGE("Moved"), NULL, false, false,
     NULL},
    {"403 Forbidden", "", PAGE("Access Denied by the proxy"), NULL, false, false, NULL},
    {NULL, NULL, NULL, NULL, false, false, NULL}, /* mistyped */
};

static const struct answer *const throttled = &answers[0];

static const char *program;
static const struct sent *sent;

/* ---- judging ---- */

/* How many attempts a request with this body got in all, and how many met the fault. */
static int attempts_of(const struct faulty_proxy *proxy, size_t i, int *faulty)
{
    int n = 0;
    *faulty = 0;
    for (size_t k = 0; k < proxy->count; k++)
        if (proxy->log[k].body == proxy->log[i].body &&
            strcmp(proxy->log[k].operation, proxy->log[i].operation) == 0) {
            n++;
            *faulty += proxy->log[k].faulty;
        }
    return n;
}

/* Only plan asks everything once, so that what comes twice was asked again. */
static void judge_attempts(struct wire_stage *stage, const struct story *story)
{
    const struct answer *answer = story->about;
    for (size_t i = 0; i < stage->proxy.count; i++) {
        int faulty, n = attempts_of(&stage->proxy, i, &faulty), expected = 1;
        if (faulty && answer->retried)
            expected = !story->fault.for_ever ? 2 : answer == throttled ? PATIENT : WIRE_ATTEMPTS;
        if (n != expected)
            wire_stage_wrong(stage, "%s: %d attempts, not %d", stage->proxy.log[i].operation, n,
                             expected);
    }
}

static bool is_read(const struct proxied *entry)
{
    return strcmp(entry->operation, "DescribeListeners") == 0 ||
           strcmp(entry->operation, "DescribeServices") == 0;
}

/* The way back is sent again without one: it is never left to a guess. */
static void judge_changes(struct wire_stage *stage, const struct story *story)
{
    const struct answer *answer = story->about;
    const struct proxied *last = NULL;
    bool read = false;
    for (size_t i = 0; i < stage->proxy.count; i++) {
        const struct proxied *entry = &stage->proxy.log[i];
        read = read || (is_read(entry) && !entry->faulty);
        if (strcmp(entry->operation, "UpdateService") != 0 &&
            strcmp(entry->operation, "ModifyListener") != 0)
            continue;
        if (last && last->body == entry->body && !read && !answer->refused)
            wire_stage_wrong(stage, "%s was sent again without a read", entry->operation);
        last = entry;
        read = false;
    }
}

static bool names_a_faulty_one(const struct faulty_proxy *proxy, const char *said)
{
    for (size_t i = 0; i < proxy->count; i++)
        if (proxy->log[i].faulty && strstr(said, proxy->log[i].operation))
            return true;
    return false;
}

/* On one line, whatever was wrapped. */
static void flatten(struct text *out, const struct text *said)
{
    const char *at = text_cstr(said);
    for (size_t n; *at; at += n + strspn(at + n, " \n")) {
        n = strcspn(at, " \n");
        text_add_bytes(out, at, n);
        text_add_char(out, ' ');
    }
}

/* Nothing of a page comes out as it is. */
static void judge_pages(struct wire_stage *stage, const struct story *story)
{
    static const char *const raw[] = {"\x1b", "<html", "<script", "alert(", "Sorry."};
    (void)story;
    for (size_t i = 0; i < COUNT(raw); i++)
        if (strstr(text_cstr(&stage->err), raw[i]) || strstr(text_cstr(&stage->out), raw[i]))
            wire_stage_wrong(stage, "something of a page came out raw: %s", raw[i]);
}

static void judge_words(struct wire_stage *stage, const struct story *story)
{
    const struct answer *answer = story->about;
    judge_pages(stage, story);
    if (stage->exit_code != 1)
        return;
    struct text said = {0};
    char status[16];
    flatten(&said, &stage->err);
    snprintf(status, sizeof status, "HTTP %.3s", answer->line ? answer->line : "");
    bool is_success = !answer->line || answer->line[0] == '2';
    if (!names_a_faulty_one(&stage->proxy, said.data) ||
        (!is_success && !strstr(said.data, status)) ||
        (answer->id && !strstr(said.data, answer->id)))
        wire_stage_wrong(stage, "it does not say what was answered to what");
    text_clear(&said);
}

static bool takes_back(enum verb verb)
{
    return verb == VERB_REVERT || verb == VERB_FALLBACK;
}

static void judge(struct wire_stage *stage, const struct story *story)
{
    if (story->verb == VERB_PLAN)
        judge_attempts(stage, story);
    if (!takes_back(story->verb))
        judge_changes(stage, story);
    judge_words(stage, story);
}

/* ---- the cases ---- */

static const char *whole(struct arena *arena, const struct answer *answer, const char *body)
{
    return arena_printf(arena, "HTTP/1.1 %s\r\n%s%s%sContent-Length: %zu\r\n\r\n%s", answer->line,
                        answer->headers, answer->id ? "x-amzn-RequestId: " : "",
                        answer->id ? REQUEST_ID "\r\n" : "", strlen(body), body);
}

/* The sources of keys that are not AWS's services have no codes, and what is asked again there is
 * so by the status alone; a check is asked again by the next look only, and so are percentiles. */
static bool is_asked_again(enum verb verb, const char *operation, const struct answer *answer)
{
    static const char *const once[] = {"GetMetricData/percentiles", "target-health",
                                       "source-indices", "target-indices"};
    for (size_t i = 0; operation && i < COUNT(once); i++)
        if (strcmp(operation, once[i]) == 0)
            return false;
    if (!operation && wire_verb(verb)->checks)
        return false;
    int status = answer->line ? atoi(answer->line) : 0;
    if (operation && strchr(operation, '-'))
        return status >= 500 || status == TOO_MANY;
    return answer->retried;
}

static void add(struct stories *stories, enum verb verb, const char *operation, int nth,
                bool for_ever, const struct answer *answer)
{
    bool heals = !for_ever && is_asked_again(verb, operation, answer);
    struct story *story = stories_add(stories);
    *story = (struct story){.verb = verb,
                            .fault = {.operation = operation, .nth = nth, .for_ever = for_ever},
                            .heals = heals,
                            .judge = verb < VERB_KEYS ? judge : judge_pages,
                            .about = answer};
    if (wire_verb(verb)->later)
        story->fault.after = "ModifyListener";
    if (verb == VERB_STOPPED)
        story->fault.signal = SIGTERM;
    if (!answer->line) {
        story->fault.mistyped = true;
        return;
    }
    story->fault.answer = whole(&stories->arena, answer, answer->body);
    if (answer->json)
        story->fault.answer_json = whole(&stories->arena, answer, answer->json);
}

/* ---- the quota ---- */

/*
 * A service that is waited for is asked every 10 s; its health fails for ever, with an answer that
 * is asked again. The quota (500 tokens, 5 a retry, one back for each answer) then ends the
 * retries, so that what goes wrong for long is not asked three times as often for as long.
 */
static void the_quota_ends_the_retries(void **state)
{
    static const char plan_file[] = "switchover: 1\n"
                                    "stage: sandbox\n"
                                    "baseline: 5m\n"
                                    "target: {ready_timeout: 25m}\n"
                                    "traffic: {steps: [{target: 100, hold: 0s}]}\n"
                                    "drain: {quiet_for: 0s}\n";
    struct arena arena = {0};
    struct text wrong = {0};
    struct wire_stage stage;
    struct world_setup setup;
    (void)state;
    const struct answer *answer = &answers[SERVER_ERROR];
    const struct fault fault = {.operation = "DescribeTargetHealth",
                                .nth = 5, /* the plan's two and the run's first two get through */
                                .for_ever = true,
                                .answer = whole(&arena, answer, answer->body)};
    wire_stage_setup(&setup);
    wire_stage_open(&stage, program,
                    &(struct wire_setting){.setup = &setup, .plan_file = plan_file, .speed = 300});
    stage.wrong = &wrong;
    stage.what = "health that fails for ever";
    wire_stage_run(&stage, "apply prod.yaml --auto-approve", &fault);
    if (stage.exit_code != 6)
        wire_stage_wrong(&stage, "the exit code");
    size_t looks = 0, failed = 0, answered = 0;
    bool waits = false;
    for (size_t i = 0; i < stage.proxy.count; i++) {
        const struct proxied *entry = &stage.proxy.log[i];
        failed += entry->faulty;
        answered += entry->status == 200;
        looks += waits && strcmp(entry->operation, "DescribeServices") == 0;
        waits = waits || strcmp(entry->operation, "UpdateService") == 0;
    }
    looks--; /* the first one reads the count back, and not the health */
    wire_stage_close(&stage);
    arena_clear(&arena);
    if (wrong.len)
        fail_msg("%s", wrong.data);
    size_t retries = failed - looks;
    print_message("quota: %zu looks, %zu failed answers, so %zu retries\n", looks, failed, retries);
    assert_in_range(retries, RETRY_QUOTA / RETRY_COST, (RETRY_QUOTA + answered) / RETRY_COST);
}

static void add_of_changes(struct stories *stories)
{
    static const struct {
        enum verb verb;
        const char *operation;
    } changes[] = {{VERB_APPLY, "UpdateService"},
                   {VERB_APPLY, "ModifyListener"},
                   {VERB_REVERT, "ModifyListener"},
                   {VERB_FALLBACK, "ModifyListener"}};
    for (size_t i = 0; i < COUNT(changes); i++)
        for (size_t a = 0; a < COUNT(answers); a++)
            add(stories, changes[i].verb, changes[i].operation, 1, false, &answers[a]);
}

static void add_all(struct stories *stories, enum verb verb, const char *operation, int nth)
{
    for (size_t a = 0; a < COUNT(answers); a++)
        for (int for_ever = 0; for_ever < 2; for_ever++)
            add(stories, verb, operation, nth, for_ever, &answers[a]);
}

static void add_of_requests(struct stories *stories)
{
    /* As many as there are, and some more for the looks of those that wait. */
    static const int requests[] = {
        [VERB_PLAN] = 15, [VERB_APPLY] = 50, [VERB_RESUME] = 24, [VERB_REVERT] = 20};
    for (enum verb verb = VERB_PLAN; verb <= VERB_REVERT; verb++)
        for (int nth = 1; nth <= requests[verb]; nth++)
            add_all(stories, verb, NULL, nth);
    add_all(stories, VERB_STARVED, "ListTasks", 1);
    add_all(stories, VERB_STARVED, "DescribeTasks", 1);
}

/* Of a plan's; with the traffic on the target; and of the sources of keys. */
static void add_of_operations(struct stories *stories)
{
    enum { ANY = 8 };
    int depths[STORY_DEPTHS];
    for (enum verb verb = 0; verb < VERB_COUNT; verb++) {
        if (verb > VERB_PLAN && verb < VERB_HELD)
            continue;
        for (size_t i = 0; i < sent[verb].count; i++) {
            int n = story_depths(depths, sent, verb, &sent[verb].operations[i]);
            for (int k = 0; k < n; k++)
                add_all(stories, verb, sent[verb].operations[i].name, depths[k]);
        }
        for (int nth = 1; wire_verb(verb)->later && nth <= ANY; nth++)
            add_all(stories, verb, NULL, nth);
    }
}

static void every_answer_to_every_request(void **state)
{
    struct stories stories = {.program = program, .sent = sent};
    struct tallies tallies = {0};
    (void)state;
    add_of_changes(&stories);
    size_t always = stories.count;
    add_of_requests(&stories);
    add_of_operations(&stories);
    size_t others = stories.count - always, wanted = getenv("TESTS_LONG") ? others : SAMPLE;
    stories_choose(&stories, always, wanted, SEED);
    size_t wrong = workers_run(stories.chosen_count, stories_play, &stories, &tallies);
    print_message("answers: all %zu to the first change of each kind, %zu of %zu to any request "
                  "(seed %d), %ld given, in %ld runs with %ld requests; %ld ended well all the "
                  "same, %ld were taken up; slowest %ld ms; %zu wrong\n",
                  always, stories.chosen_count - always, others, SEED, tallies.n[MET],
                  tallies.n[RUNS], tallies.n[REQUESTS], tallies.n[DONE], tallies.n[RESUMED],
                  tallies.slowest_ms, wrong);
    stories_clear(&stories);
    assert_int_equal(wrong, 0);
    stories_met_all(&tallies);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 1;
    program = argv[1];
    signal(SIGPIPE, SIG_IGN);
    sent = stories_without_faults(program);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_quota_ends_the_retries),
        cmocka_unit_test(every_answer_to_every_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
