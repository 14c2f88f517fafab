#include "tests/unit.h"

#include "cmd/view_event.h"
#include "planner/base/json.h"
#include "planner/base/time.h"
#include "planner/precondition.h"
#include "tests/cmd/a_look.h"
#include "tests/cmd/golden.h"
#include "tests/cmd/prod.h"

struct scene {
    struct snapshot live;
    struct plan plan;
    char *written; /* what a view has written, once closed */
    size_t len;
    FILE *stream;
};

static void begin(struct scene *s)
{
    prod_snapshot(&s->live);
    prod_plan(&s->plan, "switchover: 1\nstage: prod\n", &s->live, NULL);
    s->stream = open_memstream(&s->written, &s->len);
}

static void end(struct scene *s)
{
    free(s->written);
    plan_clear(&s->plan);
    snapshot_clear(&s->live);
}

static struct event wait_event(const struct scene *s, const char *text, int64_t elapsed_s)
{
    return (struct event){.kind = EVENT_WAITING,
                          .at = PROD_NOW + elapsed_s * SECOND_MS + 250,
                          .plan = &s->plan,
                          .action = &s->plan.actions[0],
                          .text = text,
                          .elapsed_ms = elapsed_s * SECOND_MS + 250,
                          .of_ms = 10 * MINUTE_MS};
}

static void a_line_an_event_with_utc_first(void **state)
{
    (void)state;
    static const char *const facts[] = {
        "2026-12-01, times in UTC",
        "02:00:00Z apply of prod begins",
        "02:00:00Z scale[target] 1 of 5: desired count 0 -> 2",
        "02:00:01Z scale[target] intent recorded",
        "02:00:02Z scale[target] sent, AWS request 8c5ad4f0-6f6a-4f0e-9b57-0123456789ab",
        "scale[target] done: 2 of 2 healthy",
        "shift[100%] BLOCKED by targets-healthy: 1 healthy; see why the targets fail",
        "02:00:05Z warning: no metrics: cut off",
        "2026-12-02, times in UTC",
        "02:00:00Z ended: blocked",
    };
    struct scene s;
    struct text_events view;
    struct error err = {.kind = ERROR_NETWORK, .message = "cut off"};
    const struct precondition *row = precondition_find("targets-healthy", NULL, NULL);
    struct standing standing = {.row = row,
                                .asks = row->asks,
                                .mend = row->mend,
                                .verdict = VERDICT_BLOCKS,
                                .observed = "1 healthy"};
    begin(&s);
    const struct event events[] = {
        {EVENT_RUN_STARTED, PROD_NOW, .plan = &s.plan},
        {EVENT_ACTION_STARTED, PROD_NOW, .plan = &s.plan, .action = &s.plan.actions[0]},
        {EVENT_INTENT, PROD_NOW + 1000, .plan = &s.plan, .action = &s.plan.actions[0]},
        {EVENT_SENT, PROD_NOW + 2000, .plan = &s.plan, .action = &s.plan.actions[0],
         .request_id = "8c5ad4f0-6f6a-4f0e-9b57-0123456789ab"},
        {EVENT_ACTION_DONE, PROD_NOW + 3000, .plan = &s.plan, .action = &s.plan.actions[0],
         .text = "2 of 2 healthy"},
        {EVENT_BLOCKED, PROD_NOW + 4000, .plan = &s.plan, .action = &s.plan.actions[2],
         .standing = &standing},
        {EVENT_WARNING, PROD_NOW + 5999, .plan = &s.plan, .text = "no metrics", .error = &err},
        {EVENT_RUN_ENDED, PROD_NOW + 24 * (int64_t)HOUR_MS, .plan = &s.plan, .text = "blocked"},
    };
    text_events_init(&view, s.stream, (struct term){.width = 80});
    for (size_t i = 0; i < COUNT(events); i++)
        text_events_emit(&view, &events[i]);
    text_events_close(&view);
    fclose(s.stream);
    facts_in_order(s.written, facts, COUNT(facts));
    page_is_clean(s.written, 80);
    end(&s);
}

