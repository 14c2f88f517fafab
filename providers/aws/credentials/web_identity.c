/* A role's keys for a token that somebody else writes into a file and renews there (Kubernetes' for
 * a service account, a CI system's): AWS SDKs and Tools reference guide, "Assume role with web
 * identity". Each setting is the environment's or, without one there, the profile's. */
#include <string.h>

#include "planner/base/text.h"
#include "providers/aws/credentials/source.h"
#include "providers/aws/credentials/sts.h"

enum { TOKEN_MAX = 20000 }; /* what STS takes */

struct identity {
    const char *file;
    struct sts_role role;
};

static const char *setting(const struct credentials_search *search, const char *variable,
                           const char *key)
{
    bool asked_by_name = search->named_by || search->config->profile_planned;
    const char *value = asked_by_name ? NULL : credentials_variable(variable);
    return value ? value : profile_get(search->profile, key);
}

/* What a token cannot end with is what editors and `echo` put there. */
static void trim(struct text *token)
{
    size_t n = token->len;
    while (n && strchr(" \t\r\n", token->data[n - 1]))
        n--;
    text_cut(token, n);
}

/* Anew each time: it is renewed in its place. */
static bool read_token(struct text *out, const char *path, struct error *err)
{
    if (!credentials_read_file(out, path, "the web identity token", err))
        return false;
    trim(out);
    if (!out->len)
        return error_set(err, ERROR_CREDENTIALS, "the web identity token, %s, is empty", path);
    if (out->len > TOKEN_MAX)
        return error_set(err, ERROR_CREDENTIALS,
                         "the web identity token, %s, is larger than %d bytes", path, TOKEN_MAX);
    return true;
}

static bool assume(struct credentials *out, const struct identity *identity,
                   const struct credentials_search *search, struct error *err)
{
    struct sts_role role = identity->role;
    struct text token = {0};
    bool done = read_token(&token, identity->file, err);
    if (done) {
        role.web_identity_token = token.data;
        credentials_name(out, "the web identity token %s", identity->file);
        done = sts_assume(out, &role, out, search->config, search->means, err);
        if (!done && text_starts(err->aws_code, "ExpiredToken"))
            error_hint(err, "it is read anew each time: who writes it there must renew it");
    }
    text_clear(&token);
    return done;
}

enum credentials_found credentials_from_web_identity(struct credentials *out,
                                                     const struct credentials_search *search,
                                                     struct error *err)
{
    const struct identity identity = {
        .file = setting(search, "AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file"),
        .role = {.arn = setting(search, "AWS_ROLE_ARN", "role_arn"),
                 .session_name = setting(search, "AWS_ROLE_SESSION_NAME", "role_session_name")},
    };
    if (!identity.file)
        return CREDENTIALS_ABSENT;
    if (!identity.role.arn) {
        error_set(err, ERROR_CREDENTIALS,
                  "there is a web identity token, %s, but no role to assume with it",
                  identity.file);
        error_hint(err, "set AWS_ROLE_ARN, or role_arn in the profile %s", search->profile->name);
        return CREDENTIALS_FAILED;
    }
    if (!assume(out, &identity, search, err))
        return CREDENTIALS_FAILED;
    credentials_name(out, "the web identity token %s (%s)", identity.file, identity.role.arn);
    return CREDENTIALS_FOUND;
}
