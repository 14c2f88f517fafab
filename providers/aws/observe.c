#include "providers/aws/observe.h"

#include <string.h>

#include "planner/base/time.h"
#include "providers/aws/observe_reads.h"

static struct error *why_unknown(struct observation *o, enum fact fact)
{
    unsigned bit = 0;
    while (1u << bit != (unsigned)fact)
        bit++;
    return &o->out->unknown[bit];
}

static void fail(struct observation *o, struct read *read, const struct error *why)
{
    struct error *kept = why_unknown(o, read->fact);
    read->state = READ_FAILED;
    if (kept->kind == ERROR_NONE)
        *kept = *why;
}

/* ---- what can go out ---- */

/* Every group's ARN is known, or AWS has said that there is none. */
static bool groups_are_settled(const struct observation *o)
{
    const struct arm_subject *arms = o->out->subject.arms;
    if (arms[ARM_SOURCE].target_group_arn && arms[ARM_TARGET].target_group_arn)
        return true;
    for (size_t i = 0; i < o->read_count; i++)
        if (o->reads[i]->fact == FACT_TARGET_GROUPS && o->reads[i]->state != READ_DONE)
            return false;
    return true;
}

static bool can_go_out(const struct observation *o, const struct read *read)
{
    const struct subject *s = &o->out->subject;
    if (read->state != READ_WAITING)
        return false;
    switch (read->kind->needs) {
    case NEEDS_NOTHING:
        return true;
    case NEEDS_LOAD_BALANCER:
        return s->load_balancer_arn != NULL;
    case NEEDS_GROUP:
        return s->arms[read->which].target_group_arn != NULL;
    case NEEDS_DIMENSIONS:
        return s->load_balancer_arn && groups_are_settled(o);
    }
    return false;
}

/* Nothing waits for its answer, while the rules wait for the listeners'. */
static bool is_aside(const struct observation *o, const struct read *read)
{
    return o->chained && read->kind->needs != NEEDS_NOTHING && read->fact != FACT_LISTENERS;
}

static bool needs_chain(unsigned facts, const struct subject *subject)
{
    return facts & FACT_RULES && !subject->load_balancer_arn;
}

/* Who asks for rules can wait: a plan, and what follows the last shift. A hold and the way back ask
 * for none. */
static bool is_patient(const struct observation *o)
{
    return o->facts & FACT_RULES;
}

/* How many connections the reads take at once: those that others wait for are kept and used again,
 * those aside have one each. */
static size_t connections_to(const struct observation *o, enum aws_service service)
{
    size_t now = 0, then = 0, aside = 0;
    for (size_t i = 0; i < o->read_count; i++) {
        const struct read *read = o->reads[i];
        if (read->kind->operation->service != service)
            continue;
        if (is_aside(o, read))
            aside++;
        else if (can_go_out(o, read))
            now++;
        else
            then++;
    }
    return (now > then ? now : then) + aside;
}

static void open_ahead(const struct observation *o, struct aws_client *client)
{
    for (enum aws_service service = 0; service < AWS_SERVICE_COUNT; service++) {
        size_t n = connections_to(o, service);
        if (n)
            aws_client_warm(client, service, n);
    }
}

void aws_observe_ahead(struct aws_client *client, const struct subject *subject, unsigned facts)
{
    struct snapshot s;
    snapshot_init(&s);
    struct observation o = {.out = &s};
    subject_copy(&s.subject, &s.arena, subject);
    o.facts = observe_with_needs(facts, subject);
    o.chained = needs_chain(o.facts, subject);
    observe_add_reads(&o);
    open_ahead(&o, client);
    arena_clear(&o.arena);
    snapshot_clear(&s);
}

/* A read on its way. The call comes first: it is what aws_next() gives back. */
struct flight {
    struct aws_call call;
    struct read *read; /* NULL: a place for another */
};

static void send(struct observation *o, struct flight *flight, struct read *read,
                 struct aws_client *client)
{
    flight->read = read;
    flight->call = aws_call_of(read->kind->operation);
    flight->call.aside = is_aside(o, read);
    flight->call.patient = is_patient(o);
    read->kind->request(&flight->call.body, o, read);
    read->state = READ_SENT;
    aws_start(client, &flight->call);
}

static void send_what_can_go_out(struct observation *o, struct flight flights[],
                                 struct aws_client *client)
{
    size_t place = 0;
    for (size_t i = 0; i < o->read_count; i++) {
        if (!can_go_out(o, o->reads[i]))
            continue;
        while (place < OBSERVE_SENT_MAX && flights[place].read)
            place++;
        if (place == OBSERVE_SENT_MAX)
            return;
        send(o, &flights[place], o->reads[i], client);
    }
}

