#include "tests/sim/ledger.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/shelf.h"

/* ---- findings ---- */

static void add_wrong(struct ledger *ledger, unsigned *count, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void add_wrong(struct ledger *ledger, unsigned *count, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    text_vaddf(&ledger->wrong, format, ap);
    va_end(ap);
    text_add_char(&ledger->wrong, '\n');
    ++*count;
}

bool ledger_is_clean(const struct ledger *ledger)
{
    return !ledger->lost && !ledger->doubled && !ledger->wrong.len;
}

/* ---- comparing ---- */

static bool is_of(const struct record *record, const struct mutation *mutation)
{
    if (mutation->kind == MUTATION_COUNT)
        return record->kind == ACTION_SCALE && record->arm == mutation->arm &&
               record->after.count == mutation->count;
    return record->kind == ACTION_SHIFT &&
           routing_identical(&record->after.routing, mutation->routing);
}

static bool are_alike(const struct mutation *a, const struct mutation *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == MUTATION_COUNT)
        return a->arm == b->arm && a->count == b->count;
    return routing_identical(a->routing, b->routing);
}

static bool is_in_effect(const struct ledger *ledger, const struct sending *sending)
{
    const struct mutation *what = &sending->what;
    if (what->kind == MUTATION_COUNT)
        return ledger->sim->world->services[what->arm].desired == what->count;
    struct arena arena = {0};
    struct routing live = sim_routing(ledger->sim, &arena);
    bool equal = sending->direction == FORWARD ? routing_equal(&live, what->routing)
                                               : routing_identical(&live, what->routing);
    arena_clear(&arena);
    return equal;
}

/* ---- what is sent and carried out ---- */

static const struct record *find_intent(const struct state *known, const struct mutation *mutation)
{
    for (size_t i = known ? known->record_count : 0; i-- > 0;) {
        const struct record *record = &known->records[i];
        if (record->phase == PHASE_INTENDED && record->sent && is_of(record, mutation))
            return record;
    }
    return NULL;
}

static void sends(void *self, const struct mutation *mutation)
{
    struct ledger *ledger = self;
    ledger_bring_up(ledger);
    const struct record *intent = find_intent(ledger->known, mutation);
    struct routing *copy = arena_alloc(&ledger->arena, sizeof *copy);
    if (mutation->routing)
        routing_copy(copy, &ledger->arena, mutation->routing);
    struct sending *sending = arena_append(&ledger->arena, &ledger->sendings,
                                           &ledger->sending_count, sizeof *ledger->sendings);
    *sending = (struct sending){.what = *mutation, .sent_at = ledger->sim->now};
    sending->what.routing = mutation->routing ? copy : NULL;
    text_addf(&ledger->history, "sent %d %lld at %lld\n", (int)mutation->kind,
              (long long)mutation->count, (long long)ledger->sim->now);
    if (!intent)
        add_wrong(ledger, &ledger->lost, "lost: sent without a durable intent");
    else
        sending->direction = intent->direction;
}

static void answers(void *self)
{
    struct ledger *ledger = self;
    ledger->sendings[ledger->sending_count - 1].answered = true;
}

/* What lands late is the oldest that is still out, else it is the one just sent. */
static struct sending *find_sending(struct ledger *ledger, const struct mutation *mutation,
                                    bool late)
{
    size_t from = late || !ledger->sending_count ? 0 : ledger->sending_count - 1;
    for (size_t i = from; i < ledger->sending_count; i++) {
        struct sending *sending = &ledger->sendings[i];
        if (!sending->done_at && are_alike(&sending->what, mutation))
            return sending;
    }
    return NULL;
}

static bool was_done_in_this_pass(const struct ledger *ledger, const struct sending *sending)
{
    for (size_t i = (size_t)(sending - ledger->sendings); i-- > 0;) {
        const struct sending *earlier = &ledger->sendings[i];
        if (earlier->done_at && earlier->direction != sending->direction)
            return false;
        if (earlier->done_at && are_alike(&earlier->what, &sending->what))
            return true;
    }
    return false;
}