/* A wait that cannot read goes on: of its credentials somebody can get new ones meanwhile. */
static void a_warning_says_what_can_be_mended(void **state)
{
    (void)state;
    static const char *const facts[] = {
        "02:00:00Z warning: live cannot be read; this wait goes on: the AWS credentials have "
        "expired",
        "sign in again",
        "02:00:01Z warning: live cannot be read; this wait goes on: no answer",
        "02:00:02Z ended",
    };
    struct scene s;
    struct text_events view;
    struct error expired = {.kind = ERROR_CREDENTIALS,
                            .message = "the AWS credentials have expired",
                            .hint = "sign in again"};
    struct error silent = {.kind = ERROR_NETWORK, .message = "no answer", .hint = "look at VPC"};
    const char *text = "live cannot be read; this wait goes on";
    begin(&s);
    const struct event events[] = {
        {EVENT_WARNING, PROD_NOW, .plan = &s.plan, .text = text, .error = &expired},
        {EVENT_WARNING, PROD_NOW + 1000, .plan = &s.plan, .text = text, .error = &silent},
        {EVENT_RUN_ENDED, PROD_NOW + 2000, .plan = &s.plan, .text = "x"},
    };
    text_events_init(&view, s.stream, (struct term){.width = 80});
    for (size_t i = 0; i < COUNT(events); i++)
        text_events_emit(&view, &events[i]);
    text_events_close(&view);
    fclose(s.stream);
    facts_in_order(s.written, facts, COUNT(facts));
    assert_null(strstr(s.written, "look at VPC"));
    page_is_clean(s.written, 80);
    end(&s);
}

/* What to do stands under what failed, and the end does not repeat it. */
static void a_failure_is_said_once_with_its_hint(void **state)
{
    (void)state;
    static const char *const facts[] = {
        "02:00:00Z failed: the AWS credentials have expired",
        "(AWS ExpiredToken, HTTP 403, request 7c1e)",
        "set new ones, and run the same command again",
        "02:00:01Z ended",
    };
    struct scene s;
    struct text_events view;
    struct error err = {.kind = ERROR_ACCESS,
                        .message = "the AWS credentials have expired",
                        .hint = "set new ones, and run the same command again",
                        .aws_code = "ExpiredToken",
                        .http_status = 403,
                        .request_id = "7c1e"};
    begin(&s);
    const struct event events[] = {
        {EVENT_FAILED, PROD_NOW, .plan = &s.plan, .error = &err},
        {EVENT_RUN_ENDED, PROD_NOW + 1000, .plan = &s.plan, .text = err.message},
    };
    text_events_init(&view, s.stream, (struct term){.width = 80});
    for (size_t i = 0; i < COUNT(events); i++)
        text_events_emit(&view, &events[i]);
    text_events_close(&view);
    fclose(s.stream);
    facts_in_order(s.written, facts, COUNT(facts));
    const char *first = strstr(s.written, "expired");
    assert_null(strstr(first + 1, "expired"));
    end(&s);
}

