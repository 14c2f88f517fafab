/*
 * What the gates have between them: what one minute says, and one judge a gate. For planner/gate*.c
 * and their tests alone.
 */
#ifndef PLANNER_GATE_PARTS_H
#define PLANNER_GATE_PARTS_H

#include "planner/gate.h"

enum {
    GATE_MINUTES = 5,        /* judged ones, before a hold can pass; of latency and traffic */
    GATE_MINUTES_WITHIN = 10 /* settled ones, in which the newest of these must lie */
};

/* ---- gate_minute.c ---- */

/* One minute of the samples, as far as it is known. */
struct gate_minute {
    int64_t at;
    bool settled; /* when the samples were read */
    /* Settled, and both groups' requests and codes are known. Such a minute is judged. */
    bool known;
    int64_t requests[ARM_COUNT];                      /* where known */
    int64_t client_errors[ARM_COUNT];                 /* where known */
    int64_t errors[ARM_COUNT];                        /* where known */
    int64_t answered;                                 /* by targets of the target, any code */
    int64_t seen_requests, seen_errors, seen_elb_5xx; /* so far, of the target and the load
                                                         balancer; what is absent is 0 */
};

/* Adds up counts, of which none is negative; held at what a file's number can be (json.h): what a
 * stranger counted must not make a state that nobody can read again. */
void gate_sum(int64_t *sum, int64_t n);

void gate_minute_read(struct gate_minute *out, const struct gate_input *in, size_t minute);
/* Index of the first of the samples' minutes that the sums are about. */
size_t gate_first_minute(const struct gate_sums *sums, const struct gate_input *in);
/* How many of the newest settled minutes of the hold (at most GATE_MINUTES_WITHIN) are known; what
 * settled by the clock but was not read since is not. */
int64_t gate_known_lately(const struct gate_sums *sums, const struct gate_input *in,
                          int64_t *settled);

/* The Wilson score interval of bad out of n (E. B. Wilson, JASA 22, 1927); 0 and 1 where n is 0. */
double wilson_lower(double bad, double n, double z);
double wilson_upper(double bad, double n, double z);
#define GATE_Z 2.58 /* 99 % two-sided */

/* Of the baseline: what it says about a rate, over its known minutes. */
struct baseline_rate {
    int64_t bad, requests, minutes;
};
/* The source's code count (METRIC_4XX, METRIC_5XX). */
struct baseline_rate gate_baseline_rate(const struct gate_input *in, enum arm_metric metric);
/* The load balancer's own 5XX, of all that clients sent. */
struct baseline_rate gate_baseline_elb_rate(const struct gate_input *in);

const char *gate_percent(struct arena *arena, double rate); /* "0.12 %" */
const char *gate_factor(struct arena *arena, int64_t thousandths);

/* ---- one judge a gate; each fills verdict, passes and words ---- */

struct gate_finding {
    enum gate_verdict verdict;
    bool passes;      /* a hold may end so; never with GATE_WAITS or GATE_FAILS */
    const char *name; /* NULL: the gate's own */
    const char *words;
};

struct judging {
    struct arena *arena;
    const struct gate_sums *sums;
    const struct gate_input *in;
};

void gate_say(const struct judging *j, struct gate_finding *out, enum gate_verdict verdict,
              bool passes, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Requests a minute that a percentile needs: ten beyond it. */
int64_t gate_latency_requests(int percentile);

void gate_judge_errors(const struct judging *j, struct gate_finding *out);
void gate_judge_client_errors(const struct judging *j, struct gate_finding *out);
void gate_judge_latency(const struct judging *j, struct gate_finding *out);
void gate_judge_health(const struct judging *j, struct gate_finding *out);
void gate_judge_traffic(const struct judging *j, struct gate_finding *out);
void gate_judge_checks(const struct judging *j, struct gate_finding *out);

/* ---- gate_count.c: the count test ---- */

enum {
    COUNT_ERRORS_LEAST = 5, /* on the target */
    COUNT_MINUTES_LEAST = 3 /* with any: a burst of one minute is not enough */
};

/* What bad counts are held against. */
struct count_null {
    bool is_rate;    /* at 100 %: a known rate, not the other group */
    bool none;       /* at 100 % without a baseline: nothing */
    double tolerate; /* times the other group's rate */
    double rate;     /* the highest tolerated one */
    double most;     /* evidence that one minute may add, where is_rate */
};

struct count_null gate_count_null(const struct gate_input *in, const struct count_gate *gate,
                                  enum arm_metric metric);
/* A source with so many bad ones of so many in the baseline, at 100 %. */
struct count_null gate_count_null_rate(const struct count_gate *gate, double bad, double requests,
                                       size_t holds);
/* Adds the evidence alone, of the minute with this number, from 1. */
void gate_count_step(double logs[GATE_RATIOS], const struct count_null *null, int64_t minute,
                     const double errors[ARM_COUNT], const double requests[ARM_COUNT]);
/* One minute's counts, by enum arm. */
void gate_count_add(struct count_sums *sums, const struct count_null *null,
                    const int64_t errors[ARM_COUNT], const int64_t requests[ARM_COUNT]);
/* ln of the mean of exp(L_r): the evidence, an e-value's logarithm; and how much is too much. */
double gate_count_evidence(const double logs[GATE_RATIOS]);
double gate_count_threshold(size_t holds);
bool gate_count_exceeds(const struct count_sums *sums, const struct count_gate *gate, size_t holds);
/* What the test says of the sums so far. */
void gate_count_judge(const struct judging *j, struct gate_finding *out,
                      const struct count_sums *sums, const struct count_gate *gate,
                      enum arm_metric metric);

/* ---- gate_guard.c: the fast guard of errors ---- */

enum {
    GUARD_MINUTES = 3,       /* a window */
    GUARD_ERRORS_LEAST = 5,  /* 5XX in it */
    GUARD_SINGLE_LEAST = 20, /* 5XX in one minute */
    GUARD_SINGLE_TIMES = 10  /* max_rate, in one minute */
};

/* Whether any three minutes, or one, had too many 5XX; then it says which. */
bool gate_guard_fails(const struct judging *j, struct gate_finding *out);

#endif
