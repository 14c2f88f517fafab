#include "planner/base/text.h"
#include "planner/base/time.h"
#include "planner/executor_parts.h"
#include "planner/precondition.h"

/*
 * The transition protocol (DESIGN, section 5). A request that got no answer is settled by reading;
 * one that was not carried out is sent again, a few times. Reading back is bounded.
 *
 * That a request was not carried out can only be concluded from reads that go on showing the old
 * value: it may still be on its way, and a read may show what was there a moment ago. One that
 * lands later than that, behind its own repetition, is beyond this protocol: nothing can call it
 * back. It sets what was wanted then; where something else is wanted by now, the next read shows
 * it, as drift. The way back does not wait for it, but stays for the same time behind itself.
 */
enum {
    SENDS_MAX = 3,
    POLL_EVERY_MS = SECOND_MS,
    POLL_MOST_MS = 30 * SECOND_MS,
    BEFORES_ENOUGH = 10,     /* reads in a row that show the old value: it was not carried out */
    BEFORES_ENOUGH_BACK = 3, /* the way back is in a hurry, and sending it again is never wrong */
    MAY_LAND_MS = 5 * MINUTE_MS, /* behind an intent of an earlier run, its repetitions included */
};

struct transit {
    const struct action *action;
    struct record *record; /* NULL until there is an intent */
    bool always;           /* send whatever live holds */
    bool may_be_out;       /* an earlier request for it may have been, or may yet be, carried out */
    bool may_be_undone;    /* a forward shift whose answer was lost may yet come behind it */
};

static bool is_inverse_shift(const struct execution *x, const struct action *action)
{
    return x->plan->direction == INVERSE && action->kind == ACTION_SHIFT;
}

/* This pass's record of the same change, unless AWS refused it; or NULL. */
static struct record *find_record(const struct execution *x, const struct action *action)
{
    struct record *record = state_find_record(x->state, x->plan->direction, action->address);
    if (!record || record->phase == PHASE_REFUSED)
        return NULL;
    if (action->kind == ACTION_SCALE)
        return record->after.count == action->after.count ? record : NULL;
    return routing_identical(&record->after.routing, &action->after.routing) ? record : NULL;
}

/* The weights, or the source's count that they need. */
static bool is_way_back(const struct execution *x, const struct action *action)
{
    return x->plan->direction == INVERSE && !transition_restores(x->plan, action);
}

static int befores_enough(const struct execution *x, const struct action *action)
{
    return is_way_back(x, action) ? BEFORES_ENOUGH_BACK : BEFORES_ENOUGH;
}

/* ---- recording ---- */

static bool record_outcome(struct execution *x, struct transit *t)
{
    const struct subject *subject = &x->plan->subject;
    t->record->note = t->record->phase == PHASE_INTENDED ? LOST_ANSWER_NOTE : "";
    if (t->action->kind == ACTION_SCALE) {
        t->record->phase = PHASE_SENT;
        return make_durable(x);
    }
    state_end_record(x->state, t->record, PHASE_DONE, wall_now(x), t->record->note);
    if (!make_durable(x))
        return false;
    tell(x, (struct event){EVENT_ACTION_DONE, .action = t->action,
                           .text = routing_describe(&x->texts, &x->routing,
                                                    subject->arms[ARM_SOURCE].target_group_arn,
                                                    subject->arms[ARM_TARGET].target_group_arn)});
    return true;
}

/* Live has it already: by somebody else, or by a request whose answer was lost. */
static bool record_satisfied(struct execution *x, struct transit *t)
{
    if (t->record && t->record->phase != PHASE_DONE)
        return record_outcome(x, t);
    if (t->action->kind == ACTION_SCALE)
        return true;
    tell(x, (struct event){EVENT_ACTION_SKIPPED, .action = t->action, .text = "already as wanted"});
    if (t->record)
        return true;
    state_add_done_record(x->state, t->action, wall_now(x), "already as wanted");
    return make_durable(x);
}

/* The request was not sent: the record must not make anybody look for its outcome, unless an
 * earlier request's is still to be found. */
static bool withdraw(struct execution *x, struct transit *t, const char *note,
                     const struct error *err)
{
    if (t->may_be_out)
        return fail_run(x, err);
    t->record->sent = false;
    state_end_record(x->state, t->record, PHASE_REFUSED, wall_now(x), note);
    return fail_run(x, err);
}

/* A lock that somebody else has taken stops everything; one that the disk cannot show does not stop
 * the way back. */