/* ---- what came back ---- */

static bool says_missing(const struct read_kind *kind, const struct error *why)
{
    return kind->missing && text_starts(why->aws_code, kind->missing_code);
}

static void take(struct observation *o, struct read *read, struct aws_call *call)
{
    struct error err = {0};
    if (!call->ok && says_missing(read->kind, &call->error)) {
        read->state = READ_DONE;
        read->kind->missing(o, read);
        return;
    }
    if (!call->ok) {
        fail(o, read, &call->error);
        return;
    }
    if (!read->kind->answer(o, read, &call->answer, &err)) {
        memcpy(err.request_id, call->request_id, sizeof err.request_id);
        fail(o, read, &err);
        return;
    }
    if (!read->marker) {
        read->state = READ_DONE;
        return;
    }
    read->state = READ_WAITING;
    if (++read->pages == OBSERVE_PAGES_MAX) {
        error_set(&err, ERROR_SERVICE, "%s has more than %d pages", read->kind->operation->name,
                  OBSERVE_PAGES_MAX);
        fail(o, read, &err);
    }
}

/* ---- what is known in the end ---- */

/* Why a read that waited to the end could not go out. */
static void fail_blocked(struct observation *o, struct read *read)
{
    const struct subject *s = &o->out->subject;
    const struct error *balancer = why_unknown(o, FACT_LOAD_BALANCER);
    const struct error *groups = why_unknown(o, FACT_TARGET_GROUPS);
    struct error err = {0};
    if (read->kind->needs != NEEDS_GROUP && balancer->kind)
        err = *balancer;
    else if (read->kind->needs != NEEDS_LOAD_BALANCER && groups->kind)
        err = *groups;
    else if (read->kind->needs == NEEDS_GROUP)
        error_set(&err, ERROR_NOT_FOUND, "target group %s does not exist",
                  s->arms[read->which].target_group);
    else
        error_set(&err, ERROR_NOT_FOUND, "load balancer %s does not exist", s->load_balancer);
    fail(o, read, &err);
}

static bool all_done(const struct observation *o, enum fact fact)
{
    for (size_t i = 0; i < o->read_count; i++)
        if (o->reads[i]->fact == fact && o->reads[i]->state != READ_DONE)
            return false;
    return true;
}

/* What is not known must not look as if it were. */
static void forget_unknown(struct snapshot *s)
{
    if (!(s->known & FACT_LISTENERS)) {
        s->listeners = NULL;
        s->listener_count = 0;
    }
    for (size_t i = 0; i < s->listener_count && !(s->known & FACT_RULES); i++) {
        s->listeners[i].rules = NULL;
        s->listeners[i].rule_count = 0;
    }
    if (!(s->known & FACT_METRICS))
        s->recent = (struct series){0};
}

static void mark_known(struct observation *o)
{
    struct snapshot *s = o->out;
    for (unsigned bit = 0; bit < FACT_COUNT; bit++)
        if (o->facts & 1u << bit && all_done(o, (enum fact)(1u << bit)))
            s->known |= 1u << bit;
    if (o->facts & FACT_RULES && !(s->known & FACT_LISTENERS)) { /* their reads were never made */
        s->known &= ~(unsigned)FACT_RULES;
        *why_unknown(o, FACT_RULES) = *why_unknown(o, FACT_LISTENERS);
    }
    if (o->facts & FACT_AUTOSCALING) {
        s->known &= ~(unsigned)FACT_AUTOSCALING;
        error_set(why_unknown(o, FACT_AUTOSCALING), ERROR_NOT_YET,
                  "reading Application Auto Scaling is not available yet");
    }
}

/* `stopped` is why the waves ended early; NULL: they did not. */
static void conclude(struct observation *o, const struct error *stopped)
{
    struct snapshot *s = o->out;
    for (size_t i = 0; i < o->read_count; i++) {
        if (o->reads[i]->state != READ_WAITING)
            continue;
        if (stopped)
            fail(o, o->reads[i], stopped);
        else
            fail_blocked(o, o->reads[i]);
    }
    mark_known(o);
    forget_unknown(s);
    if (s->known & FACT_LISTENERS)
        snapshot_choose_listener(s);
    else if (s->known & FACT_LOAD_BALANCER && !s->load_balancer.found)
        s->why_no_listener =
            arena_printf(&s->arena, "load balancer %s does not exist", s->subject.load_balancer);
}

/* ---- the whole ---- */

