/* Keys of a role for who has signed in with IAM Identity Center: GetRoleCredentials, asked with the
 * token of the sign-in (credentials_sso.h). */
#include <string.h>

#include "planner/base/time.h"
#include "providers/aws/credentials/sso.h"
#include "providers/aws/uri.h"

enum { TIMEOUT_MS = 10 * SECOND_MS, DEPTH_MAX = 8 };

/* ---- what the config says ---- */

/* A session's key may stand in the profile too, but then it must say the same (botocore). */
static bool read_shared(const char **out, const struct profile *profile, const char *session,
                        const char *key, struct error *err)
{
    const char *own = profile_get(profile, key);
    *out = session ? profile_get_sso_session(profile, session, key) : own;
    if (session && own && *out && strcmp(own, *out) != 0)
        return error_set(err, ERROR_CREDENTIALS,
                         "%s of the profile %s is not that of the sso-session %s", key,
                         profile->name, session);
    if (!*out)
        *out = own;
    return true;
}

static bool check_complete(const struct sso_settings *settings, struct error *err)
{
    const struct {
        const char *key, *value;
    } needed[] = {{"sso_role_name", settings->role},
                  {"sso_account_id", settings->account},
                  {"sso_start_url", settings->start_url},
                  {"sso_region", settings->region}};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        if (needed[i].value)
            continue;
        error_set(err, ERROR_CREDENTIALS,
                  "the profile %s signs in with IAM Identity Center, but has no %s",
                  settings->profile, needed[i].key);
        return error_hint(err, "`aws configure sso --profile %s` sets it up", settings->profile);
    }
    return aws_is_region(settings->region) ||
           error_set(
               err, ERROR_CREDENTIALS,
               "sso_region of the profile %s is \"%s\", which is not the name of an AWS region",
               settings->profile, settings->region);
}

static bool read_settings(struct sso_settings *out, const struct profile *profile,
                          struct error *err)
{
    *out = (struct sso_settings){.profile = profile->name,
                                 .session = profile_get(profile, "sso_session"),
                                 .account = profile_get(profile, "sso_account_id"),
                                 .role = profile_get(profile, "sso_role_name")};
    if (out->session && !profile_has_sso_session(profile, out->session)) {
        error_set(err, ERROR_CREDENTIALS,
                  "the profile %s names the sso-session %s, which does not exist", profile->name,
                  out->session);
        return strlen(out->session) > PROFILE_SSO_SESSION_MAX &&
               error_hint(err, "names of at most %d characters are read", PROFILE_SSO_SESSION_MAX);
    }
    return read_shared(&out->start_url, profile, out->session, "sso_start_url", err) &&
           read_shared(&out->region, profile, out->session, "sso_region", err) &&
           check_complete(out, err);
}

/* ---- asking ---- */

bool sso_sign_in_again(const struct sso_settings *settings, struct error *err)
{
    return error_hint(err, "sign in: aws sso login --profile %s", settings->profile);
}

static bool check_url(const struct aws_endpoint *endpoint, struct error *err)
{
    return http_keeps_secret(endpoint->url) ||
           error_set(err, ERROR_USAGE,
                     "%s is a plain http URL of another machine: the sign-in's token would go "
                     "there for everybody to read",
                     endpoint->from ? endpoint->from : endpoint->url);
}

bool sso_ask(struct http_exchange *exchange, enum aws_service service, const char *path,
             const struct sso_settings *settings, const struct credentials_search *search,
             struct error *err)
{
    /* The sign-in's region, and all else as it is: what config.h owns is only looked at. */
    struct aws_config config = *search->config;
    const struct credentials_patience patience = {config.max_attempts, TIMEOUT_MS};
    struct aws_endpoint endpoint;
    struct text region = {0}, url = {0};
    text_add(&region, settings->region);
    config.region = region.data;
    bool done = aws_endpoint_find(&endpoint, &config, service, err) && check_url(&endpoint, err);
    if (done) {
        text_addf(&url, "%s%s%s", endpoint.url, text_ends(endpoint.url, "/") ? "" : "/", path);
        exchange->url = url.data;
        done = credentials_ask(exchange, search, &patience, err);
    }
    exchange->url = NULL;
    aws_endpoint_clear(&endpoint);
    text_clear(&region);
    text_clear(&url);
    return done;
}

