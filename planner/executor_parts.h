/*
 * What the executor's parts share. Private to executor*.c.
 *
 * Functions that answer bool answer "go on": after `false` the run has ended and `out` says how and
 * why (end_run, fail_run), unless their comment says otherwise.
 */
#ifndef PLANNER_EXECUTOR_PARTS_H
#define PLANNER_EXECUTOR_PARTS_H

#include "planner/drain.h"
#include "planner/executor.h"
#include "planner/precondition.h"
#include "planner/transition.h"

/* What a record says whose answer never came, but which live agrees with. */
#define LOST_ANSWER_NOTE "no answer came; live was read and is as wanted"

/* An instant of the wall clock, which follows that clock when it goes forward. When it is set back
 * the monotonic clock's says how long at most. */
struct deadline {
    int64_t wall, monotonic;
};

struct execution {
    struct executor *executor;
    const struct plan *plan;
    struct state *state;
    struct outcome *out;

    struct snapshot live; /* as last observed */
    unsigned asked;       /* the facts that were asked for then */
    int64_t observed_at;  /* monotonic */
    bool fresh;           /* no mutation was sent and no wait happened since */
    bool observed_once;
    struct error live_unread, metrics_unread; /* why the newest read failed; ERROR_NONE: not */
    int64_t clock_ahead; /* the wall clock of the monotonic one, when it was last looked at */

    struct arena routing_arena;
    struct routing routing; /* the default action as last read; see out->live_read_at */
    bool sent_since_read;   /* it may be another by now */

    struct arena texts;          /* sentences that live as long as the run */
    struct text seen;            /* what a wait saw last: made anew by every look */
    bool held_to_record;         /* live was compared with plan or records */
    bool told_of_broken_journal; /* only an inverse run goes on with one */

    enum wish wish;               /* heard, and not yet acted upon */
    bool judged;                  /* the minutes before this run, where there are any */
    struct check_results answers; /* asked before the shift that is next */
    int64_t samples_read_at;      /* wall: by this run; 0: not yet */
    struct health_looks health;   /* of the target */
    struct check_results checks;  /* as last asked in a hold or drain */
    unsigned asks;                /* so often */
    struct arena check_texts[2];  /* of the last two */
    struct arena gate_texts;      /* of the newest verdicts */

    const char *left_behind; /* what an inverse run went on without; NULL: nothing */
};

/* ---- executor_report.c: what a run tells, makes durable and ends with ---- */

int64_t wall_now(const struct execution *x);
int64_t monotonic_now(const struct execution *x);
/* Fills in what every event has, and emits it. */
void tell(const struct execution *x, struct event event);
void tell_warning(const struct execution *x, const struct action *action, const char *text,
                  const struct error *error);
