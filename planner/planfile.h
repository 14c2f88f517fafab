/*
 * The plan file: what a person writes and a colleague reviews (format 1). Two lines are a complete
 * one; every default follows Migration Assistant's names (deployment/cdk of
 * opensearch-project/opensearch-migrations).
 *
 * All durations are milliseconds, instants milliseconds since 1970 UTC, shares permille, factors
 * thousandths (1.5 is 1500), rates parts per million (1 % is 10000).
 */
#ifndef PLANNER_PLANFILE_H
#define PLANNER_PLANFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "planner/base/arena.h"
#include "planner/base/diagnostics.h"
#include "planner/subject.h"

enum {
    PLANFILE_MAX_BYTES = 256 * 1024,
    PLANFILE_MAX_DEPTH = 32,
    PLANFILE_MAX_STEPS = 100, /* each stands twice in the state, with the whole routing */
    PLANFILE_COUNT_AT_LEAST_SOURCE = -1,
};

struct planfile_step {
    int target_permille; /* 1 to 1000, strictly rising */
    int64_t hold_ms;     /* 0: no hold; else at least 6 minutes; unless written, 10 */
    struct span span;
};

enum on_verdict { ON_STOP, ON_REVERT, ON_CONTINUE };

struct count_gate {       /* 5XX or 4XX responses */
    int64_t tolerate;     /* thousandths: so many times the source's rate */
    int64_t ignore_below; /* parts per million: a target rate below never fails */
};

struct planfile_gates {
    struct count_gate errors, client_errors;
    int64_t max_rate;                /* of 5XX, parts per million: the fast guard */
    int latency_percentile;          /* 50, 90, 99 */
    int64_t latency_tolerate;        /* thousandths */
    int64_t latency_slack_us;        /* microseconds, as the series has them */
    int64_t min_requests;            /* on the target, before a hold can pass */
    enum on_verdict on_failure;      /* ON_STOP, ON_REVERT */
    enum on_verdict on_inconclusive; /* any */
    bool on_failure_written;         /* it must be where no terminal can be asked */
};

enum check_kind { CHECK_HTTP, CHECK_METRIC, CHECK_DOCUMENTS };

struct check_dimension {
    const char *name, *value;
};

/* A question that is asked before every shift and during holds. Texts are the file's arena's. */
struct planfile_check {
    enum check_kind kind;
    const char *name; /* unique; its gate and precondition is "check:NAME" */
    struct span span;
    union {
        struct {
            const char *url;
            const char *ca_file;          /* as written; relative to the plan file's folder; NULL */
            const char *bearer, *basic;   /* names of SWITCHOVER_SECRET_ variables; one or none;
                                             basic's value is "user:password" */
            int64_t status;               /* 200 */
            const char *pointer;          /* RFC 6901; NULL: the body is not looked at */
            const char *const *one_of;    /* texts, ended by NULL; NULL: not asked */
            const char *below, *at_least; /* numbers as written; NULL: not asked */
        } http;
        struct {
            const char *namespace, *metric, *statistic;
            struct check_dimension *dimensions;
            size_t dimension_count;
            int64_t over_ms;
            const char *below; /* a number as written */
        } metric;
        struct {
            const char *source, *target;          /* base URLs of the clusters */
            const char *ca_file, *bearer, *basic; /* as http's; for both clusters */
            const char *indices; /* a pattern of _cat/indices; "*" unless written */
            int64_t tolerate;    /* parts per million of an index's documents */
        } documents;
    };
};

/* The runbook's assumptions that no API can see. */
enum attestation { ATTEST_ALL_TRAFFIC, ATTEST_COMPATIBLE, ATTESTATION_COUNT };

struct allowance { /* allow: a waivable precondition's id -> why it may not block */
    const char *id;
    const char *because;
    struct span span;
};

struct planfile {
    struct arena arena;
    const char *path;   /* as given; for messages */
    const char *source; /* the file's bytes: a saved plan carries them */
    size_t source_len;
    char digest[65]; /* SHA-256 of the bytes */

    const char *name;
    const char *stage;   /* NULL when every name is given */
    const char *region;  /* NULL: from the environment */
    const char *account; /* NULL: not checked */
    const char *profile;
    const char *role_arn; /* NULL: the credentials that are found are used as they are */
    const char *cluster, *load_balancer;
    int listener_port; /* 0: the one listener that forwards to both groups */
    struct {
        const char *service, *target_group;
    } arms[ARM_COUNT];
    int64_t min_count;
    int64_t target_count; /* or PLANFILE_COUNT_AT_LEAST_SOURCE */
    int64_t ready_timeout_ms;
    struct planfile_step *steps;
    size_t step_count;
    int64_t baseline_ms;
    struct planfile_gates gates;
    struct planfile_check *checks;
    size_t check_count;
    int64_t quiet_for_ms, drain_timeout_ms; /* quiet_for 0: no drain proof is asked for */
    bool has_window;
    int64_t window_opens_at, window_closes_at;
    const char *attested[ATTESTATION_COUNT]; /* NULL: nobody attested it */
    struct allowance *allowances;
    size_t allowance_count;
    bool restore_counts;
    const char *state; /* path as written; NULL: NAME.state.json beside the plan file */
};

/*
 * Reads a plan file's bytes. Everything that is wrong goes into `list` (sorted by place); false
 * when there is an error among it. `out` must be cleared in either case. Keys that the format
 * reserves for later versions (require, a state on S3) are validated as far as their
 * shape and answered with "not available yet" (kind ERROR_NOT_YET).
 *
 * `known_waivable(id)` says whether `allow` may name that precondition (the table's own answer, so
 * that this reader need not know it): 1 waivable, 0 known but not waivable, -1 unknown. It is not
 * asked about "check:NAME", which may be waived and must name one of the file's checks.
 * `list->arena` must outlive the list; `path` is copied.
 */
must_use bool planfile_read(struct planfile *out, const char *path, const char *bytes, size_t n,
                            int (*known_waivable)(const char *id), struct diagnostics *list);
void planfile_clear(struct planfile *file);

/* Because of `allow`, or NULL. */
const char *planfile_allowance(const struct planfile *file, const char *precondition_id);

/* The check that "check:NAME" means, as an id of a gate or a precondition; NULL: none. */
#define PLANFILE_CHECK_PREFIX "check:"
const struct planfile_check *planfile_check_of(const struct planfile *file, const char *id);

/* Steps that are held. */
size_t planfile_hold_count(const struct planfile *file);

/* The names of the subject, without ARNs; borrowed from the file. */
void planfile_subject(const struct planfile *file, struct subject *out);

#endif
