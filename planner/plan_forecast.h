/*
 * What a plan can tell of its times before anything is sent: whether a hold is long enough for its
 * gates at the request rate that was observed, and how long the plan takes. Pure; estimates, from
 * an ordinary hour's rate: nothing is decided by them.
 */
#ifndef PLANNER_PLAN_FORECAST_H
#define PLANNER_PLAN_FORECAST_H

#include "planner/gate_forecast.h"
#include "planner/plan.h"

/* "enough", "tight", "short": as JSON names them. NULL for FORECAST_UNKNOWN. */
const char *forecast_fit_name(enum forecast_fit fit);

/* Of a hold of `duration_ms`; in->requests below 0 where nobody knows the rate. */
void forecast_hold(struct forecast *out, const struct gate_forecast_input *in, int64_t duration_ms);
/* Every hold's, at the plan's own rate, and the plan's times; what is normal on the source is read
 * off `usual`. */
void forecast_plan(struct plan *plan, const struct series *usual);

/* The largest gates.min_requests with which the hold can be expected to pass, in round numbers; 0:
 * so few requests prove nothing. */
int64_t forecast_min_requests(const struct forecast *forecast);

/* Requests a minute on both groups together, over the minutes that say something; -1: none does. A
 * minute that nobody sent anything in is one, where the group's own HealthyHostCount shows that
 * CloudWatch was reporting. */
int64_t forecast_rate(const struct series *recent, int64_t now);

/* How long it takes with its time-out used up: to be sent and read back, to be held and settled. */
int64_t forecast_most_ms(const struct action *action);

/* From the start until the last shift is sent, with every time-out on the way used up; -1 where
 * nothing is shifted. A window must be open for so long. */
int64_t forecast_last_shift_ms(const struct plan *plan);
/* The same at best: nothing is waited for but holds. */
int64_t forecast_last_shift_least_ms(const struct plan *plan);

#endif
