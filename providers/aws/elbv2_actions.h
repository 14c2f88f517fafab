/* What elbv2_listeners.c and elbv2_rules.c share: the reading of an action list. */
#ifndef PROVIDERS_AWS_ELBV2_ACTIONS_H
#define PROVIDERS_AWS_ELBV2_ACTIONS_H

#include "planner/routing.h"
#include "providers/aws/answer.h"

/* The list of actions at a path of a listener or a rule. One without actions, or with an action
 * without a type, is a failure. */
void elbv2_read_actions(struct answer *a, struct routing *out, const struct xml_node *node,
                        const char *path);

#endif
