/*
 * Signing in with IAM Identity Center: what the config says of it, and the token that a person's
 * `aws sso login` left in ~/.aws/sso/cache, shared with AWS's other tools (AWS SDKs and Tools
 * reference guide, "IAM Identity Center credential provider"). Only credentials_sso.c includes
 * this.
 */
#ifndef PROVIDERS_AWS_CREDENTIALS_SSO_H
#define PROVIDERS_AWS_CREDENTIALS_SSO_H

#include "providers/aws/credentials/source.h"
#include "providers/aws/endpoint.h"

/* All borrowed from the profile. */
struct sso_settings {
    const char *profile;   /* its name */
    const char *session;   /* [sso-session X]; NULL: the profile itself has it all, as of old, and
                              the token is never renewed */
    const char *start_url; /* "https://corp.example.com/start" */
    const char *region;    /* of the sign-in, not of the resources */
    const char *account, *role;
};

struct sso_token {
    struct text access; /* the bearer token: secret */
    int64_t ends_at;    /* from then on only a person gets a new one, real time */
};

/* The token, renewed where it ends within a quarter of an hour and can be (botocore's rule). Fails
 * where there is none: the hint is then to sign in. Must be cleared also after `false`. */
must_use bool sso_token_get(struct sso_token *out, const struct sso_settings *settings,
                            const struct credentials_search *search, struct error *err);
void sso_token_clear(struct sso_token *token);

/* Asks `service` of the sign-in's region at the path behind its URL; the caller has set the rest of
 * the exchange and clears it in any case. True: an answer came, whatever its status. What is sent
 * is a secret: a URL by which others could read it is refused. */
must_use bool sso_ask(struct http_exchange *exchange, enum aws_service service, const char *path,
                      const struct sso_settings *settings, const struct credentials_search *search,
                      struct error *err);

/* The answer's JSON; json_document_cleanse() it in any case. */
must_use bool sso_read_answer(struct json_document *out, const struct http_exchange *exchange,
                              struct error *err);

/* The hint: what the person has to do. Always false. */
bool sso_sign_in_again(const struct sso_settings *settings, struct error *err);

#endif