static bool check_lock(struct execution *x, struct transit *t)
{
    struct store *store = x->executor->journal->store;
    struct error err;
    if (x->executor->journal->unlocked || store->holds_lock(store->self, &err))
        return true;
    if (err.kind != ERROR_STORAGE || !is_way_back(x, t->action))
        return withdraw(x, t, "not sent: the lock was lost", &err);
    tell_of_broken_journal(x, &err);
    return true;
}

static bool record_intent(struct execution *x, struct transit *t)
{
    struct error err;
    if (!t->record || t->record->phase == PHASE_DONE)
        t->record = state_begin_record(x->state, t->action, wall_now(x));
    t->record->phase = PHASE_INTENDED;
    if (!journal_write(x->executor->journal, &err)) {
        /* Only the way back is worth a request that nobody can record. */
        if (!is_way_back(x, t->action))
            return withdraw(x, t, "not sent: the intent could not be written", &err);
        tell_of_broken_journal(x, &err);
    }
    if (!check_lock(x, t))
        return false;
    tell(x, (struct event){EVENT_INTENT, .action = t->action});
    return true;
}

/* ---- sending ---- */

enum answer { ANSWER_YES, ANSWER_NO, ANSWER_NONE };

static enum answer send(struct execution *x, struct transit *t, struct error *err)
{
    const struct cloud *cloud = x->executor->cloud;
    const struct action *action = t->action;
    struct mutation mutation = {.kind = MUTATION_COUNT, .arm = action->arm};
    struct receipt receipt = {0};
    if (action->kind == ACTION_SCALE) {
        mutation.count = action->after.count;
    } else {
        mutation.kind = MUTATION_ROUTING;
        mutation.routing = &action->after.routing;
        x->sent_since_read = true;
    }
    x->fresh = false;
    bool yes = cloud->perform(cloud->self, &receipt, &x->plan->subject, &mutation, err);
    if (!yes && !receipt.outcome_unknown)
        return ANSWER_NO;
    x->out->sent_anything = true;
    t->record->request_id = arena_strdup(&x->state->arena, receipt.request_id);
    if (!yes)
        return ANSWER_NONE;
    t->record->phase = PHASE_SENT;
    tell(x, (struct event){EVENT_SENT, .action = action, .request_id = t->record->request_id});
    return ANSWER_YES;
}

/* ---- reading back ---- */

enum found { FOUND_AFTER, FOUND_BEFORE, FOUND_OTHER, FOUND_NOTHING };

static enum found look(struct execution *x, const struct action *action, struct error *err)
{
    bool moved;
    if (!try_observe(x, action->kind == ACTION_SHIFT ? FACT_LISTENERS : FACT_SERVICES, err))
        return FOUND_NOTHING;
    if (transition_agrees(x->plan, action, &x->live))
        return FOUND_AFTER;
    bool before = transition_of(x->plan, action, &x->live, &moved) == TRANSITION_SEND && !moved;
    return before ? FOUND_BEFORE : FOUND_OTHER;
}

/* Short: it does not end when somebody wants the run to stop, but then it is the last one. What is
 * pressed at the terminal makes it no shorter: reads that follow each other at once prove nothing.
 */
static bool pause(struct execution *x)
{
    const struct clock *clock = x->executor->clock;
    int64_t until = monotonic_now(x) + POLL_EVERY_MS;
    x->fresh = false;
    for (int64_t left = POLL_EVERY_MS; left > 0; left = until - monotonic_now(x)) {
        if (clock->wait(clock->self, left) == CLOCK_INTERRUPTED)
            return false;
        hear_wish(x);
    }
    return !is_wanted_to_stop(x);
}

/* Until live is as wanted, `befores_enough` reads in a row (0: any number) showed the old value,
 * the time is up, or the traffic is wanted back; what was found last. */
static enum found poll(struct execution *x, const struct action *action, int befores_enough,
                       struct error *err)
{
    int64_t deadline = monotonic_now(x) + POLL_MOST_MS;
    int befores = 0;
    for (bool last = false;; last = !pause(x) || is_recalled(x) || monotonic_now(x) >= deadline) {
        enum found found = look(x, action, err);
        befores = found == FOUND_BEFORE ? befores + 1 : 0;
        if (found == FOUND_AFTER || last || (befores_enough && befores >= befores_enough))
            return found;
    }
}

