#include "tests/unit.h"

#include "planner/base/time.h"
#include "planner/plan_json.h"
#include "planner/state.h"
#include "tests/planner/make.h"

static const char uuid[] = "01234567-89ab-4cde-8fff-0123456789ab";
static const int64_t now = 1780000000000;

static struct arena arena;

static int clear(void **state)
{
    (void)state;
    arena_clear(&arena);
    return 0;
}

/* ---- records by hand ---- */

/*
 * A history, word by word: "apply" and "revert" begin runs; "100:intended", "0:done" ... is a shift
 * to so many percent and its phase, "scale2:sent" a scale of the target, "back0:done" the restoring
 * one, "hold:done" the hold; "fail" is a gate's failure in it, "accept" somebody's word on that.
 */
static void tell_history(struct state *state, const char *words)
{
    char *copy = arena_strdup(&arena, words), *rest;
    for (char *w = strtok_r(copy, " ", &rest); w; w = strtok_r(NULL, " ", &rest)) {
        if (strcmp(w, "apply") == 0 || strcmp(w, "revert") == 0) {
            enum direction direction = *w == 'a' ? FORWARD : INVERSE;
            state_begin_run(state, direction, w, "ann@here", now + (int64_t)state->run_count);
            continue;
        }
        if (strcmp(w, "fail") == 0) {
            state_add_failure(state, "errors", "hold[100%]", "5.1 % against 0.2 %", now + 8);
            continue;
        }
        if (strcmp(w, "accept") == 0) {
            struct error err;
            assert_true(
                state_accept_gate(state, "errors", "known, CHG-7", "ann@here", now + 9, &err));
            continue;
        }
        char *phase = strchr(w, ':') + 1;
        phase[-1] = '\0';
        struct action action = {.kind = ACTION_SHIFT, .arm = ARM_TARGET};
        action.address = arena_printf(&arena, "shift[%s%%]", w);
        if (text_starts(w, "hold")) {
            action.kind = ACTION_HOLD;
            action.address = "hold[100%]";
        } else if (text_starts(w, "scale") || text_starts(w, "back")) {
            action.kind = ACTION_SCALE;
            action.address = "scale[target]";
            action.after.count = w[strlen(w) - 1] - '0';
        } else {
            int percent = atoi(w);
            action.before.routing = make_routing(&arena, "S1 T0");
            action.after.routing =
                make_routing(&arena, arena_printf(&arena, "S%d T%d", 100 - percent, percent));
        }
        if (strcmp(phase, "satisfied") == 0) {
            state_add_done_record(state, &action, now + 7, "already as wanted");
            continue;
        }
        struct record *record = state_begin_record(state, &action, now + 5);
        for (int p = PHASE_INTENDED; p <= PHASE_REFUSED; p++)
            if (strcmp(phase, phase_name((enum phase)p)) == 0)
                state_end_record(state, record, (enum phase)p, now + 6, "");
    }
}

static struct state *with_history(const char *words)
{
    struct state *state = state_new(uuid, make_plan());
    tell_history(state, words);
    return state;
}

/* DESIGN, section 5: an intent without outcome is unknown; the newest outcome is what live should
 * hold, else the origin. */
