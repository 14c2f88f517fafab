/*
 * A command is played once, and at each of its points (tests/sim/sim.h) what would be left if the
 * process died there goes on in a copy of its own: an apply and a revert, each played to its end,
 * and killed in turn at each of its own points while kills are left.
 *
 * The process is gone before a point's effect, or behind the last one: behind a point is before the
 * next, since nothing lasts but what port calls do (kills.c holds that against real deaths). Two
 * kills that leave the same instant, the same history of the world and the same bytes in the store
 * have the same future, so it is told once; both count.
 *
 * A wait asks every other second whether somebody wants it to stop. Between two of those questions
 * nothing passes but time: the third call of such a row and those behind it are its *repeats*. They
 * may be sampled while everything else is exhausted.
 */
#ifndef TESTS_FAULT_KILL_TREE_H
#define TESTS_FAULT_KILL_TREE_H

#include "planner/base/digest.h"
#include "tests/sim/cutover.h"
#include "tests/sim/ledger.h"

enum way { WAY_PLAN, WAY_APPLY, WAY_REVERT };

/* What else happens in the first command, at one of its points, before it is killed behind that. */
enum disturbance {
    UNDISTURBED,
    BY_SIGNAL,
    BY_REVERT, /* somebody else's: a request to stop */
    BY_KEY_R,
    BY_KEY_C,
    BY_KEY_P,
    DISTURBANCES
};

struct scene;

/* What a tale is of. */
struct kill_story {
    const char *name, *yaml;
    bool until_shifted;
    bool saved; /* apply runs a saved plan */
    void (*set_up)(struct world_setup *setup);
    void (*before)(struct rehearsal *r); /* what was before the first command; NULL: nothing */
    enum way way;                        /* the first command */
};

/* One in so many, by the digest of what they leave behind; 1: all, 0: none. */
struct kill_sample {
    unsigned firsts;        /* points of the first command that are no repeats */
    unsigned first_repeats; /* of its repeats */
    unsigned seconds, second_repeats;
    unsigned disturbed, disturbed_repeats; /* points where the first is disturbed */
    unsigned disturbed_kills; /* then killed in what follows; but behind the key r everywhere */
    unsigned kills_behind;    /* so often, there and in what recovers from that */
};

struct kill_counts {
    unsigned long points, points_told, repeats, repeats_told;
    unsigned long pairs, pairs_told, pair_repeats, pair_repeats_told;
    unsigned long disturbed, disturbed_kills, disturbed_pairs;
    unsigned long worlds, ends;
    unsigned lost, doubled;
    unsigned long unheard; /* keys pressed when nobody listened any more */
};

enum { KILL_STEPS_MAX = 4, KILL_KINDS = 32 };

struct kill_step {
    enum way way;
    enum disturbance disturbance;
    unsigned disturbed_at, killed_at; /* points; 0: not */
};

struct kill_tale {
    const struct kill_story *story;
    struct kill_sample sample;
    struct kill_counts counts;
    /* Judges a command that came to its end, in the scene as it was before and as it is now. */
    void (*judge)(struct kill_tale *tale, const struct scene *before, struct scene *after,
                  enum way way, enum run_end end);
    void *user;

    struct kill_step steps[KILL_STEPS_MAX];
    size_t step_count;
    unsigned failures;
    struct kill_seen *seen;
};

/* A world, what is stored in it, and the books of both. */
struct scene {
    struct kill_tale *tale;
    struct rehearsal r;
    struct ledger ledger;

    /* the command that is played in it */
    struct kill_step *step;
    unsigned kills_left;
    unsigned polls;                                               /* in a row */
    unsigned long *points, *points_told, *repeats, *repeats_told; /* where they count */
};

void scene_begin(struct scene *scene, struct kill_tale *tale);
void scene_copy(struct scene *scene, struct scene *from);
void scene_end(struct scene *scene);
/* Plays one command to its end, or to its death where the sim has been told of one. */
enum run_end scene_run(struct scene *scene, enum way way);
/* What decides how it goes on. */
void scene_key(struct scene *scene, unsigned char key[DIGEST_SIZE]);

/* Tells all of it: killed at every point, and `kills` times in all. */
void kill_tell(struct kill_tale *tale, unsigned kills);
void kill_wrong(struct kill_tale *tale, const struct scene *scene, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