static bool end_unconfirmed(struct execution *x, const struct action *action, enum found found,
                            struct error *err)
{
    char text[TIME_TEXT_SIZE];
    if (!make_durable(x))
        return false;
    if (is_wanted_to_stop(x))
        return end_run(x, RUN_INTERRUPTED, "interrupted before %s could be read back",
                       action->address);
    if (found == FOUND_NOTHING) {
        error_context(err, "%s was sent but is not confirmed", action->address);
        return fail_run(x, err);
    }
    const char *explained = transition_explain(&x->texts, x->plan, action, &x->live);
    if (found == FOUND_OTHER && x->plan->direction == FORWARD)
        return end_drifted(x, action, "%s was sent, but live became something else: %s",
                           action->address, explained);
    error_set(err, ERROR_SERVICE, "%s was sent but is not confirmed after %s: %s", action->address,
              duration_format(text, POLL_MOST_MS), explained);
    return fail_run(x, err);
}

/* The traffic is back; what was on its way before may still come and undo it. */
static bool stays(struct execution *x, const struct action *action)
{
    struct error ignored;
    bool same = true;
    for (int reads = 0; same && reads < BEFORES_ENOUGH && pause(x); reads++) {
        enum found found = look(x, action, &ignored);
        same = found == FOUND_AFTER || found == FOUND_NOTHING;
    }
    if (!same)
        tell_warning(x, action, "an earlier shift came late and undid it: it is sent again", NULL);
    return same;
}

static bool confirm(struct execution *x, struct transit *t, enum found found, struct error *err)
{
    if (found != FOUND_AFTER)
        return end_unconfirmed(x, t->action, found, err);
    if (is_inverse_shift(x, t->action) &&
        !routing_identical(&x->routing, &t->action->after.routing))
        tell_warning(x, t->action,
                     "AWS gives the origin back in another shape; it routes every request alike",
                     NULL);
    return record_outcome(x, t);
}

/* ---- the protocol ---- */

/* It never left this machine, or AWS was only too busy for it. */
static bool is_in_passing(const struct error *err)
{
    return err->kind == ERROR_NETWORK || text_starts(err->aws_code, "Throttling");
}

/* The way back does not give up at the first. */
static bool is_worth_another(struct execution *x, const struct transit *t, int sends,
                             const struct error *err)
{
    if (!is_inverse_shift(x, t->action) || !is_in_passing(err) || sends >= SENDS_MAX)
        return false;
    tell_warning(x, t->action, "it was not carried out, and is sent again", err);
    pause(x);
    return true;
}

/* AWS refused this request; an earlier one may have been carried out all the same. */
static bool refuse(struct execution *x, struct transit *t, const struct error *err)
{
    struct error ignored;
    if (t->may_be_out)
        return poll(x, t->action, befores_enough(x, t->action), &ignored) == FOUND_AFTER
                   ? record_outcome(x, t)
                   : fail_run(x, err);
    state_end_record(x->state, t->record, PHASE_REFUSED, wall_now(x), err->message);
    return fail_run(x, err);
}

/* After no answer: true when it has to be sent again. */
static bool is_to_be_repeated(struct execution *x, struct transit *t, int sends, enum found *found,
                              struct error *err)
{
    if (is_inverse_shift(x, t->action)) { /* the way back is never left to a guess */
        pause(x);
        return sends < SENDS_MAX;
    }
    *found = poll(x, t->action, befores_enough(x, t->action), err);
    return *found == FOUND_BEFORE && sends < SENDS_MAX;
}

static bool send_and_read_back(struct execution *x, struct transit *t)
{
    for (int sends = 1;; sends++) {
        enum found found = FOUND_AFTER;
        struct error err;
        if (!go_on(x) || !record_intent(x, t))
            return false;
        enum answer answer = send(x, t, &err);
        if (answer == ANSWER_NO && is_worth_another(x, t, sends, &err))
            continue;
        if (answer == ANSWER_NO)
            return refuse(x, t, &err);
        if (answer == ANSWER_NONE) {
            t->may_be_out = true;
            tell_warning(x, t->action, "no answer came: it may or may not have been carried out",
                         &err);
            if (is_to_be_repeated(x, t, sends, &found, &err))
                continue;
            if (!is_inverse_shift(x, t->action))
                return confirm(x, t, found, &err);
        }
        found = poll(x, t->action, 0, &err);
        if (found != FOUND_AFTER || !t->may_be_undone || sends == SENDS_MAX || stays(x, t->action))
            return confirm(x, t, found, &err);
    }
}

/* A fallback goes on from weights that somebody else set, but says so. */
static void warn_of_moved(struct execution *x, const struct action *action)
{
    if (action->kind == ACTION_SHIFT && state_explains(x->state, &x->routing))
        return;
    tell_warning(x, action,
                 arena_printf(&x->texts, "live was changed by somebody else; going back anyway: %s",
                              transition_explain(&x->texts, x->plan, action, &x->live)),
                 NULL);
}