static void what_live_should_hold_row_by_row(void **unused)
{
    (void)unused;
    static const struct {
        const char *history;
        int percent, maybe; /* -1: none */
        int64_t count, maybe_count;
        bool changed;
    } rows[] = {
        {"", 0, -1, 0, -1, false},
        {"apply", 0, -1, 0, -1, false},
        {"apply scale2:satisfied", 0, -1, 2, -1, false},
        {"apply 10:satisfied", 10, -1, 0, -1, true}, /* whoever made it, traffic moved */
        {"apply scale2:intended", 0, -1, 0, 2, true},
        {"apply scale2:refused", 0, -1, 0, -1, false},
        {"apply scale2:sent", 0, -1, 2, -1, true},
        {"apply scale2:done 10:intended", 0, 10, 2, -1, true},
        {"apply scale2:done 10:done", 10, -1, 2, -1, true},
        {"apply scale2:done 10:sent", 0, 10, 2, -1, true}, /* answered, but never seen */
        {"apply scale2:done 10:done 100:sent", 10, 100, 2, -1, true},
        {"apply 100:done revert 0:sent", 100, 0, 0, -1, true},
        {"apply scale2:done 10:done 100:intended", 10, 100, 2, -1, true},
        {"apply scale2:done 10:done 100:refused", 10, -1, 2, -1, true},
        {"apply 10:intended apply 10:done", 10, -1, 0, -1, true},
        {"apply 100:done revert 0:intended", 100, 0, 0, -1, true},
        {"apply 100:intended revert 0:done", 0, -1, 0, -1, true},
        {"apply scale2:done 100:done revert 0:done back0:intended", 0, -1, 2, 0, true},
        {"apply scale2:done 100:done revert 0:done back0:done", 0, -1, 0, -1, true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct state *state = with_history(rows[i].history);
        const struct routing *maybe, *expected = state_expected_routing(state, &maybe);
        int64_t maybe_count, count = state_expected_count(state, ARM_TARGET, &maybe_count);
        int percent = routing_target_permille(expected, MAKE_SOURCE, MAKE_TARGET) / 10;
        int maybe_percent =
            maybe ? routing_target_permille(maybe, MAKE_SOURCE, MAKE_TARGET) / 10 : -1;
        if (percent != rows[i].percent || maybe_percent != rows[i].maybe ||
            count != rows[i].count || maybe_count != rows[i].maybe_count ||
            state_changed_anything(state) != rows[i].changed)
            fail_msg("%s: %d, maybe %d, %d, maybe %d, changed %d", rows[i].history, percent,
                     maybe_percent, (int)count, (int)maybe_count, state_changed_anything(state));
        assert_int_equal(state_expected_count(state, ARM_SOURCE, NULL), 2);
        state_free(state);
    }
}

static void a_revert_makes_earlier_holds_count_for_nothing(void **unused)
{
    (void)unused;
    static const struct {
        const char *history;
        bool hold_done, shifted;
    } rows[] = {
        {"apply 100:done hold:sent", false, true},
        {"apply 100:done hold:done", true, true},
        {"apply 100:done hold:done apply", true, true},
        {"apply 100:done apply hold:done", true, true},
        {"apply 100:done hold:done revert", false, false},
        {"apply 100:done hold:done revert 0:done apply", false, false},
        {"apply 100:done hold:done revert apply 100:intended", false, true},
        {"apply 100:refused", false, false},
        {"apply 100:satisfied hold:done", true, true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct state *state = with_history(rows[i].history);
        if (state_is_done(state, FORWARD, "hold[100%]") != rows[i].hold_done ||
            (state_first_shift_at(state) != 0) != rows[i].shifted)
            fail_msg("row %zu: %s", i, rows[i].history);
        state_free(state);
    }
}

/* What failed is answered for by somebody, or the traffic is taken back; nothing else ends it. */
static void a_failure_stays_open_row_by_row(void **unused)
{
    (void)unused;
    static const struct {
        const char *history;
        bool open;
    } rows[] = {
        {"apply 100:done hold:sent", false},
        {"apply 100:done hold:sent fail", true},
        {"apply 100:done hold:sent fail apply", true},
        {"apply 100:done hold:sent fail accept", false},
        {"apply 100:done hold:sent fail accept apply fail", true},
        {"apply 100:done hold:sent fail revert", true},
        {"apply 100:done hold:sent fail revert 0:sent apply", true},
        {"apply 100:done hold:sent fail revert 0:done", false},
        {"apply 100:done hold:sent fail revert 0:done apply 100:done", false},
        {"apply 100:done hold:sent fail revert 0:done apply 100:done fail", true},
        {"apply 100:done revert 0:done apply 100:done fail", true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct state *state = with_history(rows[i].history);
        const struct gate_failure *open = state_open_failure(state);
        if ((open != NULL) != rows[i].open)
            fail_msg("%s: %s", rows[i].history, open ? open->why : "not open");
        state_free(state);
    }
}

static void only_what_failed_can_be_accepted(void **unused)
{
    (void)unused;
    struct state *state = with_history("apply 100:done hold:sent");
    struct error err;
    assert_false(state_accept_gate(state, "errors", "known", "ann@here", now, &err));
    assert_int_equal(err.kind, ERROR_USAGE);
    tell_history(state, "fail");
    state->sums.address = "hold[100%]";
    assert_false(state_accept_gate(state, "latency", "known", "ann@here", now, &err));
    assert_string_equal(err.message, "latency has not failed");
    assert_non_null(strstr(err.hint, "errors"));
    assert_non_null(state->sums.address);
    tell_history(state, "accept");
    assert_null(state->sums.address); /* it is judged anew */
    assert_string_equal(state->failures[0].accepted_because, "known, CHG-7");
    assert_string_equal(state->failures[0].accepted_by, "ann@here");
    assert_int_equal(state->failures[0].accepted_at, now + 9);
    assert_false(state_accept_gate(state, "errors", "again", "ann@here", now, &err));
    state_free(state);
}

static void finds_the_newest_record(void **unused)
{
    (void)unused;
    struct state *state = with_history("apply 10:intended 10:done apply 10:refused");
    const struct record *record = state_find_record(state, FORWARD, "shift[10%]");
    assert_int_equal(record->phase, PHASE_REFUSED);
    assert_int_equal(record->run, 1);
    assert_null(state_find_record(state, INVERSE, "shift[10%]"));
    assert_null(state_find_record(state, FORWARD, "shift[100%]"));
    state_free(state);
}

static void a_new_plan_leaves_the_origin(void **unused)
{
    (void)unused;
    struct state *state = with_history("apply 10:done");
    struct plan *plan = make_plan();
    plan->origin.routing = make_routing(&plan->arena, "S9 T1");
    plan->origin.desired[ARM_SOURCE] = 7;
    state_replace_plan(state, plan);
    assert_int_equal(state->origin.desired[ARM_SOURCE], 2);
    assert_int_equal(routing_weight(&state->origin.routing, MAKE_SOURCE), 1);
    assert_int_equal(state->record_count, 1);
    state_free(state);
}

/* Also where the plan before it was written already. */
static void a_new_plan_is_the_one_that_is_written(void **unused)
{
    (void)unused;
    struct state *state = with_history("apply 10:done"), *again;
    struct text before = {0}, after = {0};
    struct error err;
    state_write(&before, state);
    struct plan *plan = make_plan();
    plan->requests_a_minute = 77;
    state_replace_plan(state, plan);
    state_write(&after, state);
    assert_null(strstr(before.data, "\"requests_a_minute\": 77"));
    assert_non_null(strstr(after.data, "\"requests_a_minute\": 77"));
    assert_true(state_read(&again, "state", after.data, after.len, &err));
    state_free(again);
    state_free(state);
    text_clear(&before);
    text_clear(&after);
}

/* ---- minutes ---- */

static void add_minutes(struct state *state, int64_t from_minute, const char *requests)
{
    struct series series;
    series_init(&series, &arena, from_minute * MINUTE_MS, strlen(requests));
    for (size_t m = 0; m < series.minutes; m++)
        if (requests[m] != '-')
            series_put(&series, &series.arms[ARM_SOURCE][METRIC_REQUESTS],
                       series_minute_at(&series, m), requests[m] - '0');
    state_add_samples(state, &series);
}

static void samples_are(const struct state *state, int64_t from_minute, const char *requests)
{
    const struct column *column = &state->samples.arms[ARM_SOURCE][METRIC_REQUESTS];
    assert_int_equal(state->samples.start_at, from_minute * MINUTE_MS);
    assert_int_equal(state->samples.minutes, strlen(requests));
    for (size_t m = 0; m < state->samples.minutes; m++)
        assert_int_equal(column->present[m] ? column->values[m] + '0' : '-', requests[m]);
}

static void newer_minutes_replace_older_ones(void **unused)
{
    (void)unused;
    struct state *state = with_history("apply");
    add_minutes(state, 100, "12");
    samples_are(state, 100, "12");
    add_minutes(state, 101, "53-");
    samples_are(state, 100, "153-");
    add_minutes(state, 101, "--4");
    samples_are(state, 100, "1534");
    add_minutes(state, 106, "9");
    samples_are(state, 100, "1534--9");
    add_minutes(state, 98, "7------2-");
    samples_are(state, 98, "7-1534-29");
    add_minutes(state, 50, "");
    samples_are(state, 98, "7-1534-29");
    state_free(state);
}

static void keeps_the_newest_day_of_minutes(void **unused)
{
    (void)unused;
    struct state *state = with_history("apply");
    add_minutes(state, 1000, "12345");
    add_minutes(state, 1000 + SERIES_MINUTES_MAX, "67");
    assert_int_equal(state->samples.minutes, SERIES_MINUTES_MAX);
    assert_int_equal(state->samples.start_at, 1002 * MINUTE_MS);
    const struct column *column = &state->samples.arms[ARM_SOURCE][METRIC_REQUESTS];
    assert_int_equal(column->values[0], 3);
    assert_int_equal(column->values[SERIES_MINUTES_MAX - 1], 7);
    state_free(state);
}

/* A clock that was days ahead had minutes asked for that had not been yet. */
static void a_clock_that_was_ahead_keeps_no_minute_out(void **unused)
{
    (void)unused;
    struct state *state = with_history("apply");
    add_minutes(state, 1000 + 3 * SERIES_MINUTES_MAX, "--");
    add_minutes(state, 1000, "12");
    samples_are(state, 1000, "12");
    add_minutes(state, 1001, "345");
    samples_are(state, 1000, "1345");
    add_minutes(state, 1120, "--"); /* two hours */
    add_minutes(state, 1004, "6");
    samples_are(state, 1000, "13456");
    state_free(state);
}

/* ---- the file ---- */

static bool read_back(struct state **out, const struct text *text, struct error *err)
{
    *err = (struct error){0};
    return state_read(out, "prod.state.json", text->data, text->len, err);
}

/* Writes, reads, writes again: the same bytes. */
static void is_stable(struct state *state)
{
    struct text first = {0}, second = {0};
    struct state *again;
    struct error err;
    state_write(&first, state);
    if (!read_back(&again, &first, &err))
        fail_msg("%s\n%s", err.message, first.data);
    assert_string_equal(again->digest, state->digest);
    state_write(&second, again);
    assert_string_equal(first.data, second.data);
    assert_string_equal(again->digest, state->digest);
    state_free(again);
    text_clear(&first);
    text_clear(&second);
}

static uint32_t draw(uint32_t *random, uint32_t below)
{
    *random = *random * 1664525u + 1013904223u;
    return (*random >> 8) % below;
}

static void draw_series(struct series *out, uint32_t *random)
{
    series_init(out, &arena, now + draw(random, 1000) * MINUTE_MS, draw(random, 40));
    for (int i = 0; i < ARM_METRIC_COUNT; i++)
        for (size_t m = 0; m < out->minutes; m++)
            if (draw(random, 3))
                series_put(out, &out->arms[draw(random, 2)][i], series_minute_at(out, m),
                           draw(random, 1u << 24));
}

/* Any history, any text that a world outside may hand in. */
static void draw_state(struct state *state, uint32_t *random)
{
    static const char *const words[] = {
        "apply",      "revert",    "10:intended", "10:done",      "100:sent",
        "100:done",   "0:done",    "0:refused",   "scale2:sent",  "scale2:intended",
        "back0:done", "hold:sent", "hold:done",   "10:satisfied",
    };
    static const char *const notes[] = {
        "",
        "plain",
        "\"quoted\" \\ back",
        "line\nbreak\ttab\x01",
        "\xc3\xa9\xe2\x82\xac",
        "\xe2\x80\xae"
        "reversed",
        "DEL\x7f",
    };
    struct series series;
    tell_history(state, "apply");
    if (draw(random, 2)) {
        draw_series(&series, random);
        state_set_baseline(state, &series);
    }
    for (uint32_t n = draw(random, 12); n > 0; n--) {
        tell_history(state, words[draw(random, COUNT(words))]);
        if (state->record_count) {
            struct record *record = &state->records[draw(random, (uint32_t)state->record_count)];
            record->note = notes[draw(random, COUNT(notes))];
            record->request_id = notes[draw(random, COUNT(notes))];
        }
        if (!draw(random, 3))
            state_end_run(state, (enum run_end)(1 + draw(random, RUN_RECALLED)),
                          notes[draw(random, COUNT(notes))], now + 99);
        draw_series(&series, random);
        if (draw(random, 2))
            state_add_samples(state, &series);
    }
    for (uint32_t n = draw(random, 3); n > 0; n--) {
        struct error err;
        state_add_failure(state, "check:in-sync", "hold[10%]", notes[draw(random, COUNT(notes))],
                          now + n);
        if (draw(random, 2) &&
            !state_accept_gate(state, "check:in-sync", notes[draw(random, COUNT(notes))],
                               notes[draw(random, COUNT(notes))], now + 5, &err))
            fail_msg("%s", err.message);
    }
    if (draw(random, 2)) {
        gate_sums_begin(&state->sums, &state->arena, "hold[10%]", now);
        state->sums.errors.logs[1] = -(double)draw(random, 1000) / 7;
        state->sums.errors.errors[ARM_TARGET] = draw(random, 1000);
    }
    state->serial = draw(random, 1u << 30);
    state->ended = draw(random, 2);
}

static void generated_states_read_back_to_the_byte(void **unused)
{
    (void)unused;
    uint32_t random = 20260413;
    for (int i = 0; i < 300; i++) {
        struct state *state = state_new(uuid, make_plan());
        draw_state(state, &random);
        is_stable(state);
        state_free(state);
        arena_clear(&arena);
    }
}

static void nothing_is_lost_on_the_way(void **unused)
{
    (void)unused;
    struct state *again, *state = with_history("apply scale2:done 10:intended revert 0:done");
    struct text text = {0};
    struct error err;
    state->records[0].request_id = "request-1";
    state->serial = 41;
    tell_history(state, "apply fail");
    state_end_run(state, RUN_TIMED_OUT, "drain unproven", now + 100);
    plan_write(&text, state->plan);
    text_cut(&text, 0);
    state_write(&text, state);
    assert_true(read_back(&again, &text, &err));
    assert_string_equal(again->lineage, uuid);
    assert_int_equal(again->serial, 41);
    assert_int_equal(again->run_count, 3);
    assert_int_equal(again->runs[1].direction, INVERSE);
    assert_int_equal(again->runs[2].end, RUN_TIMED_OUT);
    assert_string_equal(again->runs[2].why, "drain unproven");
    assert_int_equal(again->failure_count, 1);
    assert_int_equal(again->failures[0].run, 2);
    assert_string_equal(again->failures[0].gate, "errors");
    assert_string_equal(again->failures[0].why, "5.1 % against 0.2 %");
    assert_int_equal(again->failures[0].at, now + 8);
    assert_non_null(state_open_failure(again));
    assert_string_equal(again->runs[0].command, "apply");
    assert_int_equal(again->record_count, 3);
    assert_int_equal(again->records[0].after.count, 2);
    assert_string_equal(again->records[0].request_id, "request-1");
    assert_int_equal(again->records[1].phase, PHASE_INTENDED);
    assert_true(again->records[1].sent);
    assert_true(
        routing_identical(&again->records[1].after.routing, &state->records[1].after.routing));
    assert_int_equal(again->records[2].direction, INVERSE);
    assert_true(routing_identical(&again->origin.routing, &state->origin.routing));
    /* The plan's digest is that of its saved form: what a saved plan is matched by. */
    assert_string_equal(again->plan->digest, state->plan->digest);
    text_clear(&text);
    state_free(again);
    state_free(state);
}

static void any_changed_byte_is_refused(void **unused)
{
    (void)unused;
    struct state *again, *state = with_history("apply scale2:done 10:intended");
    struct text text = {0};
    struct error err;
    state_write(&text, state);
    for (size_t i = 0; i < text.len; i++) {
        char flip = i % 2 ? 0x01 : 0x20;
        text.data[i] ^= flip;
        if (read_back(&again, &text, &err))
            fail_msg("byte %zu changed to '%c' and nobody noticed", i, text.data[i]);
        assert_null(again);
        assert_int_equal(err.kind, ERROR_INPUT);
        text.data[i] ^= flip;
    }
    assert_true(read_back(&again, &text, &err));
    state_free(again);
    text_clear(&text);
    state_free(state);
}

static void a_cut_or_longer_file_is_refused(void **unused)
{
    (void)unused;
    struct state *again, *state = with_history("apply 10:intended");
    struct text text = {0};
    struct error err;
    state_write(&text, state);
    for (size_t n = 0; n < text.len; n += 1 + n / 50) {
        if (state_read(&again, "prod.state.json", text.data, n, &err))
            fail_msg("the first %zu bytes were read", n);
        assert_null(again);
    }
    text_add_char(&text, '\n');
    assert_false(read_back(&again, &text, &err));
    text_clear(&text);
    state_free(state);
}

/* Seals whatever stands before the digest anew, as somebody with the right tool would. */
static void reseal(struct text *text)
{
    char digest[DIGEST_HEX_SIZE];
    char *seal = strstr(text->data, ",\n  \"digest\"");
    text_cut(text, (size_t)(seal - text->data));
    sealed_close(text, digest);
}

static void replace_once(struct text *text, const char *from, const char *to)
{
    char *at = strstr(text->data, from);
    assert_non_null(at);
    struct text out = {0};
    text_add_bytes(&out, text->data, (size_t)(at - text->data));
    text_add(&out, to);
    text_add(&out, at + strlen(from));
    text_clear(text);
    *text = out;
}

/* Well sealed, and still not what this version wrote: every row names what is wrong. */
static void sealed_nonsense_is_refused(void **unused)
{
    (void)unused;
    static const struct {
        const char *from, *to, *message;
    } rows[] = {
        {"\"format_version\": 1", "\"format_version\": 2",
         "the state has format version 2; this version reads 1"},
        {"\"kind\": \"switchover.state\"", "\"kind\": \"x\"", "not a state of switchover"},
        {"\"lineage\": \"01234567", "\"lineage\": \"1234567", "\"lineage\""},
        {"\"run\": 0", "\"run\": 1", "records[0]: \"run\""},
        {"\"run\": 0", "\"run\": -1", "records[0]: \"run\""},
        {"\"phase\": \"intended\"", "\"phase\": \"hoped\"", "records[0]: \"phase\""},
        {"\"end\": \"open\"", "\"end\": \"\"", "runs[0]: \"end\""},
        {"\"sent\": true", "\"sent\": 1", "records[0]: \"sent\""},
        {"\"sent\": true", "\"sent\":  true", "not laid out"},
        {"\"serial\": 0", "\"serial\": 0.0", "not laid out"},
        {"\"serial\": 0", "\"serial\": 1e99", "\"serial\""},
        {"\"serial\": 0", "\"more\": 1,\n  \"serial\": 0", "not laid out"},
        {"\"baseline\": null", "\"baseline\": {}", "baseline: "},
        {"\"samples\": {", "\"samples\": null, \"rest\": {", "samples: "},
        {"\"ended\": false", "\"ended\": null", "\"ended\""},
        {"\"address\": \"shift[10%]\"", "\"address\": null", "\"address\""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct state *again, *state = with_history("apply 10:intended");
        struct text text = {0};
        struct error err;
        state_write(&text, state);
        replace_once(&text, rows[i].from, rows[i].to);
        reseal(&text);
        if (read_back(&again, &text, &err) || !strstr(err.message, rows[i].message) ||
            !text_starts(err.message, "prod.state.json: "))
            fail_msg("row %zu: %s", i, err.message);
        assert_true(err.hint[0]);
        text_clear(&text);
        state_free(state);
    }
}

/* ---- gate sums ---- */

static void sums_are_forgotten_with_the_rules_that_made_them(void **unused)
{
    (void)unused;
    static const struct {
        int64_t errors_tolerate, client_errors_tolerate, max_rate;
        bool kept;
    } rows[] = {
        {1500, 2000, 10000, true},
        {1500, 2000, 50000, true}, /* the fast guard has no sums */
        {3000, 2000, 10000, false},
        {1500, 5000, 10000, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct state *state = state_new(uuid, make_plan());
        gate_sums_begin(&state->sums, &state->arena, "hold[10%]", now);
        state->sums.judged = 7;
        struct plan *plan = make_plan();
        plan->file.gates.errors.tolerate = rows[i].errors_tolerate;
        plan->file.gates.client_errors.tolerate = rows[i].client_errors_tolerate;
        plan->file.gates.max_rate = rows[i].max_rate;
        state_replace_plan(state, plan);
        assert_string_equal(state->sums.address, "hold[10%]");
        assert_int_equal(state->sums.since, minute_floor(now) + MINUTE_MS);
        assert_int_equal(state->sums.judged, rows[i].kept ? 7 : 0);
        state_free(state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(what_live_should_hold_row_by_row, clear),
        cmocka_unit_test_teardown(a_revert_makes_earlier_holds_count_for_nothing, clear),
        cmocka_unit_test_teardown(a_failure_stays_open_row_by_row, clear),
        cmocka_unit_test_teardown(only_what_failed_can_be_accepted, clear),
        cmocka_unit_test_teardown(finds_the_newest_record, clear),
        cmocka_unit_test_teardown(a_new_plan_leaves_the_origin, clear),
        cmocka_unit_test_teardown(a_new_plan_is_the_one_that_is_written, clear),
        cmocka_unit_test_teardown(newer_minutes_replace_older_ones, clear),
        cmocka_unit_test_teardown(keeps_the_newest_day_of_minutes, clear),
        cmocka_unit_test_teardown(a_clock_that_was_ahead_keeps_no_minute_out, clear),
        cmocka_unit_test_teardown(generated_states_read_back_to_the_byte, clear),
        cmocka_unit_test_teardown(nothing_is_lost_on_the_way, clear),
        cmocka_unit_test_teardown(any_changed_byte_is_refused, clear),
        cmocka_unit_test_teardown(a_cut_or_longer_file_is_refused, clear),
        cmocka_unit_test_teardown(sealed_nonsense_is_refused, clear),
        cmocka_unit_test(sums_are_forgotten_with_the_rules_that_made_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
