#include "tests/fault/schedule.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    POINTS_MOST = 20000, /* of one schedule: more is a loop without an end */
    STACK = 1 << 20,
    TABLE = 1 << 10,
    MINUTE = 60000,
};

void schedule_init(struct schedule *s)
{
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->over, NULL);
    for (int i = 0; i < PARTIES; i++)
        pthread_cond_init(&s->parties[i].turn, NULL);
}

void schedule_clear(struct schedule *s)
{
    for (int i = 0; i < PARTIES; i++)
        pthread_cond_destroy(&s->parties[i].turn);
    pthread_cond_destroy(&s->over);
    pthread_mutex_destroy(&s->lock);
    text_clear(&s->trace);
    free(s->places);
    free(s->table);
}

void schedule_forget(struct schedule *s)
{
    s->known = s->place_count = s->table_size = 0;
    s->schedules = s->played = 0;
}

/* ---- what comes to the same ---- */

static uint64_t mix(uint64_t a, uint64_t b)
{
    a = (a ^ b) * 0x9e3779b97f4a7c15u;
    a = (a ^ (a >> 29)) * 0xbf58476d1ce4e5b9u;
    return a ^ (a >> 32);
}

/* Behind which calls of the other one it comes: the newest stands for those before it. */
static void touch_object(struct party *me, struct object *object, bool writes)
{
    int other = !me->number;
    if (object->written && object->writer == other)
        me->past = mix(me->past, object->written);
    me->past = mix(me->past, writes ? object->read[other] : 0);
    if (writes)
        *object = (struct object){.writer = me->number, .written = me->calls};
    else
        object->read[me->number] = me->calls;
}

static void note_call(struct schedule *s, int party, char kind, struct touch touch)
{
    struct party *me = &s->parties[party];
    me->calls++;
    me->past = mix(me->past, (uint64_t)(s->now(s->self) / MINUTE) << 8 | (unsigned char)kind);
    for (unsigned i = 0; i < OBJECTS_MOST; i++)
        if ((touch.reads | touch.writes) & 1u << i)
            touch_object(me, &s->objects[i], touch.writes & 1u << i);
}

void schedule_key(const struct schedule *s, uint64_t key[PARTIES + 1])
{
    key[PARTIES] = (uint64_t)(s->running + 1);
    for (int i = 0; i < PARTIES; i++) {
        const struct party *party = &s->parties[i];
        int64_t left = party->is == PARTY_WAITS ? party->until - s->now(s->self) : 0;
        key[i] = party->past;
        key[PARTIES] = mix(key[PARTIES], (uint64_t)left << 3 | party->stalled << 2 | party->is);
    }
}

static uint32_t *entry_of(const struct schedule *s, const uint64_t key[PARTIES + 1])
{
    uint64_t hash = 0;
    for (int i = 0; i <= PARTIES; i++)
        hash = mix(hash, key[i]);
    for (size_t at = hash % s->table_size;; at = (at + 1) % s->table_size)
        if (!s->table[at] ||
            memcmp(s->places[s->table[at] - 1].key, key, sizeof s->places->key) == 0)
            return &s->table[at];
}

static void make_room(struct schedule *s)
{
    if (2 * s->place_count < s->table_size)
        return;
    s->table_size = s->table_size ? 4 * s->table_size : TABLE;
    free(s->table);
    s->table = calloc(s->table_size, sizeof *s->table);
    s->places = realloc(s->places, s->table_size / 2 * sizeof *s->places);
    assert(s->table && s->places);
    for (size_t i = 0; i < s->place_count; i++)
        *entry_of(s, s->places[i].key) = (uint32_t)i + 1;
}

/* What leads on from here, with `used` pre-emptions, is among what leads on from each choice. */
static void add_schedules(struct schedule *s, unsigned used, unsigned long schedules)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct choice *choice = &s->choices[i];
        s->places[choice->place].schedules[used - choice->preemptions] += schedules;
    }
    s->schedules += schedules;
}

/* Whether all that can come from here was played. */
static bool was_here(struct schedule *s, size_t *at)
{
    uint64_t key[PARTIES + 1];
    unsigned left = s->preemptions_most - s->preemptions;
    make_room(s);
    schedule_key(s, key);
    uint32_t *entry = entry_of(s, key);
    bool found = *entry && !s->all;
    *at = found ? *entry - 1 : s->place_count++;
    struct place *place = &s->places[*at];
    if (found && place->left >= left) {
        for (unsigned i = 0; i <= left; i++)
            add_schedules(s, s->preemptions + i, place->schedules[i]);
        return true;
    }
    *place = (struct place){.left = left};
    memcpy(place->key, key, sizeof key);
    *entry = (uint32_t)*at + 1;
    return false;
}

/* ---- choices ---- */

static unsigned choose(struct schedule *s, unsigned options)
{
    assert(s->count < SCHEDULE_CHOICES);
    struct choice *choice = &s->choices[s->count];
    if (s->count >= s->known) {
        size_t place;
        s->cut = was_here(s, &place);
        if (s->cut)
            return 0;
        *choice = (struct choice){0, (unsigned char)options, (unsigned char)s->preemptions, place};
    }
    s->count++;
    assert(choice->options == options); /* the same choices give the same schedule */
    return choice->taken;
}

