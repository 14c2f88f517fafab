/* The table of credential sources (chain.c), in AWS's order, and what they share. Only the sources
 * include this. */
#ifndef PROVIDERS_AWS_CREDENTIALS_SOURCE_H
#define PROVIDERS_AWS_CREDENTIALS_SOURCE_H

#include "planner/base/json.h"
#include "providers/aws/credentials.h"
#include "providers/aws/profile.h"
#include "providers/http/http.h"

enum credentials_found {
    CREDENTIALS_FOUND,  /* *out is filled */
    CREDENTIALS_ABSENT, /* nothing here: ask the next source */
    CREDENTIALS_FAILED, /* something is here that cannot be used: *err says why, the search ends */
};

/* One walk along the table. */
struct credentials_search {
    const struct aws_config *config;
    const struct credentials_means *means;
    const struct profile *profile; /* whose section is looked at: the config's, or one that it names
                                      as its source_profile */
    unsigned depth;                /* of source_profile in source_profile */
    const struct credentials_search *named_by; /* the walk whose profile names this one; NULL: it is
                                                  the first */
    struct text *seen; /* what a source that has nothing noticed, in sentences ("... ; ..."), for
                          the message that there are no credentials; NULL: nobody asks */
};

typedef enum credentials_found credentials_source(struct credentials *out,
                                                  const struct credentials_search *search,
                                                  struct error *err);

credentials_source credentials_from_environment; /* AWS_ACCESS_KEY_ID, ... */
credentials_source credentials_from_role;        /* role_arn: STS AssumeRole */
credentials_source credentials_from_web_identity;
credentials_source credentials_from_sso;
credentials_source credentials_from_shared_file; /* keys in ~/.aws/credentials */
credentials_source credentials_from_process;
credentials_source credentials_from_config_file; /* keys in ~/.aws/config */
credentials_source credentials_from_container;
credentials_source credentials_from_metadata; /* IMDSv2 */

/* The same walk for a source_profile: the sources that a profile can hold, in the same order.
 * Never CREDENTIALS_ABSENT: a profile that was named must have credentials. */
enum credentials_found credentials_of_profile(struct credentials *out,
                                              const struct credentials_search *search,
                                              const char *name, struct error *err);

/* The plan file's role, assumed with what *out holds. */
must_use bool credentials_assume_planned(struct credentials *out,
                                         const struct credentials_search *search,
                                         struct error *err);

/* ---- what sources share ---- */

/* They go into headers: whether they hold nothing that no AWS key has. */
must_use bool credentials_check(const struct credentials *found, struct error *err);

const char *credentials_variable(const char *name); /* NULL where it is unset or empty */

/* A token's file, whole, into a secret text. The error names `what` and the path. */
must_use bool credentials_read_file(struct text *out, const char *path, const char *what,
                                    struct error *err);

/* Copies what was found. `token` NULL: none. */
void credentials_take(struct credentials *out, const char *id, const char *secret,
                      const char *token);
void credentials_name(struct credentials *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The shape in which programs, containers and the instance's metadata say keys: AccessKeyId,
 * SecretAccessKey, Expiration (RFC 3339) and the token under `token_key`. `from` is for messages,
 * which quote nothing of the answer. */
must_use bool credentials_take_json(struct credentials *out, const char *bytes, size_t n,
                                    const char *token_key, const char *from, struct error *err);

enum { CREDENTIALS_ANSWER_MAX = 64 * 1024 };

struct credentials_patience {
    int attempts;       /* in all; server errors, throttling and broken connections are repeated */
    int64_t timeout_ms; /* of each, connecting included */
};

/* One exchange on connections of its own, its answer a secret. True: an answer came, whatever its
 * status; the exchange must be cleared in either case. */
must_use bool credentials_ask(struct http_exchange *exchange,
                              const struct credentials_search *search,
                              const struct credentials_patience *patience, struct error *err);

#endif
