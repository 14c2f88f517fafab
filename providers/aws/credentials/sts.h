/*
 * Temporary keys of a role, from AWS STS (API reference, "AssumeRole" and
 * "AssumeRoleWithWebIdentity"): one call over a client of its own, with the attempts, time-outs and
 * clock correction that all calls have. Nothing is kept of it.
 */
#ifndef PROVIDERS_AWS_CREDENTIALS_STS_H
#define PROVIDERS_AWS_CREDENTIALS_STS_H

#include "providers/aws/credentials.h"

struct sts_role {
    const char *arn;
    const char *session_name; /* NULL: "switchover-" and the seconds since 1970 */
    /* NULL: left out */
    const char *external_id;
    const char *duration_seconds;
    const char *mfa_serial, *mfa_code;
    const char *web_identity_token; /* then this speaks for the caller, not a signature */
};

/* `with` signs, or only names the source where a token speaks; it is taken over and left empty. It
 * may be `out`, whose `source` and `ends_at` are the caller's to fill. */
must_use bool sts_assume(struct credentials *out, const struct sts_role *role,
                         struct credentials *with, const struct aws_config *config,
                         const struct credentials_means *means, struct error *err);

#endif
