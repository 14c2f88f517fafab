#include "cmd/moment.h"
#include "cmd/view_closing.h"
#include "cmd/view_look.h"
#include "cmd/view_status.h"
#include "planner/base/time.h"

enum { INDENT = 2, VALUES = 17, ADDRESS = VALUES + 15 };

static void row(struct page *page, const char *name)
{
    page_column(page, INDENT);
    page_put(page, STYLE_FAINT, "%s", name);
    page_column(page, VALUES);
}

const struct action *status_next(const struct state *state)
{
    if (state->ended || !state->run_count)
        return NULL;
    enum direction direction = state->runs[state->run_count - 1].direction;
    const struct plan *plan = direction == FORWARD ? state->plan : state->plan->inverse;
    for (size_t i = 0; plan && i < plan->action_count; i++)
        if (!state_is_done(state, direction, plan->actions[i].address))
            return &plan->actions[i];
    return NULL;
}

static void show_origin(struct page *page, const struct state *state)
{
    struct arena arena = {0};
    char time[TIME_TEXT_SIZE];
    const struct subject *subject = &state->plan->subject;
    row(page, "lineage");
    page_wrap(page, STYLE_PLAIN, "%.8s, serial %lld%s", state->lineage, (long long)state->serial,
              state->ended ? "; ended, the traffic was taken back" : "");
    page_end_line(page);
    row(page, "origin");
    page_wrap(
        page, STYLE_PLAIN, "%s; desired counts source %lld, target %lld; %s %s",
        routing_describe(&arena, &state->origin.routing, subject->arms[ARM_SOURCE].target_group_arn,
                         subject->arms[ARM_TARGET].target_group_arn),
        (long long)state->origin.desired[ARM_SOURCE], (long long)state->origin.desired[ARM_TARGET],
        state->origin.assumed ? "assumed" : "as it was",
        moment_format(time, state->origin.taken_at));
    page_end_line(page);
    arena_clear(&arena);
}

/* What only waits was not sent anywhere. */
static const char *phase_words(const struct record *record)
{
    bool waits = !action_kinds[record->kind].mutates && record->phase == PHASE_SENT;
    return waits ? "ended" : phase_name(record->phase);
}

static void show_record(struct page *page, const struct record *record)
{
    char time[TIME_TEXT_SIZE];
    page_column(page, VALUES);
    page_put(page, STYLE_PLAIN, "%s", record->address);
    page_column(page, ADDRESS);
    if (record->ended_at)
        page_wrap(page, STYLE_PLAIN, "%s %s%s%s", phase_words(record),
                  moment_format(time, record->ended_at), *record->note ? ": " : "", record->note);
    else if (record->phase == PHASE_INTENDED)
        page_wrap(page, STYLE_WARN, "about to be sent %s, without an outcome",
                  moment_format(time, record->started_at));
    else
        page_wrap(page, STYLE_WARN, "begun %s, not ended", moment_format(time, record->started_at));
    page_end_line(page);
}

static void show_open_run(struct page *page, enum run_life life, const struct writer *writer,
                          const char *resume)
{
    struct arena arena = {0};
    switch (life) {
    case RUN_LIFE_ON:
        page_paragraph(page, VALUES, STYLE_STRONG, "runs: %s", writer_describe(&arena, writer));
        break;
    case RUN_LIFE_DEAD:
        page_paragraph(page, VALUES, STYLE_BAD,
                       "died without a word: it holds the lock no more%s%s%s",
                       resume ? "; resume with `" : "", resume ? resume : "", resume ? "`" : "");
        break;
    default:
        page_paragraph(page, VALUES, STYLE_WARN,
                       "still open: it runs, or it died without a word (%s)", writer->why_unknown);
    }
    arena_clear(&arena);
}

static bool ended_well(enum run_end end)
{
    return end == RUN_DONE || end == RUN_SHIFTED;
}

