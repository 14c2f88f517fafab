/*
 * The prober port (planner/check.h): all HTTP exchanges of all checks in one wave, over connections
 * that are kept from one look to the next, past no redirect, without netrc or cookies; the metrics
 * in another. An exchange that takes longer than 10 s is silent.
 *
 * A secret is sent over TLS, or to this machine, and there past any proxy that the environment
 * names; a check that would send it otherwise is silent and says so. Proxies are used as curl uses
 * them in all else.
 */
#ifndef PROVIDERS_CHECKS_PROBER_H
#define PROVIDERS_CHECKS_PROBER_H

#include "planner/check.h"
#include "planner/clock.h"
#include "providers/aws/client.h"
#include "providers/checks/question.h"
#include "providers/http/http.h"

enum { CHECKS_CONNECT_MS = 5000, CHECKS_WHOLE_MS = 10000 };

struct checks_options {          /* all borrowed for as long as the port is used */
    const char *planfile;        /* the path whose folder a relative ca_file is relative to */
    const char *user_agent;      /* NULL: "switchover/VERSION" */
    const struct clock *clock;   /* says when, and which minutes are settled; may be scaled */
    struct aws_client *aws;      /* for metrics; NULL: those are silent */
    bool (*interrupted)(void *); /* a check is a question: it is dropped at once. NULL: never */
    void *interrupted_self;
    int64_t whole_timeout_ms; /* 0: CHECKS_WHOLE_MS */
};

struct checks { /* does not move */
    struct checks_options options;
    struct http_client *client; /* NULL until something is asked over HTTP */
    char *folders[CHECK_FOLDERS];
};

/* Opens nothing yet, and cannot fail. */
void checks_init(struct checks *self, struct prober *out, const struct checks_options *options);
/* A ca_file that is not where the plan file was is looked for in this file's folder: a saved plan
 * may have been brought to another machine. */
void checks_look_beside(struct checks *self, const char *path);
void checks_clear(struct checks *self);

#endif
