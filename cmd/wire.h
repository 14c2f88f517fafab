/*
 * The wire-up: which cloud, prober, clock and surroundings the planner gets. Everything that needs
 * AWS's libraries starts here, so that commands which stay offline start none.
 */
#ifndef CMD_WIRE_H
#define CMD_WIRE_H

#include "planner/clock.h"
#include "planner/cloud.h"
#include "planner/plan.h"
#include "providers/aws/client.h"
#include "providers/aws/cloud.h"
#include "providers/aws/credentials.h"
#include "providers/checks/prober.h"
#include "providers/local/clock.h"

struct wire { /* points into itself: does not move */
    struct aws_config config;
    struct aws_client *client;
    struct aws_cloud aws;
    struct cloud cloud;
    struct local_clock local_clock;
    struct clock clock;
    struct checks checks;
    struct prober prober; /* the plan file's checks; asks nothing by itself */
    int64_t speed;        /* simulated seconds in a real one; 1 but for the sandbox */
    char user_agent[64];
    int64_t stop_seen_at; /* real, monotonic: when a request first saw the signal */
    /* Asked while an answer is waited for: whether nobody wants it any more. NULL: it is waited
     * for, also for a while after a signal. */
    bool (*given_up)(void *self);
    void *given_up_self;
    /* Asked while new credentials are waited for and the old ones last: whether the run is to stop.
     * NULL: only a signal says so. */
    bool (*stop_wanted)(void *self);
    void *stop_wanted_self;
};

/*
 * `region` NULL is the environment's; the profile is the plan file's, or the environment's. A
 * SWITCHOVER_CLOCK is refused unless every endpoint is loopback: no run against AWS may think that
 * time goes faster. `out` must be closed in either case.
 */
must_use bool wire_open(struct wire *out, const struct planfile *file, const char *region,
                        struct error *err);
/* Without AWS: a clock, and where AWS would be found. Needs no credentials and cannot fail. */
void wire_open_offline(struct wire *out, const struct planfile *file, const char *region);
void wire_close(struct wire *wire);

/* Begins to open the connections that reading these facts of the subject will use, or (facts 0) the
 * one that a shift will, so that they come up while files are read and written. */
void wire_ahead(struct wire *wire, const struct subject *subject, unsigned facts);

/* Where this process runs. */
struct surroundings wire_surroundings(const struct wire *wire);

#endif
