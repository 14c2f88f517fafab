/*
 * The words for one look at a hold or a drain (planner/look.h): requests a minute, rates, response
 * times, verdicts. The lines of `apply` and the views that are drawn say the same thing alike, so
 * it is put into words here only.
 */
#ifndef CMD_VIEW_LOOK_H
#define CMD_VIEW_LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd/page.h"
#include "planner/base/text.h"
#include "planner/look.h"
#include "planner/state.h"

/* One arm in one minute. */
struct look_numbers {
    bool known; /* its requests are; else nothing else holds */
    int64_t requests;
    bool errors_known, client_errors_known;
    int64_t errors, client_errors; /* 5XX, 4XX */
    bool timed;
    int percentile;  /* 50, 90, 99; 0: CloudWatch gave no percentile, this is the average */
    int64_t time_us; /* response time, microseconds */
};

/*
 * The minute that a look speaks of: the newest settled one of this hold that says something, else
 * the newest one that has ended (*settled is false then: its counts still grow). False: there is
 * none.
 */
bool look_minute(const struct look *look, size_t *minute, bool *settled);

/* ", 21 minutes ago" where no newer one came although it should have; else "". */
void look_add_age(struct text *out, const struct look *look, int64_t minute_at);

/* The series' values of that minute; the response time is the plan file's percentile where it is
 * there. `percentile` as in struct planfile_gates. */
void look_numbers_at(struct look_numbers *out, const struct series *series, enum arm arm,
                     size_t minute, int percentile);

/* Healthy targets of the target group, and how many are planned; false when not known. */
bool look_health(const struct look *look, int64_t *healthy, int64_t *planned);

/* "0.10%", "12.5%", "0%"; more than nothing is never "0%", less than all never "100%". "-" where
 * there was no request. */
void look_add_rate(struct text *out, int64_t part, int64_t whole);
/* "4.2ms", "38ms", "1.25s" */
void look_add_latency(struct text *out, int64_t us);
/* "900/min 0.10% 5XX 2.1% 4XX p90 38ms": 4XX only where there are any; "no data" */
void look_add_numbers(struct text *out, const struct look_numbers *numbers);
/* The same of both arms, and of which minute: "02:03: source ...; target ...", or "02:06 (still
 * coming in): ..." where it is not settled; "no minute is in yet". */
void look_add_minute(struct text *out, const struct look *look);

/* A verdict in words, without the gate's name: "ok", "needs 340 more requests", "FAILS: 4.1 % ..."
 */
void look_add_verdict(struct text *out, const struct gate_standing *standing);
/* All gates that are used, those that stand alike together: "errors, client_errors, traffic ok;
 * latency: failing 2 of 3 minutes; health 3/3". */
void look_add_verdicts(struct text *out, const struct look *look);
/* "errors failed in hold[25%]: 4.1 % 5XX against 0.1 % on the source" */
void look_add_failure(struct text *out, const struct gate_failure *failure);
enum style look_style(enum gate_verdict verdict);

/* "source 750, target 250"; nothing where the routing is not known. */
void look_add_weights(struct text *out, const struct look *look);
/* "4m of 10m"; of a drain "4m", up to its time-out "4m of 2h". */
void look_add_time(struct text *out, const struct look *look);

/* A look in one line: what the verdicts rest on, the verdicts, the time. */
void look_add_line(struct text *out, const struct look *look);

#endif
