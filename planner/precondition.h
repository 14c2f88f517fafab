/*
 * The preconditions: one table (precondition.c), pure judges. The planner evaluates all of them;
 * the executor evaluates an action's blocking ones again right before it.
 */
#ifndef PLANNER_PRECONDITION_H
#define PLANNER_PRECONDITION_H

#include "planner/base/text.h"
#include "planner/plan.h"

enum { BLOCK = 1, WARN = 0 };

struct precondition;

struct judgement {           /* what a judge may look at */
    const struct plan *plan; /* its actions tell what is deferred */
    const struct planfile *file;
    const struct snapshot *live;
    const struct state *state; /* NULL: none */
    const struct surroundings *around;
    const struct action *action; /* the executor's, right before it; NULL when planning */
    const struct precondition *row;
    struct arena *arena; /* for texts */
};

struct precondition {
    const char *id;      /* stable: `allow` names it */
    int severity;        /* BLOCK or WARN */
    unsigned kinds;      /* bits 1 << enum action_kind that it guards */
    unsigned directions; /* bits 1 << enum direction */
    unsigned facts;      /* what it reads */
    bool waivable;
    int runbook_step; /* 0: none */
    const char *asks; /* "the capture proxy runs at least min_count tasks" */
    const char *mend; /* what to do when it does not hold */
    /* Writes what was observed. Facts that it needs and that are not known never reach it: that is
     * VERDICT_UNKNOWN, decided in one place. */
    enum verdict (*judge)(const struct judgement *in, struct text *observed);
};

extern const struct precondition preconditions[];
extern const size_t precondition_count;

/* The table's row, or that of the file's check of this name, made in `arena`; NULL: there is none.
 */
const struct precondition *precondition_find(const char *id, const struct planfile *file,
                                             struct arena *arena);
/* 1 waivable, 0 known but not waivable, -1 unknown: what planfile_read asks. */
int precondition_waivable(const char *id);

/* Whether the row guards this action of this plan (partial shifts, first runs included). */
bool precondition_guards(const struct precondition *row, const struct plan *plan,
                         const struct action *action);
/* One row against live; the text and a waiver live in in->arena. */
struct standing precondition_judge(const struct precondition *row, const struct judgement *in);

/* Fills plan->standings from the whole table, and behind it a row for each of the file's checks. */
void preconditions_judge_plan(struct plan *plan, const struct judgement *in);
/* The first blocking row that an action meets now, into *out; false when none blocks. */
bool preconditions_block_action(struct standing *out, const struct judgement *in);
/* Whether the file's checks guard it: then they are asked right before it. */
bool preconditions_include_checks(const struct plan *plan, const struct action *action);
/* Facts that the executor must read before an action: its kind's and its blocking rows'. */
unsigned preconditions_facts(const struct plan *plan, const struct action *action);

#endif
