/*
 * The reads that an observation consists of: what each needs, asks and fills. observe.c runs them
 * in waves and knows none of them by name.
 */
#ifndef PROVIDERS_AWS_OBSERVE_READS_H
#define PROVIDERS_AWS_OBSERVE_READS_H

#include <stdbool.h>
#include <stddef.h>

#include "planner/base/arena.h"
#include "planner/base/error.h"
#include "planner/base/text.h"
#include "planner/snapshot.h"
#include "providers/aws/cloudwatch.h"
#include "providers/aws/operation.h"

struct observation;
struct read;

enum read_needs {
    NEEDS_NOTHING,
    NEEDS_LOAD_BALANCER, /* its ARN */
    NEEDS_GROUP,         /* the ARN of the arm's target group */
    NEEDS_DIMENSIONS,    /* the load balancer's ARN, and the groups' as far as they exist */
};

struct read_kind {
    const struct aws_operation *operation;
    enum read_needs needs;
    void (*request)(struct text *body, struct observation *o, const struct read *read);
    /* Fills the snapshot from one page; sets read->marker to the next or NULL. */
    bool (*answer)(struct observation *o, struct read *read, const struct text *answer,
                   struct error *err);
    /* AWS says that it does not exist: what that means for the snapshot. NULL: an error. */
    void (*missing)(struct observation *o, struct read *read);
    const char *missing_code; /* how AWS's error code for that begins */
};

enum read_state { READ_WAITING, READ_SENT, READ_DONE, READ_FAILED };

struct read {
    const struct read_kind *kind;
    enum fact fact;
    unsigned which;     /* an arm, a mask of arms, or the index of a listener */
    const char *marker; /* the page to ask for; NULL: the first */
    unsigned pages;     /* read so far */
    enum read_state state;
};

struct observation {
    struct snapshot *out;
    bool chained;        /* rules are asked of listeners that are asked of a load balancer */
    unsigned facts;      /* to read: what was asked for, and what reading that needs */
    struct arena arena;  /* of the list of reads and of markers */
    struct read **reads; /* in `arena`; grows while answers come in */
    size_t read_count;
    struct cloudwatch_reading metrics;
};

/* The facts and those that they need, as far as the subject lacks their ARNs. */
unsigned observe_with_needs(unsigned facts, const struct subject *subject);

/* The reads of the facts, those of the rules apart: they follow from the listeners' answer. */
void observe_add_reads(struct observation *o);

/* What reads the fact; NULL: nothing does. */
const struct aws_operation *observe_operation(enum fact fact);

#endif