static const char *noun(enum fact fact)
{
    switch (fact) {
    case FACT_SERVICES:
        return "the ECS services";
    case FACT_LOAD_BALANCER:
        return "the load balancer";
    case FACT_TARGET_GROUPS:
        return "the target groups";
    default:
        return "the listeners";
    }
}

/* The first part of the subject that was asked for and could not be read. */
static bool subject_failed(struct observation *o, unsigned asked, struct error *err)
{
    for (size_t i = 0; i < o->read_count; i++) {
        const struct read *read = o->reads[i];
        if (read->state != READ_FAILED || !(read->fact & asked & FACTS_SUBJECT))
            continue;
        const struct error *why = why_unknown(o, read->fact);
        if (why->kind == ERROR_NOT_FOUND && read->kind->needs != NEEDS_NOTHING)
            continue; /* its load balancer does not exist: that is an answer */
        *err = *why;
        error_context(err, "cannot read %s", noun(read->fact));
        return true;
    }
    return false;
}

/* No policy opens a region that the account has not enabled. */
static bool is_denied(const struct error *why)
{
    return why->kind == ERROR_ACCESS && !text_same(why->aws_code, "OptInRequired");
}

size_t aws_denied_actions(struct text *out, const struct snapshot *snapshot)
{
    const struct aws_operation *last = NULL;
    size_t n = 0;
    for (unsigned bit = 0; bit < FACT_COUNT; bit++) {
        const struct aws_operation *operation = observe_operation((enum fact)(1u << bit));
        if (!is_denied(&snapshot->unknown[bit]) || operation == last)
            continue; /* one operation reads the health of both groups */
        if (n++)
            text_add(out, ", ");
        aws_add_action(out, operation);
        last = operation;
    }
    return n;
}

/* One round for each action that a policy lacks is no way to write one. Always false. */
static bool name_all_denied(const struct snapshot *s, struct error *err)
{
    struct text actions = {0};
    if (is_denied(err) && aws_denied_actions(&actions, s) > 1)
        error_hint(err,
                   "allow all that was denied: %s; `switchover policy FILE` prints what the plan "
                   "file needs",
                   text_cstr(&actions));
    text_clear(&actions);
    return false;
}

static bool run_reads(struct observation *o, struct aws_client *client, unsigned asked,
                      struct error *err)
{
    struct flight flights[OBSERVE_SENT_MAX] = {{.read = NULL}};
    struct aws_call *call;
    bool going = true;
    send_what_can_go_out(o, flights, client);
    while ((call = aws_next(client))) {
        struct flight *flight = (struct flight *)(void *)call;
        take(o, flight->read, call);
        flight->read = NULL;
        aws_call_clear(call);
        going = going && (!subject_failed(o, asked, err) || is_denied(err));
        if (going)
            send_what_can_go_out(o, flights, client);
    }
    return !subject_failed(o, asked, err) || name_all_denied(o->out, err);
}

static void prepare_series(struct observation *o, int64_t now, int64_t recent_ms)
{
    const int64_t most = (int64_t)SERIES_MINUTES_MAX * MINUTE_MS;
    int64_t to = minute_floor(now);
    int64_t back = recent_ms < MINUTE_MS ? MINUTE_MS : recent_ms > most ? most : recent_ms;
    int64_t from = minute_floor(to - back);
    struct snapshot *s = o->out;
    series_init(&s->recent, &s->arena, from, (size_t)((to - from) / MINUTE_MS));
    o->metrics = (struct cloudwatch_reading){.series = &s->recent, .subject = &s->subject};
}

bool aws_observe(struct aws_client *client, const struct clock *clock, struct snapshot *out,
                 const struct subject *subject, unsigned facts, int64_t recent_ms,
                 struct error *err)
{
    struct observation o = {.out = out};
    struct subject asked; /* `subject` may live in the snapshot that is filled anew */
    subject_copy(&asked, &o.arena, subject);
    snapshot_clear(out);
    subject_copy(&out->subject, &out->arena, &asked);
    if (!out->subject.region)
        out->subject.region = arena_strdup(&out->arena, aws_client_region(client));

    o.facts = observe_with_needs(facts, &out->subject);
    if (o.facts & FACT_METRICS)
        prepare_series(&o, clock->wall(clock->self), recent_ms);
    o.chained = needs_chain(o.facts, &out->subject);
    observe_add_reads(&o);
    open_ahead(&o, client);
    bool ok = run_reads(&o, client, facts, err);
    conclude(&o, ok ? NULL : err);
    out->taken_at = clock->wall(clock->self);
    out->credentials_end_at = aws_client_credentials_end_at(client);
    arena_clear(&o.arena);
    return ok;
}
