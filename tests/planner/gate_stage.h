/* One hold under gates, minute by minute: what the gates' tests play on. */
#ifndef TESTS_PLANNER_GATE_STAGE_H
#define TESTS_PLANNER_GATE_STAGE_H

#include "planner/base/arena.h"
#include "planner/base/time.h"
#include "planner/gate_parts.h"

/* 02:00 UTC on some day: the shift's minute. Minute 1 is the first that counts. */
#define STAGE_START ((int64_t)(20000 * 1440 + 120) * MINUTE_MS)
enum { STAGE_MINUTES = 60 };

struct gate_stage {
    struct arena arena;
    struct planfile_gates gates; /* the plan file's defaults */
    struct series samples, baseline;
    struct gate_sums sums;
    struct gate_input in; /* 3 of 3 targets healthy, no checks; a baseline of an hour with 1200
                             requests a minute, no errors, p90 of 100 ms */
    struct gate_report report;
};

/* What one minute had. Negative: no data point. */
struct stage_minute {
    int64_t requests, errors, client_errors, p90_us;
};

void stage_begin(struct gate_stage *stage, int target_permille);
void stage_clear(struct gate_stage *stage);

/* Puts what is not negative; the rest of the requests was answered with 2XX. */
void stage_put(struct gate_stage *stage, enum arm arm, size_t minute, struct stage_minute what);
/* Minutes [from, to) with so many requests in all, split as the weights say, p90 100 ms, no error.
 */
void stage_quiet(struct gate_stage *stage, size_t from, size_t to, int64_t requests);
void stage_put_elb_5xx(struct gate_stage *stage, size_t minute, int64_t count);

/* Looks (advance and judge) when the first `minutes` minutes have settled. */
const struct gate_report *stage_look(struct gate_stage *stage, size_t minutes);
const struct gate_report *stage_look_at(struct gate_stage *stage, int64_t now);

/* Fails the test, saying what was said, unless it is so. */
void stage_expect(const struct gate_stage *stage, enum gate gate, enum gate_verdict verdict,
                  const char *words);

#endif