/* All always false. */
bool end_run(struct execution *x, enum run_end end, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool fail_run(struct execution *x, const struct error *err);
/* Where nothing could be told for sure: names the newest read that failed, which is what to mend.
 */
bool end_unsure(struct execution *x, enum run_end end, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void tell_of_broken_journal(struct execution *x, const struct error *err);
/* Makes what was recorded durable. An inverse run goes on when it cannot be, with a warning: its
 * origin is durable. */
must_use bool make_durable(struct execution *x);
/* Ends an action that was carried out, waited out or proven. */
must_use bool finish_action(struct execution *x, const struct action *action, struct record *record,
                            const char *text);

/* ---- executor_live.c: what live holds, and whether it is what it should be ---- */

/* Begins with what the plan was made from. */
void take_reading(struct execution *x, struct reading *reading);
/* Reads anew; *err says why not, and the run goes on. */
must_use bool try_observe(struct execution *x, unsigned facts, struct error *err);
/* Whether the snapshot is fresh, a few seconds old at most, and was asked for these. */
bool covers(const struct execution *x, unsigned facts);
/* Reads unless it covers. The first read of a run is of all that its mutations need, in one wave.
 */
must_use bool need(struct execution *x, unsigned facts);
/* The same; *err says why not, and the run goes on. */
must_use bool try_need(struct execution *x, unsigned facts, struct error *err);
/* A failure that a wait outlasts: the network, a service that is overloaded. */
bool is_passing(const struct error *err);
/* Ends the run; the text says what was recorded, what is live and what is wanted. Always false. */
bool end_drifted(struct execution *x, const struct action *action, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* How the listener as last read is not what the records say, and what is wanted of it from this
 * action on (NULL: nothing more); NULL: it is. */
const char *moved_listener(struct execution *x, const struct action *action);
/* Forward only: live must be what the plan was made on, or what the records say. */
must_use bool hold_to_record(struct execution *x, const struct action *action);
/* The same, as far as it can be read: what never ends well may be somebody else's doing, and then
 * the run ends as that. */
must_use bool is_as_it_was(struct execution *x, const struct action *action);
/* What preconditions are judged on now. */
struct judgement judgement_of(struct execution *x, const struct action *action);
/* Always false. */
bool end_blocked(struct execution *x, const struct action *action, const struct standing *standing);
/* Asks the checks that stand before the action. An answer may take so long that live has to be read
 * again. */
must_use bool ask_checks_before(struct execution *x, const struct action *action);
/* The action's own blocking preconditions. */
must_use bool judge_action(struct execution *x, const struct action *action);

/* ---- executor_mutate.c: the transition protocol ---- */

/*
 * Brings live to action->after: re-read, compare, intent, send, read back, outcome. A shift is then
 * recorded as done. A scale is in PHASE_SENT, since it is still waited for; *record is NULL, or
 * done, where live already had the count and nothing was sent.
 */
must_use bool carry_out(struct execution *x, const struct action *action, struct record **record);

/* ---- executor_scale.c, _shift.c, _hold.c, _drain.c, _baseline.c: the kinds ---- */

must_use bool run_scale(struct execution *x, const struct action *action);
must_use bool run_shift(struct execution *x, const struct action *action);
must_use bool run_baseline(struct execution *x, const struct action *action);
must_use bool run_hold(struct execution *x, const struct action *action);
must_use bool run_drain(struct execution *x, const struct action *action);

/* ---- executor_watch.c: what is looked at while the traffic is on the target ---- */

enum { VIGIL_EVERY_MS = 30 * 1000 }; /* between two looks at live */

/* A hold, a drain, or (action NULL) the minutes that passed while nobody ran. */
struct vigil {
    const struct action *action;
    bool gated; /* live is looked at and the gates are judged; else only minutes are measured */
    int64_t started_at;  /* wall */
    struct deadline end; /* of a hold */
    int64_t began;       /* monotonic: this run's watching */
    int64_t quiet_since; /* of a drain: the first minute that counts */

    /* as last seen */
    int64_t looked_at; /* wall: at live */
    int64_t minute;    /* wall: the one that was measured in */
    bool measured;     /* the newest measurement was had */
    struct gate_report report;
    enum gate_verdict told[GATE_COUNT];
    struct drain drain;
    bool has_drain;
    const char *text; /* of a drain: the look in a few words */
    bool cut_short;   /* who sits at the terminal wants it to end here */
    bool warned_of_metrics, warned_of_live;
};

void vigil_begin(struct vigil *v, struct execution *x, const struct action *action);
/* Reads, measures in each new minute (and where it is the last look), judges, tells. Ends the run
 * as drift when the weights were moved, and as failed when a gate fails. */
must_use bool vigil_look(struct execution *x, struct vigil *v, bool last);
/* Until the next look is due, or it was cut short. */
must_use bool vigil_wait(struct execution *x, struct vigil *v);
/* Once it is over: nothing goes forward while somebody is asked whether it is to go back. */
must_use bool vigil_hear_out(struct execution *x, const struct vigil *v);
/* The record of a hold or drain that is under way, and its sums; begun anew where the last one
 * ended without being done. */
struct record *vigil_record(struct execution *x, const struct action *action, int64_t first_at);
/* Once a run, before the first thing that it sends: judges what passed while nobody ran. */
must_use bool judge_missed(struct execution *x, const struct action *action);
/* What an unaccepted failure of an earlier run means for this one. */
must_use bool heed_failure(struct execution *x);

/* ---- executor_wait.c ---- */

/* Whether somebody wants the run to stop: a signal, or a revert that waits for the lock. */
bool is_wanted_to_stop(const struct execution *x);
/* Ends the run when somebody does: asked before every mutation and in every wait. */
must_use bool go_on(struct execution *x);

struct deadline deadline_at(const struct execution *x, int64_t wall);
/* 0: it has passed. */
int64_t deadline_left(const struct execution *x, const struct deadline *deadline);

/* Waits in slices, so that a request to stop is heard: one, of `left_ms` at most; and all. */
must_use bool wait_slice(struct execution *x, int64_t left_ms);
must_use bool wait_for(struct execution *x, int64_t ms);
/* Keeps what the operator wants until somebody acts upon it. */
void hear_wish(struct execution *x);
/* Whether they want the traffic back, and there is some to take; and the run's end for it, which is
 * always false. */
bool is_recalled(const struct execution *x);
bool end_recalled(struct execution *x);
/* At the end of a run: it outlasts whatever else ended it. */
void recall_all_the_same(struct execution *x);

/* The newest done shift of this pass; NULL: none. When it was read back; 0: none. */
const struct record *last_shift(const struct execution *x);
int64_t last_shift_at(const struct execution *x);
/* Measures the newest minutes, where there are any, into the state's samples. False when they
 * cannot be had, which is warned of once (*warned) and ends nothing. */
bool sample(struct execution *x, const struct action *action, bool *warned);

#endif
