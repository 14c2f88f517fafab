/*
 * What a cutover is about: one deployment's cluster, load balancer, listener, and its two arms.
 * Names come from the plan file; ARNs are what AWS answered for them. A subject without ARNs is
 * "cold": observing it costs three dependent waves; with them it costs one.
 */
#ifndef PLANNER_SUBJECT_H
#define PLANNER_SUBJECT_H

#include <stdbool.h>

#include "planner/base/arena.h"
#include "planner/base/json.h"

enum arm { ARM_SOURCE, ARM_TARGET, ARM_COUNT };

const char *arm_name(enum arm arm); /* "source", "target" */

struct arm_subject {
    const char *service;      /* ECS service name */
    const char *service_arn;  /* NULL while cold */
    const char *target_group; /* name */
    const char *target_group_arn;
};

struct subject {
    const char *region;
    const char *account; /* the twelve digits in the ARNs; NULL while cold */
    const char *stage;   /* for the replayer's metrics; may be NULL */
    const char *cluster; /* name */
    const char *cluster_arn;
    const char *load_balancer; /* name */
    const char *load_balancer_arn;
    int listener_port; /* the plan file's, 0 when it names none; once resolved, the listener's */
    const char *listener_arn;
    struct arm_subject arms[ARM_COUNT];
};

bool subject_is_resolved(const struct subject *subject);              /* every ARN is there */
bool subject_equal(const struct subject *a, const struct subject *b); /* by ARNs */
/* The first ARN that differs: its key ("listener_arn") and both values, which may be NULL. NULL
 * when the two are equal. */
const char *subject_difference(const struct subject *a, const struct subject *b, const char **of_a,
                               const char **of_b);
void subject_copy(struct subject *out, struct arena *arena, const struct subject *from);

/* Parts of an ARN, borrowed from `arena`; "" when the ARN has no such part. */
const char *arn_account(struct arena *arena, const char *arn);
/* CloudWatch's dimension values: "app/NAME/ID" of a load balancer's ARN, "targetgroup/NAME/ID" of a
 * target group's. */
const char *arn_dimension(struct arena *arena, const char *arn);
/* The name a person knows it by: NAME of .../NAME/ID for load balancers and target groups, the
 * last part of a service's. The ARN itself when it has no such shape. */
const char *arn_resource_name(struct arena *arena, const char *arn);

void subject_write_json(struct json_writer *w, const char *key, const struct subject *subject);
must_use bool subject_read_json(struct subject *out, struct arena *arena, const struct json *value,
                                struct error *err);

#endif
