/*
 * ELBv2 (Query protocol) without the listeners: load balancer, target groups, their health and
 * attributes, tags. Bodies of requests and readings of answers, no network. Bodies are appended to
 * an empty text; `marker` is NULL for the first page. Readings change what they fill only when all
 * of the answer was readable; texts live in `arena`; `next` is NULL on the last page.
 */
#ifndef PROVIDERS_AWS_ELBV2_H
#define PROVIDERS_AWS_ELBV2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "planner/base/arena.h"
#include "planner/base/error.h"
#include "planner/base/text.h"
#include "planner/snapshot.h"
#include "planner/subject.h"

/* By ARN where the subject has it, else by name. One that does not exist fails the request with
 * LoadBalancerNotFound. */
void elbv2_describe_load_balancer(struct text *body, const struct subject *subject,
                                  const char *marker);
must_use bool elbv2_read_load_balancer(struct load_balancer_snapshot *out, const char **next,
                                       struct arena *arena, const struct subject *subject,
                                       const struct text *answer, struct error *err);

/* The groups of the arms in the mask (1 << arm), in one request. One that does not exist fails the
 * request for all with TargetGroupNotFound, which does not say which it is. */
void elbv2_describe_groups(struct text *body, const struct subject *subject, unsigned arms,
                           const char *marker);
/* Fills the groups that the answer has; the others stay as they were. */
must_use bool elbv2_read_groups(struct group_snapshot *const out[ARM_COUNT], const char **next,
                                struct arena *arena, const struct subject *subject,
                                const struct text *answer, struct error *err);

void elbv2_describe_health(struct text *body, const char *group_arn);
/* Replaces the group's targets and their count by state. */
must_use bool elbv2_read_health(struct group_snapshot *group, struct arena *arena,
                                const struct text *answer, struct error *err);

void elbv2_describe_group_attributes(struct text *body, const char *group_arn);
must_use bool elbv2_read_group_attributes(struct group_snapshot *group, struct arena *arena,
                                          const struct text *answer, struct error *err);

void elbv2_describe_load_balancer_attributes(struct text *body, const char *load_balancer_arn);
must_use bool elbv2_read_load_balancer_attributes(struct load_balancer_snapshot *out,
                                                  struct arena *arena, const struct text *answer,
                                                  struct error *err);

void elbv2_describe_tags(struct text *body, const char *load_balancer_arn);
/* The stack that CloudFormation's own tag names. */
must_use bool elbv2_read_stack(struct load_balancer_snapshot *out, struct arena *arena,
                               const struct text *answer, struct error *err);

#endif
