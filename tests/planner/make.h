/* Small things that the planner's tests make by hand: routings from words, a resolved subject. */
#ifndef TESTS_PLANNER_MAKE_H
#define TESTS_PLANNER_MAKE_H

#include "planner/base/arena.h"
#include "planner/plan.h"
#include "planner/routing.h"
#include "planner/subject.h"

#define MAKE_ARN    "arn:aws:elasticloadbalancing:us-east-1:111122223333:"
#define MAKE_SOURCE MAKE_ARN "targetgroup/ALBSourceProxy-prod-TG/aaaaaaaaaaaaaaaa"
#define MAKE_TARGET MAKE_ARN "targetgroup/ALBTargetProxy-prod-TG/bbbbbbbbbbbbbbbb"
#define MAKE_OTHER  MAKE_ARN "targetgroup/other/cccccccccccccccc"

/*
 * A default action list as AWS answers it. "S1 T0": a letter (S, T, X another group) and a weight a
 * group; "single S": a forward by TargetGroupArn, "plain S": by that alone, as some stand-ins
 * answer; "sticky=600": with a cookie of so many seconds, "off=600": stickiness off, but with a
 * duration; "oidc S1 T0": behind a login; "redirect".
 */
struct routing make_routing(struct arena *arena, const char *words);

/* A forward plan of three actions (scale, shift to 100 %, hold) with its inverse, on the heap. */
struct plan *make_plan(void);

/* Every name and ARN there, listener on port 9200. */
void make_subject(struct subject *out);

#endif