/* Weights that go back need no service: what ECS cannot say does not stop them. */
static bool read_before(struct execution *x, const struct action *action)
{
    unsigned facts = preconditions_facts(x->plan, action) | FACT_SERVICES | FACT_LISTENERS;
    struct error err;
    if (!is_inverse_shift(x, action) || covers(x, facts))
        return need(x, facts);
    if (try_need(x, facts, &err))
        return true;
    tell_warning(x, action, "going on without what ECS cannot say", &err);
    if (!try_observe(x, facts & ~(unsigned)FACT_SERVICES, &err))
        return fail_run(x, &err);
    x->asked |= FACT_SERVICES; /* and it is not known */
    return true;
}

static const char *what_it_changes(struct execution *x, const struct action *action)
{
    return action->kind == ACTION_SHIFT
               ? "the default action"
               : arena_printf(&x->texts, "the %s service", arm_name(action->arm));
}

/* What an earlier run sent, or may have, a moment ago: it gets the time to show that a lost answer
 * gets. */
static bool may_still_land(const struct execution *x, const struct transit *t)
{
    return t->may_be_out && !is_way_back(x, t->action) &&
           wall_now(x) - t->record->started_at < MAY_LAND_MS;
}

static bool read_and_compare(struct execution *x, struct transit *t, enum transition *decision,
                             bool *moved)
{
    if (!read_before(x, t->action))
        return false;
    *decision = transition_of(x->plan, t->action, &x->live, moved);
    return true;
}

static bool let_land(struct execution *x, struct transit *t, enum transition *decision, bool *moved)
{
    struct error ignored; /* it is read once more */
    tell_warning(x, t->action, "the outcome of an earlier request is not known: it may still show",
                 NULL);
    poll(x, t->action, BEFORES_ENOUGH, &ignored);
    return read_and_compare(x, t, decision, moved);
}

/* Reads, compares, judges. *to_send: it has to be sent. */
static bool decide(struct execution *x, struct transit *t, bool *to_send)
{
    const struct action *action = t->action;
    enum transition decision;
    bool moved;
    *to_send = false;
    if (!read_and_compare(x, t, &decision, &moved) ||
        (decision == TRANSITION_SEND && may_still_land(x, t) && !let_land(x, t, &decision, &moved)))
        return false;
    if (decision == TRANSITION_SEND &&
        (!ask_checks_before(x, action) || !read_and_compare(x, t, &decision, &moved)))
        return false;
    if (decision == TRANSITION_DONE && !t->always)
        return record_satisfied(x, t);
    if (decision == TRANSITION_DRIFT)
        return end_drifted(x, action, "%s: %s", what_it_changes(x, action),
                           transition_explain(&x->texts, x->plan, action, &x->live));
    if (!hold_to_record(x, action) || !judge_action(x, action))
        return false;
    if (moved)
        warn_of_moved(x, action);
    *to_send = true;
    return true;
}

/* An apply died, or gave up, before it knew what became of its shift, and that a moment ago. */
static bool may_be_undone(const struct execution *x)
{
    for (size_t i = 0; i < x->state->record_count; i++) {
        const struct record *record = &x->state->records[i];
        bool unknown = record->phase == PHASE_INTENDED || record->phase == PHASE_SENT;
        if (record->direction == FORWARD && record->kind == ACTION_SHIFT && unknown &&
            wall_now(x) - record->started_at < MAY_LAND_MS)
            return true;
    }
    return false;
}

/* Unread: what was read last, if anything, only has to leave somebody to take the traffic. */
static bool can_take_it(struct execution *x, const struct action *action)
{
    struct judgement in = judgement_of(x, action);
    if (!(x->live.known & FACT_HEALTH_SOURCE))
        return true;
    struct standing standing =
        precondition_judge(precondition_find("source-healthy", &x->plan->file, &x->texts), &in);
    return !standing_blocks(&standing) || end_blocked(x, action, &standing);
}

bool carry_out(struct execution *x, const struct action *action, struct record **record)
{
    const struct routing *maybe;
    struct transit t = {.action = action, .record = find_record(x, action)};
    bool to_send = true, unread = is_inverse_shift(x, action) && x->executor->skip_read;
    t.may_be_out = t.record && t.record->sent && t.record->phase != PHASE_DONE;
    state_expected_routing(x->state, &maybe);
    t.always = is_inverse_shift(x, action) && maybe;
    t.may_be_undone = is_inverse_shift(x, action) && may_be_undone(x);
    bool going = (unread ? can_take_it(x, action) : decide(x, &t, &to_send)) &&
                 (!to_send || send_and_read_back(x, &t));
    *record = t.record;
    return going;
}

bool run_shift(struct execution *x, const struct action *action)
{
    struct record *record;
    return carry_out(x, action, &record);
}