static bool was_left_unanswered(const struct ledger *ledger, const struct sending *sending)
{
    for (const struct sending *earlier = ledger->sendings; earlier < sending; earlier++)
        if (!earlier->answered && are_alike(&earlier->what, &sending->what))
            return true;
    return false;
}

static void carries_out(void *self, const struct mutation *mutation, bool late)
{
    struct ledger *ledger = self;
    struct sending *sending = find_sending(ledger, mutation, late);
    if (!sending) {
        add_wrong(ledger, &ledger->lost, "lost: carried out what was never sent");
        return;
    }
    bool again = is_in_effect(ledger, sending) || was_done_in_this_pass(ledger, sending);
    bool allowed =
        sending->direction == INVERSE && (ledger->unknown || was_left_unanswered(ledger, sending));
    sending->done_at = ledger->sim->now;
    sending->late = late;
    text_addf(&ledger->history, "done %zu at %lld\n", (size_t)(sending - ledger->sendings),
              (long long)ledger->sim->now);
    ledger->late += late;
    if (again && !late && !allowed)
        add_wrong(ledger, &ledger->doubled, "doubled: %s sent again though it was in effect",
                  mutation->kind == MUTATION_COUNT ? "a count" : "a routing");
}

unsigned ledger_carried_out(const struct ledger *ledger, enum direction direction)
{
    unsigned n = 0;
    for (size_t i = 0; i < ledger->sending_count; i++)
        n += ledger->sendings[i].done_at && ledger->sendings[i].direction == direction;
    return n;
}

/* ---- what is stored ---- */

static bool is_kept(const struct record *was, const struct record *is)
{
    return was->run == is->run && was->direction == is->direction && was->kind == is->kind &&
           was->arm == is->arm && was->started_at == is->started_at &&
           strcmp(was->address, is->address) == 0 && was->after.count == is->after.count &&
           (was->kind != ACTION_SHIFT ||
            routing_identical(&was->after.routing, &is->after.routing));
}

static bool has_outcome(const struct record *record)
{
    return record->phase == PHASE_DONE || record->phase == PHASE_REFUSED;
}

static void compare_records(struct ledger *ledger, const struct state *was, const struct state *is)
{
    for (size_t i = 0; i < was->record_count; i++) {
        const struct record *old = &was->records[i];
        if (i >= is->record_count || !is_kept(old, &is->records[i]))
            add_wrong(ledger, &ledger->lost, "lost: the record of %s", old->address);
        else if (has_outcome(old) && is->records[i].phase != old->phase)
            add_wrong(ledger, &ledger->lost, "lost: the outcome of %s, which was %s", old->address,
                      phase_name(old->phase));
    }
}

static void compare_states(struct ledger *ledger, const struct state *was, const struct state *is)
{
    if (is->serial <= was->serial)
        add_wrong(ledger, &ledger->lost, "lost: serial %lld after %lld", (long long)is->serial,
                  (long long)was->serial);
    if (is->run_count < was->run_count || is->has_baseline < was->has_baseline)
        add_wrong(ledger, &ledger->lost, "lost: a run, or the baseline");
    if (state_changed_anything(was) &&
        (!routing_identical(&was->origin.routing, &is->origin.routing) ||
         memcmp(was->origin.desired, is->origin.desired, sizeof was->origin.desired) != 0))
        add_wrong(ledger, &ledger->lost, "lost: the origin was overwritten");
    compare_records(ledger, was, is);
}

static void let_go(struct ledger *ledger)
{
    if (!ledger->is_known_elsewhere)
        shelf_give_back(ledger->known);
    ledger->known = NULL;
    ledger->is_known_elsewhere = false;
}

static void stores(void *self)
{
    struct ledger *ledger = self;
    ledger->is_behind = true;
}

void ledger_bring_up(struct ledger *ledger)
{
    const struct text *bytes = &ledger->sim->stored;
    const struct state *is, *was = ledger->known;
    struct error err;
    if (!ledger->is_behind)
        return;
    ledger->is_behind = false;
    is = shelf_take(bytes, &err);
    if (!is) {
        add_wrong(ledger, &ledger->lost, "lost: what is stored cannot be read: %s", err.message);
        return;
    }
    if (was && was->ended && !is->ended)
        ledger->sending_count = 0; /* another lineage */
    else if (was)
        compare_states(ledger, was, is);
    let_go(ledger);
    ledger->known = is;
}

