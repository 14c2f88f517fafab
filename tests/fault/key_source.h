/*
 * The sources of keys, as far as a client asks them over the network: STS, the metadata service of
 * an instance, a container's agent, IAM Identity Center. All give out the sandbox's keys.
 */
#ifndef TESTS_FAULT_KEY_SOURCE_H
#define TESTS_FAULT_KEY_SOURCE_H

#include <stdbool.h>

#include "planner/base/text.h"

enum key_source {
    KEYS_ENVIRONMENT,
    KEYS_ROLE,         /* a profile's role_arn: AssumeRole */
    KEYS_WEB_IDENTITY, /* AssumeRoleWithWebIdentity */
    KEYS_METADATA,
    KEYS_CONTAINER, /* its keys last half a second, and are asked for again all the time */
    KEYS_SSO,       /* of a sign-in that has ended, and is renewed */
    KEY_SOURCE_COUNT
};

/* The whole answer to a request that operation_name() gave this name; false: none of theirs. */
bool key_source_answer(struct text *answer, const char *operation);

/* The file of KEYS_SSO's sign-in, in the folder. */
#define KEY_SOURCE_CACHE ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json"

/* What a client needs to find that source at the port: files in its folder, which is also its HOME,
 * and lines of its environment, one behind the other. */
void key_source_prepare(struct text *environment, enum key_source source, const char *folder,
                        int port);

#endif
