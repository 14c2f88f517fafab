#include "tests/fault/schedule.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    POINTS_MOST = 20000, /* of one schedule: more is a loop without an end */
    STACK = 1 << 20,
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
}

static unsigned choose(struct schedule *s, unsigned options)
{
    assert(s->count < SCHEDULE_CHOICES);
    struct choice *choice = &s->choices[s->count++];
    if (s->count > s->known)
        *choice = (struct choice){0, (unsigned char)options};
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
}

/* ---- what the parties call ---- */

static void note(struct schedule *s, int party, char kind)
{
    text_addf(&s->trace, "%c:%c ", 'A' + party, kind);
    s->points++;
    assert(s->points < POINTS_MOST);
}

void schedule_point(struct schedule *s, int party, char kind, bool shared)
{
    const struct party *other = &s->parties[!party];
    pthread_mutex_lock(&s->lock);
    if (shared && other->is != PARTY_ENDED && s->preemptions < s->preemptions_most &&
        choose(s, 2) == 1) {
        s->preemptions++;
        text_add(&s->trace, "| ");
        hand_over(s, party, other->number);
    }
    note(s, party, kind);
    pthread_mutex_unlock(&s->lock);
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

void schedule_wait(struct schedule *s, int party, int64_t ms)
{
    struct party *me = &s->parties[party], *other = &s->parties[!party];
    pthread_mutex_lock(&s->lock);
    note(s, party, 'w');
    me->until = s->now(s->self) + ms;
    me->is = PARTY_WAITS;
    if (gives_way(s, me, other)) {
        hand_over(s, party, other->number);
    } else {
        if (other->stalled)
            text_add(&s->trace, "~ ");
        s->advance_to(s->self, me->until);
        me->is = PARTY_READY;
    }
    pthread_mutex_unlock(&s->lock);
}