/* ---- both ---- */

static bool is_recorded(const struct state *known, const struct sending *sending)
{
    for (size_t i = 0; known && i < known->record_count; i++) {
        const struct record *record = &known->records[i];
        if (record->direction == sending->direction && record->sent &&
            record->phase != PHASE_REFUSED && is_of(record, &sending->what))
            return true;
    }
    return false;
}

/* Between its record's beginning and its outcome; a request that is out may land in either. */
static bool was_carried_out(const struct ledger *ledger, const struct record *record)
{
    for (size_t i = 0; i < ledger->sending_count; i++) {
        const struct sending *sending = &ledger->sendings[i];
        if (sending->done_at && sending->direction == record->direction &&
            sending->done_at >= record->started_at &&
            (!record->ended_at || sending->done_at <= record->ended_at) &&
            is_of(record, &sending->what))
            return true;
    }
    return false;
}

static void check_record(struct ledger *ledger, const struct record *record)
{
    if (record->kind != ACTION_SCALE && record->kind != ACTION_SHIFT)
        return;
    /* A way back that was intended at the origin: nobody can tell whether it was sent, nor need. */
    bool indifferent = record->kind == ACTION_SHIFT &&
                       routing_identical(&record->before.routing, &record->after.routing);
    bool done = was_carried_out(ledger, record);
    if (record->phase == PHASE_DONE && record->sent && !done && !indifferent)
        add_wrong(ledger, &ledger->lost, "lost: %s is recorded as done and was never carried out",
                  record->address);
    if (record->phase == PHASE_REFUSED && done)
        add_wrong(ledger, &ledger->lost, "lost: %s is recorded as refused and was carried out",
                  record->address);
    if (!has_outcome(record))
        ledger->unknown = true;
}

void ledger_reconcile(struct ledger *ledger)
{
    ledger_bring_up(ledger);
    const struct state *known = ledger->known;
    ledger->unknown = false;
    for (size_t i = 0; i < ledger->sending_count; i++)
        if (ledger->sendings[i].done_at && !is_recorded(known, &ledger->sendings[i]))
            add_wrong(ledger, &ledger->lost,
                      "lost: the store does not know of what was carried out");
    for (size_t i = 0; known && i < known->record_count; i++)
        check_record(ledger, &known->records[i]);
}

void ledger_key(const struct ledger *ledger, struct text *out)
{
    text_addf(out, "now %lld\n", (long long)ledger->sim->now);
    text_add_bytes(out, text_cstr(&ledger->history), ledger->history.len);
    text_add_bytes(out, text_cstr(&ledger->sim->stored), ledger->sim->stored.len);
}

/* ---- all of it ---- */

void ledger_init(struct ledger *ledger, struct sim *sim)
{
    *ledger = (struct ledger){.sim = sim};
    sim->watch = (struct watch){ledger, sends, carries_out, answers, stores};
}

void ledger_copy(struct ledger *ledger, const struct ledger *from, struct sim *sim)
{
    assert(!from->is_behind);
    ledger_init(ledger, sim);
    ledger->known = from->known;
    ledger->is_known_elsewhere = true;
    ledger->unknown = from->unknown;
    for (size_t i = 0; i < from->sending_count; i++) {
        struct sending *sending = arena_append(&ledger->arena, &ledger->sendings,
                                               &ledger->sending_count, sizeof *ledger->sendings);
        *sending = from->sendings[i];
    }
    text_add_bytes(&ledger->history, text_cstr(&from->history), from->history.len);
}

void ledger_clear(struct ledger *ledger)
{
    let_go(ledger);
    text_clear(&ledger->wrong);
    text_clear(&ledger->history);
    arena_clear(&ledger->arena);
    ledger->sim->watch = (struct watch){0};
}
