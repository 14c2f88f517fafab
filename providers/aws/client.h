/*
 * AWS calls, signed, retried and answered: one blocking call over an array of them (a wave); or
 * aws_start() and aws_next(), where an answer sets further calls free.
 *
 * Retries follow AWS's standard mode: at most max_attempts (3) per call, exponential back-off with
 * full jitter up to 20 s, a quota of 500 tokens a client (5 a retry, 10 after a time-out), the
 * transient and throttling codes of the mode. A mutation is sent once: after an answer that says it
 * was not carried out (throttled, clock skew) it is sent again; after anything that leaves its
 * outcome open it is not, and the caller reads (DESIGN, section 5). Beyond the mode goes a patient
 * call, only while it is throttled and where nobody has said how many attempts there may be: the
 * account's bucket is shared, and in three too few tokens come into an empty one for the dozen
 * reads of a plan.
 *
 * Clock skew: an answer that says the signature's time is off is retried once with the offset of
 * its Date header, kept for the client's life.
 *
 * Credentials are renewed before they end (renewal.h). Where AWS says that they have, the calls
 * that are under way share one renewal and are signed again, a mutation too: it was refused.
 */
#ifndef PROVIDERS_AWS_CLIENT_H
#define PROVIDERS_AWS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "planner/base/error.h"
#include "planner/base/text.h"
#include "providers/aws/credentials.h"
#include "providers/aws/service.h"

struct aws_client;

struct aws_client_options {
    const struct aws_config *config; /* borrowed for the client's life */
    const char *user_agent;          /* borrowed; NULL: "switchover/VERSION" */
    bool (*interrupted)(void *);     /* asked while waiting */
    void *interrupted_self;
    double (*random)(void *); /* [0, 1), for the back-off's jitter; NULL: the kernel's */
    void *random_self;
    int64_t timeout_ms; /* in place of http.h's for connect, silence and the whole; 0: those */
    /* Finds the credentials, at once and when they are to be renewed. NULL: those below. */
    credentials_finder *find;
    struct credentials_means means; /* whom it may ask */
    /* Once and for all: taken over, and left empty. Without an access key id calls go unsigned. */
    struct credentials *credentials;
};

/* Fails where no credentials are found. */
must_use bool aws_client_new(struct aws_client **out, const struct aws_client_options *options,
                             struct error *err);
void aws_client_free(struct aws_client *client);

const char *aws_client_region(const struct aws_client *client);
/* From then on there are none without a person (renewal_end); 0: not known, or never. */
int64_t aws_client_credentials_end_at(const struct aws_client *client);
bool aws_client_is_loopback(const struct aws_client *client); /* every endpoint is loopback */

/* Sees to it that n connections to the service are open, or on their way, before there are calls
 * that need them (http_warm). */
void aws_client_warm(struct aws_client *client, enum aws_service service, size_t n);

struct aws_call {
    /* request */
    enum aws_service service;
    const char *operation; /* "DescribeServices" */
    struct text body;      /* owned. ECS: JSON 1.1. ELBv2, CloudWatch: "Action=...&Version=...&..."
                              (aws_query_begin). A secret body has a secret answer */
    const char *secret;    /* in the body, which no message may quote; borrowed; NULL: none */
    bool mutation;
    bool optional; /* what it asks for can be done without: it is tried once */
    bool patient;  /* no traffic waits for it: while AWS throttles it, it is tried twice as often,
                      unless  max_attempts was set */
    bool aside;    /* nothing waits for its answer: it leaves the open connections to the others */

    /* answer */
    bool ok;            /* status 2xx and a whole body in `answer` */
    struct text answer; /* owned: JSON (ECS) or XML; not yet parsed */
    char request_id[64];
    int attempts;
    bool outcome_unknown; /* a mutation that may or may not have been carried out */
    struct error error;   /* when !ok: one clear message that says what to do. AccessDenied names
                             the IAM action ("elasticloadbalancing:ModifyListener") */
};

void aws_call_clear(struct aws_call *call);

/* Begins the call, which stays where it is until it is done. */
void aws_start(struct aws_client *client, struct aws_call *call);
/* Waits until one that was begun is done, and gives it back; NULL: there is none. Its ok/error says
 * how it went. */
struct aws_call *aws_next(struct aws_client *client);
/* Runs all n, beside nothing else. */
void aws_run(struct aws_client *client, struct aws_call calls[], size_t n);

/* "Action=Operation&Version=..." for the services that speak the Query protocol. */
void aws_query_begin(struct text *body, enum aws_service service, const char *operation);
/* "&name=value", value percent-encoded as RFC 3986 has it. */
void aws_query_add(struct text *body, const char *name, const char *value);
void aws_query_addf(struct text *body, const char *value, const char *name_format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
