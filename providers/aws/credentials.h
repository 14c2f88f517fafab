/*
 * What signs a call, and the port through which whoever needs it asks for it: the client holds
 * credentials and has them renewed without knowing where they come from (credentials/chain.h).
 *
 * Secrets live only here, in the sources and in the signer; credentials_clear() cleanses them, and
 * no heap memory that is given back holds one, of libcurl, expat, cJSON and (below libcurl) OpenSSL
 * included. Out of reach: the environment, the kernel's buffers, and what the loader saves of
 * vector registers on the stack when a function is bound lazily, up to 64 bytes of the string
 * copied last. No message ever contains one, not even a service's that says it back
 * (aws_words_hide).
 */
#ifndef PROVIDERS_AWS_CREDENTIALS_H
#define PROVIDERS_AWS_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "planner/base/error.h"
#include "providers/aws/config.h"

struct credentials {
    char *access_key_id;
    char *secret_access_key;
    char *session_token; /* NULL: none */
    int64_t expires_at;  /* of these keys, real time; 0: not known, or never */
    int64_t ends_at;     /* from then on the source has no new ones without a person (a new sign-in,
                            an MFA code, new variables), real time; 0: not known, or never */
    char *source;        /* "the environment", "the profile ops in FILE": for messages */
};

void credentials_clear(struct credentials *credentials);

/* Whom a source may ask, and how long it may wait. Zeroed: nobody, and to the end. */
struct credentials_means {
    /* The six digits of the MFA device `serial`. NULL: there is nobody to ask. */
    bool (*ask_mfa)(void *self, char *code, size_t size, const char *serial, struct error *err);
    void *ask_self;
    bool programs_ask;               /* a credential_process may ask at the terminal, too */
    bool (*interrupted)(void *self); /* asked while waiting */
    void *interrupted_self;
    /* Asked while new keys are waited for that can be done without for now: whether something is
     * to be done at once with those held (a way back). NULL: nothing is. */
    bool (*hurried)(void *self);
    void *hurried_self;
};

/* The port. *out must be cleared also after `false`. */
typedef bool credentials_finder(struct credentials *out, const struct aws_config *config,
                                const struct credentials_means *means, struct error *err);

#endif