bool schedule_next(struct schedule *s)
{
    size_t n = s->count;
    while (n > 0 && s->choices[n - 1].taken + 1 == s->choices[n - 1].options)
        n--;
    if (n > 0)
        s->choices[n - 1].taken++;
    s->known = n;
    return n > 0;
}

/* ---- the baton ---- */

/* Under the lock. Returns when it is `from`'s turn again; from -1 does not wait for one. */
static void hand_over(struct schedule *s, int from, int to)
{
    struct party *next = &s->parties[to];
    if (next->is == PARTY_WAITS && next->until > s->now(s->self))
        s->advance_to(s->self, next->until);
    next->is = PARTY_READY;
    next->stalled = false;
    s->running = to;
    s->turn_to(s->self, to);
    pthread_cond_signal(&next->turn);
    while (from >= 0 && s->running != from)
        pthread_cond_wait(&s->parties[from].turn, &s->lock);
}

static void *be_a_party(void *self)
{
    struct party *me = self;
    struct schedule *s = me->schedule;
    struct party *other = &s->parties[!me->number];
    pthread_mutex_lock(&s->lock);
    while (s->running != me->number)
        pthread_cond_wait(&me->turn, &s->lock);
    pthread_mutex_unlock(&s->lock);
    s->body(s->self, me->number);
    pthread_mutex_lock(&s->lock);
    me->is = PARTY_ENDED;
    if (other->is == PARTY_ENDED) {
        s->running = -1;
        pthread_cond_signal(&s->over);
    } else {
        hand_over(s, -1, other->number);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

void schedule_play(struct schedule *s)
{
    s->count = s->preemptions = s->points = 0;
    s->running = -1;
    s->cut = false;
    memset(s->objects, 0, sizeof s->objects);
    text_cut(&s->trace, 0);
    pthread_attr_t small; /* of a stack: a sanitizer cleans all of it each time */
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, STACK);
    pthread_mutex_lock(&s->lock);
    for (int i = 0; i < PARTIES; i++) {
        struct party *party = &s->parties[i];
        party->schedule = s;
        party->number = i;
        party->is = PARTY_READY;
        party->stalled = false;
        party->calls = 0;
        party->past = 0;
        if (pthread_create(&party->thread, &small, be_a_party, party) != 0)
            abort();
    }
    hand_over(s, -1, s->alike ? 0 : (int)choose(s, PARTIES));
    while (s->parties[0].is != PARTY_ENDED || s->parties[1].is != PARTY_ENDED)
        pthread_cond_wait(&s->over, &s->lock);
    pthread_mutex_unlock(&s->lock);
    for (int i = 0; i < PARTIES; i++)
        pthread_join(s->parties[i].thread, NULL);
    pthread_attr_destroy(&small);
    s->played += !s->cut;
    if (!s->cut)
        add_schedules(s, s->preemptions, 1);
}

/* ---- what the parties call ---- */

static void note(struct schedule *s, int party, char kind, struct touch touch)
{
    text_addf(&s->trace, "%c:%c ", 'A' + party, kind);
    s->points++;
    assert(s->points < POINTS_MOST);
    note_call(s, party, kind, touch);
}

bool schedule_point(struct schedule *s, int party, char kind, struct touch touch)
{
    const struct party *other = &s->parties[!party];
    pthread_mutex_lock(&s->lock);
    if ((s->all || touch.reads || touch.writes) && !s->cut && other->is != PARTY_ENDED &&
        s->preemptions < s->preemptions_most && choose(s, 2) == 1) {
        s->preemptions++;
        text_add(&s->trace, "| ");
        hand_over(s, party, other->number);
    }
    bool goes_on = !s->cut;
    if (goes_on)
        note(s, party, kind, touch);
    pthread_mutex_unlock(&s->lock);
    return goes_on;
}

/* Whether the other one runs while this one waits. */
static bool gives_way(struct schedule *s, const struct party *me, struct party *other)
{
    if (other->is == PARTY_ENDED || other->stalled)
        return false;
    if (other->is == PARTY_READY) {
        other->stalled = choose(s, 2) == 1;
        return !other->stalled;
    }
    if (other->until != me->until)
        return other->until < me->until;
    bool late = s->preemptions < s->preemptions_most && choose(s, 2) == 1;
    s->preemptions += late;
    return !late;
}

static void wait_for_turn(struct schedule *s, struct party *me, int64_t ms)
{
    struct party *other = &s->parties[!me->number];
    note(s, me->number, 'w', (struct touch){0});
    me->until = s->now(s->self) + ms;
    me->is = PARTY_WAITS;
    bool gives = gives_way(s, me, other);
    if (gives && !s->cut) {
        hand_over(s, me->number, other->number);
    } else {
        if (other->stalled)
            text_add(&s->trace, "~ ");
        if (!s->cut)
            s->advance_to(s->self, me->until);
        me->is = PARTY_READY;
    }
}

bool schedule_wait(struct schedule *s, int party, int64_t ms, struct touch touch)
{
    pthread_mutex_lock(&s->lock);
    if (!s->cut)
        wait_for_turn(s, &s->parties[party], ms);
    bool goes_on = !s->cut;
    if (goes_on)
        note_call(s, party, 'W', touch);
    pthread_mutex_unlock(&s->lock);
    return goes_on;
}
