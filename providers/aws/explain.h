/* AWS's refusals and the network's, in words for the person who has to do something about them. */
#ifndef PROVIDERS_AWS_EXPLAIN_H
#define PROVIDERS_AWS_EXPLAIN_H

#include "providers/aws/aws_error.h"
#include "providers/aws/endpoint.h"
#include "providers/http/http.h"

struct explain_about {
    enum aws_service service;
    const char *operation;
    const struct aws_endpoint *endpoint;
    const char *region;
    const char *credentials; /* where they come from: "the environment" */
    int attempts;
    const struct error *why_not_renewed; /* NULL: nothing went wrong there */
};

/* An answer with a status other than 2xx. Fills kind, message, hint, aws_code, http_status. */
void explain_answer(struct error *err, const struct aws_error *said, int status,
                    const struct explain_about *about);
/* A status 2xx whose document ends early. */
void explain_cut_off(struct error *err, const struct explain_about *about);
/* No whole answer: takes the exchange's error and says what to look at. */
void explain_failure(struct error *err, const struct http_exchange *exchange,
                     const struct explain_about *about);

#endif