bool sso_read_answer(struct json_document *out, const struct http_exchange *exchange,
                     struct error *err)
{
    const struct json_limits limits = {CREDENTIALS_ANSWER_MAX, DEPTH_MAX};
    if (json_read_secret(out, text_cstr(&exchange->body_in), exchange->body_in.len, limits, err))
        return true;
    err->kind = ERROR_CREDENTIALS;
    return error_context(err, "the answer of IAM Identity Center");
}

/* ---- the role's keys ---- */

static bool take_keys(struct credentials *out, const struct json *keys, struct error *err)
{
    const char *id = json_as_string(json_member(keys, "accessKeyId"));
    const char *secret = json_as_string(json_member(keys, "secretAccessKey"));
    const char *token = json_as_string(json_member(keys, "sessionToken"));
    if (!id || !*id || !secret || !*secret || !token || !*token ||
        !json_as_int(&out->expires_at, json_member(keys, "expiration")) || out->expires_at <= 0)
        return error_set(err, ERROR_CREDENTIALS,
                         "IAM Identity Center answered without the whole keys of the role");
    credentials_take(out, id, secret, token);
    return true;
}

static bool take_answer(struct credentials *out, const struct http_exchange *exchange,
                        struct error *err)
{
    struct json_document doc;
    bool done = sso_read_answer(&doc, exchange, err) &&
                take_keys(out, json_member(doc.root, "roleCredentials"), err);
    json_document_cleanse(&doc);
    return done;
}

/* The status alone: an answer may repeat what it was asked with. */
static bool explain(const struct sso_settings *settings, int status, struct error *err)
{
    if (status == 401) {
        error_set(err, ERROR_CREDENTIALS,
                  "IAM Identity Center accepts the sign-in of the profile %s no more",
                  settings->profile);
        return sso_sign_in_again(settings, err);
    }
    error_set(err, ERROR_CREDENTIALS,
              "IAM Identity Center gives no keys of the role %s in the account %s: it answered "
              "with status %d",
              settings->role, settings->account, status);
    if (status >= 400 && status < 429)
        error_hint(err,
                   "see sso_role_name and sso_account_id of the profile %s: the role must be "
                   "assigned to who signed in",
                   settings->profile);
    return false;
}

static bool ask_for_role(struct credentials *out, const struct sso_token *token,
                         const struct sso_settings *settings,
                         const struct credentials_search *search, struct error *err)
{
    const struct http_header header = {"x-amz-sso_bearer_token", token->access.data};
    struct http_exchange exchange = {.method = "GET", .headers = &header, .header_count = 1};
    struct text path = {0};
    text_add(&path, "federation/credentials?role_name=");
    uri_encode(&path, settings->role, strlen(settings->role));
    text_add(&path, "&account_id=");
    uri_encode(&path, settings->account, strlen(settings->account));

    bool done = sso_ask(&exchange, AWS_SSO, path.data, settings, search, err);
    if (!done)
        error_context(err, "the keys of the role %s from IAM Identity Center", settings->role);
    else if ((done = exchange.status == 200))
        done = take_answer(out, &exchange, err);
    else
        explain(settings, exchange.status, err);
    http_exchange_clear(&exchange);
    text_clear(&path);
    return done;
}

enum credentials_found credentials_from_sso(struct credentials *out,
                                            const struct credentials_search *search,
                                            struct error *err)
{
    const struct profile *profile = search->profile;
    struct sso_settings settings;
    struct sso_token token = {0};
    /* A profile with an sso_session alone is one for services that take bearer tokens. */
    if (!profile_get(profile, "sso_role_name") && !profile_get(profile, "sso_account_id"))
        return CREDENTIALS_ABSENT;
    bool done = read_settings(&settings, profile, err) &&
                sso_token_get(&token, &settings, search, err) &&
                ask_for_role(out, &token, &settings, search, err);
    if (done) {
        out->ends_at = token.ends_at;
        credentials_name(out, "the sign-in with IAM Identity Center of the profile %s",
                         profile->name);
    }
    sso_token_clear(&token);
    return done ? CREDENTIALS_FOUND : CREDENTIALS_FAILED;
}
