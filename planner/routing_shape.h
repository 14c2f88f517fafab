/*
 * Whether the flattened members of a routing are one tree: what DescribeListeners answers always
 * is, and what ModifyListener and the AWS CLI take.
 */
#ifndef PLANNER_ROUTING_SHAPE_H
#define PLANNER_ROUTING_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "planner/routing.h"

/*
 * Every path is of letters, digits and dots; "member" and "entry" are followed by a number, nothing
 * else is; no path stands twice or below another; what holds numbered things holds nothing else;
 * an entry is a key and a value. The order does not matter.
 */
bool routing_shape_is_tree(const struct routing_member *members, size_t count);

#endif
