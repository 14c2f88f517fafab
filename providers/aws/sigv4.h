/*
 * AWS Signature Version 4 (docs: "Create a signed AWS API request"), over OpenSSL. The stages are
 * exposed so that tests can hold each against botocore's. Signing is in the tool because libcurl's
 * own signer sends a caller's X-Amz-Date twice and signs suppressed headers (FACTS.md).
 *
 * The date is always real time: a scaled clock never reaches the signer.
 */
#ifndef PROVIDERS_AWS_SIGV4_H
#define PROVIDERS_AWS_SIGV4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "planner/base/text.h"
#include "providers/http/http.h"

struct sigv4_request {
    const char *method;
    const char *path;                  /* as sent, already URI-encoded once; "" is "/" */
    const char *query;                 /* as sent, without "?"; "" for none */
    const struct http_header *headers; /* all are signed but the ones AWS's signers leave out */
    size_t header_count;
    const char *payload;
    size_t payload_len;
    bool s3; /* S3: the path is not encoded a second time or normalised */
};

struct sigv4_identity {
    const char *access_key_id;
    const char *secret_access_key;
    const char *session_token; /* NULL: none; the caller sends it as X-Amz-Security-Token */
    const char *region;
    const char *service; /* the signing name: "ecs", "elasticloadbalancing", "monitoring" */
    int64_t at;          /* real time, UTC milliseconds */
};

enum { SIGV4_DATE_SIZE = 17 }; /* "20261201T020000Z" */

void sigv4_date(char out[SIGV4_DATE_SIZE], int64_t at);
void sigv4_canonical_request(struct text *out, const struct sigv4_request *request);
void sigv4_string_to_sign(struct text *out, const struct sigv4_identity *identity,
                          const char *canonical_request);
/* The value of the Authorization header. */
void sigv4_authorization(struct text *out, const struct sigv4_request *request,
                         const struct sigv4_identity *identity);

#endif
