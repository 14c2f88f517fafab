/*
 * The body of an answer that is no success, in whatever shape it came:
 *   JSON 1.1 (ECS)            {"__type": "com.amazonaws.ecs#ClusterNotFoundException", "message":
 * ...} Query XML (ELBv2, CloudWatch) <ErrorResponse><Error><Code/><Message/></Error><RequestId/>
 *   authentication XML, which comes before the service is reached, from ECS too; S3's
 *                             <Response><Errors><Error>..., <Error><Code/>...,
 * <SomeException><Message/> an HTML page, or anything else, of a proxy or a load balancer: no code
 * at all.
 */
#ifndef PROVIDERS_AWS_AWS_ERROR_H
#define PROVIDERS_AWS_AWS_ERROR_H

#include <stddef.h>

struct aws_error {
    char code[64];     /* "AccessDeniedException", without a namespace; "": not AWS's */
    char message[768]; /* AWS's words without the full stop, or the page's title; may be "" */
    char request_id[64];
};

/* The code of an X-Amzn-Errortype header, which goes before the body's (Smithy, "awsJson1_1"). */
void aws_error_take_type(struct aws_error *out, const char *header);
/* Never fails: what cannot be read gives an error without a code. */
void aws_error_read(struct aws_error *out, const char *body, size_t n);
/* Cuts a service's words where they begin to say a secret that they were sent, and what leads up to
 * it on the same line: SignatureDoesNotMatch quotes the whole request, session token and all. NULL:
 * there is no secret. */
void aws_words_hide(char *words, const char *secret);

#endif