static void show_run(struct page *page, const struct state *state, size_t number)
{
    const struct run *run = &state->runs[number];
    char from[TIME_TEXT_SIZE], to[TIME_TEXT_SIZE];
    page_column(page, INDENT);
    page_put(page, STYLE_FAINT, "run %zu", number + 1);
    page_column(page, VALUES);
    page_wrap(page, STYLE_PLAIN, "%s, by %s, %s", run->command, run->by,
              moment_format(from, run->started_at));
    page_end_line(page);
    for (size_t i = 0; i < state->record_count; i++)
        if (state->records[i].run == number)
            show_record(page, &state->records[i]);
    if (run->end != RUN_OPEN)
        page_paragraph(page, VALUES, ended_well(run->end) ? STYLE_GOOD : STYLE_WARN, "%s %s: %s",
                       closing_end_words(run->end), moment_format(to, run->ended_at), run->why);
}

/* ---- gates ---- */

static void show_failure(struct page *page, const struct gate_failure *failure, bool open)
{
    char at[TIME_TEXT_SIZE], accepted[TIME_TEXT_SIZE];
    struct text words = {0};
    row(page, "failed gate");
    look_add_failure(&words, failure);
    page_wrap(page, open ? STYLE_BAD : STYLE_PLAIN, "%s (%s)", text_cstr(&words),
              moment_format(at, failure->at));
    page_end_line(page);
    if (failure->accepted_because)
        page_paragraph(page, VALUES, STYLE_PLAIN, "accepted by %s, %s: %s", failure->accepted_by,
                       moment_format(accepted, failure->accepted_at), failure->accepted_because);
    else if (open)
        page_paragraph(page, VALUES, STYLE_BAD,
                       "not accepted: nothing goes forward until it is, or the traffic is back");
    else
        page_paragraph(page, VALUES, STYLE_PLAIN, "the traffic was taken back since");
    text_clear(&words);
}

static void add_counts(struct text *out, const char *name, const struct count_sums *sums)
{
    text_addf(out, "; %s: ", name);
    for (int arm = 0; arm < ARM_COUNT; arm++) {
        text_addf(out, "%s%s %lld of %lld (", arm ? ", " : "", arm_name((enum arm)arm),
                  (long long)sums->errors[arm], (long long)sums->requests[arm]);
        look_add_rate(out, sums->errors[arm], sums->requests[arm]);
        text_add_char(out, ')');
    }
}

static void show_sums(struct page *page, const struct gate_sums *sums)
{
    char time[TIME_TEXT_SIZE];
    struct text words = {0};
    if (!sums->address)
        return;
    text_addf(&words, "%s: %lld minute%s judged", sums->address, (long long)sums->judged,
              sums->judged == 1 ? "" : "s");
    if (sums->judged)
        text_addf(&words, ", up to %s", time_of_day(time, sums->through));
    if (sums->unknown)
        text_addf(&words, ", %lld did not say enough", (long long)sums->unknown);
    if (sums->judged) {
        text_addf(&words, "; %lld requests on the target", (long long)sums->target_requests);
        add_counts(&words, "5XX", &sums->errors);
        add_counts(&words, "4XX", &sums->client_errors);
    }
    row(page, "gates");
    page_wrap(page, STYLE_PLAIN, "%s", text_cstr(&words));
    page_end_line(page);
    text_clear(&words);
}

static void show_gates(struct page *page, const struct state *state, bool all_runs)
{
    const struct gate_failure *open = state_open_failure(state);
    for (size_t i = 0; i < state->failure_count; i++)
        if (all_runs || &state->failures[i] == open || i + 1 == state->failure_count)
            show_failure(page, &state->failures[i], &state->failures[i] == open);
    show_sums(page, &state->sums);
}

void view_text_state(struct page *page, const struct state *state, const struct writer *writer,
                     const char *resume, bool all_runs)
{
    size_t first = all_runs || !state->run_count ? 0 : state->run_count - 1;
    show_origin(page, state);
    for (size_t i = first; i < state->run_count; i++) {
        bool last = i + 1 == state->run_count;
        show_run(page, state, i);
        if (state->runs[i].end == RUN_OPEN)
            show_open_run(page, last ? writer_life(writer, state) : RUN_LIFE_DEAD, writer,
                          last ? resume : NULL);
    }
    show_gates(page, state, all_runs);
    const struct action *next = status_next(state);
    row(page, "next");
    page_put(page, STYLE_STRONG, "%s",
             state_is_recalled(state) ? "the traffic goes back: somebody at the terminal wanted it"
             : next                   ? next->address
                                      : "nothing is left");
    page_end_line(page);
}