static size_t count_lines(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

/* Off the terminal: a line when something changes, and one a minute of real time. */
static void off_the_terminal_nothing_is_said_twice(void **state)
{
    (void)state;
    static const char *const facts[] = {
        "1/2 healthy, 1 initial, 5s of 10m",
        "2/2 healthy, 7s of 10m",
        "2/2 healthy, 9s of 10m",
    };
    struct scene s;
    struct text_events view;
    begin(&s);
    text_events_init(&view, s.stream, (struct term){.width = 80});
    const struct event events[] = {
        wait_event(&s, "1/2 healthy, 1 initial", 5), wait_event(&s, "1/2 healthy, 1 initial", 6),
        wait_event(&s, "2/2 healthy", 7), wait_event(&s, "2/2 healthy", 8),
        wait_event(&s, "2/2 healthy", 9)};
    for (size_t i = 0; i < COUNT(events); i++) {
        if (i == 4)
            view.last_wrote_at -= MINUTE_MS; /* a minute of real time later */
        text_events_emit(&view, &events[i]);
    }
    text_events_close(&view);
    fclose(s.stream);
    assert_int_equal(count_lines(s.written), 1 + COUNT(facts)); /* and the date */
    facts_in_order(s.written, facts, COUNT(facts));
    assert_null(strchr(s.written, '\r'));
    end(&s);
}

/* On it: one line that changes in place, never wider than the terminal, and then ends. */
static void on_the_terminal_a_wait_stays_in_its_place(void **state)
{
    (void)state;
    struct scene s;
    struct text_events view;
    begin(&s);
    text_events_init(&view, s.stream, (struct term){.is_terminal = true, .width = 50});
    struct event first = wait_event(&s, "1/2 healthy, 1 initial, and a long story behind it", 5);
    struct event second = wait_event(&s, "2/2 healthy", 6);
    struct event done = {EVENT_ACTION_DONE, PROD_NOW, .plan = &s.plan, .action = &s.plan.actions[0],
                         .text = "ready"};
    text_events_emit(&view, &first);
    text_events_emit(&view, &second);
    text_events_emit(&view, &second);
    text_events_emit(&view, &done);
    text_events_emit(&view, &first);
    text_events_close(&view);
    fclose(s.stream);
    assert_string_equal(s.written, "2026-12-01, times in UTC\n"
                                   "02:00:05Z scale[target] 1/2 healthy, 1 initial, an"
                                   "\r\x1b[K02:00:06Z scale[target] 2/2 healthy, 6s of 10m"
                                   "\r\x1b[K02:00:06Z scale[target] 2/2 healthy, 6s of 10m"
                                   "\r\x1b[K02:00:00Z scale[target] done: ready\n"
                                   "02:00:05Z scale[target] 1/2 healthy, 1 initial, an\n");
    end(&s);
}

static void hostile_texts_do_not_reach_the_terminal(void **state)
{
    (void)state;
    struct scene s;
    struct text_events view;
    begin(&s);
    text_events_init(&view, s.stream, (struct term){.width = 80});
    struct event event = wait_event(&s, "task stopped: \x1b]0;owned\a\nfake line", 1);
    text_events_emit(&view, &event);
    fclose(s.stream);
    assert_null(strchr(s.written, '\x1b'));
    assert_non_null(strstr(s.written, "\\x1b]0;owned"));
    end(&s);
}

/* One object a line, the version first. */
static void json_is_one_event_a_line(void **state)
{
    (void)state;
    struct scene s;
    struct error err = {
        .kind = ERROR_ACCESS, .message = "AWS does not allow it", .aws_code = "AccessDenied"};
    begin(&s);
    struct json_events view = {s.stream};
    struct event wait = wait_event(&s, "1/2 healthy\nand \"more\"", 5);
    struct event failed = {EVENT_FAILED, PROD_NOW, .direction = INVERSE, .plan = &s.plan,
                           .error = &err};
    json_events_emit(&view, &wait);
    json_events_emit(&view, &failed);
    fclose(s.stream);
    assert_int_equal(count_lines(s.written), 2);
    assert_true(strncmp(s.written, "{\"format_version\":1,", 20) == 0);

    struct json_document doc;
    struct error bad;
    size_t first = strcspn(s.written, "\n");
    assert_true(json_read(&doc, s.written, first, (struct json_limits){4096, 8}, &bad));
    assert_string_equal(json_as_string(json_member(doc.root, "type")), "waiting");
    assert_string_equal(json_as_string(json_member(doc.root, "at")), "2026-12-01T02:00:05.250Z");
    assert_string_equal(json_as_string(json_member(doc.root, "address")), "scale[target]");
    assert_string_equal(json_as_string(json_member(doc.root, "text")), "1/2 healthy\nand \"more\"");
    int64_t of_ms;
    assert_true(json_as_int(&of_ms, json_member(doc.root, "of_ms")));
    assert_int_equal(of_ms, 600000);
    json_document_clear(&doc);

    assert_true(json_read(&doc, s.written + first + 1, s.len - first - 1,
                          (struct json_limits){4096, 8}, &bad));
    assert_string_equal(json_as_string(json_member(doc.root, "type")), "failed");
    assert_string_equal(json_as_string(json_member(doc.root, "direction")), "inverse");
    const struct json *error = json_member(doc.root, "error");
    assert_string_equal(json_as_string(json_member(error, "kind")), "access");
    assert_string_equal(json_as_string(json_member(error, "aws_code")), "AccessDenied");
    json_document_clear(&doc);
    end(&s);
}

static void several_narrators_hear_the_same(void **state)
{
    (void)state;
    struct scene s;
    begin(&s);
    char *other_text;
    size_t other_len;
    FILE *other = open_memstream(&other_text, &other_len);
    struct json_events a = {s.stream}, b = {other};
    struct narration all = {0};
    narration_add(&all, (struct sink){&a, json_events_emit});
    narration_add(&all, (struct sink){&b, json_events_emit});
    struct sink sink = narration_sink(&all);
    struct event event = wait_event(&s, "1/2 healthy", 5);
    sink.emit(sink.self, &event);
    fclose(s.stream);
    fclose(other);
    assert_true(s.len > 0);
    assert_string_equal(s.written, other_text);
    free(other_text);
    end(&s);
}

/* ---- a hold and a drain ---- */

static void emit_look(struct text_events *view, struct a_look *a, int64_t after_ms)
{
    a->look.at += after_ms;
    struct event event = {.kind = EVENT_LOOKED,
                          .at = a->look.at,
                          .plan = &a->plan,
                          .action = &a->action,
                          .look = &a->look,
                          .text = "not shown where there is a look"};
    text_events_emit(view, &event);
}

static void emit_gate(struct text_events *view, struct a_look *a, enum gate gate,
                      enum gate_verdict verdict, const char *words)
{
    a->report.standings[gate].verdict = verdict;
    a->report.standings[gate].words = words;
    struct event event = {.kind = EVENT_GATE,
                          .at = a->look.at,
                          .plan = &a->plan,
                          .action = &a->action,
                          .gate = &a->report.standings[gate]};
    text_events_emit(view, &event);
}

/* A hold as a CI log has it: a line a minute with what both groups did, a line for each verdict
 * that changes, the weights once, and not a word for a tick. */
static void tell_a_hold(struct text_events *view, struct a_look *a)
{
    struct event tick = {.kind = EVENT_TICK, .at = a->look.at, .action = &a->action};
    struct event begun = {
        .kind = EVENT_ACTION_STARTED, .at = PROD_NOW, .plan = &a->plan, .action = &a->action};
    struct event done = {.kind = EVENT_ACTION_DONE,
                         .plan = &a->plan,
                         .action = &a->action,
                         .text = "10m have passed, every gate is ok"};
    text_events_emit(view, &begun);
    emit_look(view, a, 0);
    text_events_emit(view, &tick);
    a->live.arms[ARM_TARGET].group.health[HEALTH_HEALTHY] = 3;
    emit_gate(view, a, GATE_HEALTH, GATE_OK, "3 of 3 targets healthy");
    emit_gate(view, a, GATE_CLIENT_ERRORS, GATE_OK, "1.36 % 4XX against 1.25 % on the source");
    emit_gate(view, a, GATE_LATENCY, GATE_OK, "");
    emit_look(view, a, MINUTE_MS);
    emit_gate(view, a, GATE_ERRORS, GATE_FAILS, "4.1 % 5XX against 0.1 % on the source");
    prod_routing(&a->live, "S1 T0");
    emit_look(view, a, MINUTE_MS);
    done.at = a->look.at;
    text_events_emit(view, &done);
}

static void a_hold_off_the_terminal_reads_well(void **state)
{
    (void)state;
    static const char *const facts[] = {
        "2026-12-01, times in UTC",
        "02:00:00Z hold[25%]",
        "02:07:12Z hold[25%] 02:03: source 882/min 0% 5XX 1.25% 4XX p90 42ms; target 294/min 0.34% "
        "5XX "
        "1.36% 4XX p90 62ms; errors, traffic ok; client_errors: needs 340 more requests; latency: "
        "failing 2 of 3 minutes; health 2/3; 7m12s of 10m; weights: source 750, target 250",
        "02:07:12Z hold[25%] gate health: ok, 3 of 3 targets healthy",
        "02:07:12Z hold[25%] gate client_errors: ok, 1.36 % 4XX against 1.25 % on the source",
        "02:07:12Z hold[25%] gate latency: ok",
        "02:08:12Z hold[25%] 02:04: source 882/min",
        "errors, client_errors, latency, traffic ok; health 3/3; 8m12s of 10m",
        "02:08:12Z hold[25%] gate errors FAILS: 4.1 % 5XX against 0.1 % on the source",
        "02:09:12Z hold[25%] 02:05: source 882/min",
        "errors FAILS: 4.1 % 5XX against 0.1 % on the source; client_errors, latency, traffic ok; "
        "health 3/3; 9m12s of 10m; weights: source 1, target 0",
        "02:09:12Z hold[25%] done: 10m have passed, every gate is ok",
    };
    struct scene s;
    struct a_look a;
    struct text_events view;
    begin(&s);
    a_look_begin(&a);
    text_events_init(&view, s.stream, (struct term){.width = 80});
    tell_a_hold(&view, &a);
    text_events_close(&view);
    fclose(s.stream);
    page_is_clean(s.written, 80);
    facts_in_order(s.written, facts, COUNT(facts));
    const char *weights = strstr(s.written, "weights: source 750");
    assert_null(strstr(weights + 1, "weights: source 750")); /* only what has changed */
    golden_check("events_hold.txt", s.written);
    a_look_end(&a);
    end(&s);
}

static void a_drain_off_the_terminal_reads_well(void **state)
{
    (void)state;
    static const char *const facts[] = {
        "02:07:12Z drain[source] 02:03: source 882/min", "target 294/min",
        "2 of 5 quiet minutes; last request 02:01",
        "errors, client_errors, latency, traffic ok; health 2/3; 7m12s of 2h",
        "weights: source 0, target 1"};
    struct scene s;
    struct a_look a;
    struct text_events view;
    begin(&s);
    a_look_drain(&a);
    text_events_init(&view, s.stream, (struct term){.width = 80});
    emit_look(&view, &a, 0);
    text_events_close(&view);
    fclose(s.stream);
    page_is_clean(s.written, 80);
    facts_in_order(s.written, facts, COUNT(facts));
    golden_check("events_drain.txt", s.written);
    a_look_end(&a);
    end(&s);
}

static int64_t number(const struct json *object, const char *key)
{
    int64_t value = -1;
    assert_true(json_as_int(&value, json_member(object, key)));
    return value;
}

static void check_looked(const struct json *root)
{
    const struct json *minute = json_member(root, "minute"),
                      *weights = json_member(root, "weights");
    const struct json *target = json_member(minute, "target"),
                      *health = json_member(root, "health");
    assert_string_equal(json_as_string(json_member(root, "type")), "looked");
    assert_string_equal(json_as_string(json_member(root, "started_at")), "2026-12-01T02:00:00Z");
    assert_string_equal(json_as_string(json_member(root, "ends_at")), "2026-12-01T02:10:00Z");
    assert_int_equal(number(weights, "target_permille"), 250);
    assert_string_equal(json_as_string(json_member(weights, "read_at")), "2026-12-01T02:07:00Z");
    assert_string_equal(json_as_string(json_member(minute, "at")), "2026-12-01T02:03:00Z");
    assert_int_equal(number(json_member(minute, "source"), "requests"), 882);
    assert_int_equal(number(target, "5xx"), 1);
    assert_int_equal(number(target, "4xx"), 4);
    assert_int_equal(number(target, "response_time_us"), 61500);
    assert_int_equal(number(target, "percentile"), 90);
    assert_int_equal(number(health, "healthy"), 2);
    assert_int_equal(number(health, "planned"), 3);
    assert_string_equal(json_as_string(json_member(root, "outcome")), "inconclusive");
    assert_int_equal(number(root, "judged_minutes"), 4);
    const struct json *gates = json_member(root, "gates");
    assert_int_equal(json_count(gates), GATE_COUNT);
    const struct json *second = json_next(json_first(gates));
    assert_string_equal(json_as_string(json_member(second, "name")), "client_errors");
    assert_string_equal(json_as_string(json_member(second, "verdict")), "waits");
    assert_string_equal(json_as_string(json_member(second, "words")), "needs 340 more requests");
}

static void check_gate(const struct json *root)
{
    const struct json *gate = json_member(root, "gate");
    assert_string_equal(json_as_string(json_member(root, "type")), "gate");
    assert_string_equal(json_as_string(json_member(root, "address")), "hold[25%]");
    assert_string_equal(json_as_string(json_member(gate, "name")), "latency");
    assert_string_equal(json_as_string(json_member(gate, "verdict")), "suspect");
}

static void json_has_a_look_as_numbers_and_no_tick(void **state)
{
    (void)state;
    struct scene s;
    struct a_look a;
    begin(&s);
    a_look_begin(&a);
    struct json_events view = {s.stream};
    const struct event events[] = {
        {EVENT_TICK, PROD_NOW, .action = &a.action},
        {EVENT_LOOKED, PROD_NOW, .action = &a.action, .look = &a.look},
        {EVENT_GATE, PROD_NOW, .action = &a.action, .gate = &a.report.standings[GATE_LATENCY]},
    };
    for (size_t i = 0; i < COUNT(events); i++)
        json_events_emit(&view, &events[i]);
    fclose(s.stream);
    assert_int_equal(count_lines(s.written), 2);
    struct json_document doc;
    struct error bad;
    size_t first = strcspn(s.written, "\n");
    assert_true(json_read(&doc, s.written, first, (struct json_limits){4096, 8}, &bad));
    check_looked(doc.root);
    json_document_clear(&doc);
    assert_true(json_read(&doc, s.written + first + 1, s.len - first - 1,
                          (struct json_limits){4096, 8}, &bad));
    check_gate(doc.root);
    json_document_clear(&doc);
    a_look_end(&a);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_an_event_with_utc_first),
        cmocka_unit_test(a_warning_says_what_can_be_mended),
        cmocka_unit_test(a_failure_is_said_once_with_its_hint),
        cmocka_unit_test(off_the_terminal_nothing_is_said_twice),
        cmocka_unit_test(on_the_terminal_a_wait_stays_in_its_place),
        cmocka_unit_test(hostile_texts_do_not_reach_the_terminal),
        cmocka_unit_test(json_is_one_event_a_line),
        cmocka_unit_test(several_narrators_hear_the_same),
        cmocka_unit_test(a_hold_off_the_terminal_reads_well),
        cmocka_unit_test(a_drain_off_the_terminal_reads_well),
        cmocka_unit_test(json_has_a_look_as_numbers_and_no_tick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
