#include "providers/aws/credentials/sts.h"

#include <stdio.h>

#include "planner/base/time.h"
#include "providers/aws/answer.h"
#include "providers/aws/client.h"
#include "providers/aws/credentials/source.h"
#include "providers/local/clock.h"

static void add_maybe(struct text *body, const char *name, const char *value)
{
    if (value)
        aws_query_add(body, name, value);
}

static void write_request(struct aws_call *call, const struct sts_role *role)
{
    char name[40];
    struct text *body = &call->body;
    snprintf(name, sizeof name, "switchover-%lld", (long long)(local_clock_real_now() / SECOND_MS));
    aws_query_begin(body, AWS_STS, call->operation);
    aws_query_add(body, "RoleArn", role->arn);
    aws_query_add(body, "RoleSessionName", role->session_name ? role->session_name : name);
    add_maybe(body, "ExternalId", role->external_id);
    add_maybe(body, "DurationSeconds", role->duration_seconds);
    add_maybe(body, "SerialNumber", role->mfa_serial);
    add_maybe(body, "TokenCode", role->mfa_code);
    add_maybe(body, "WebIdentityToken", role->web_identity_token);
}

static bool take_answer(struct credentials *out, const struct aws_call *call, struct error *err)
{
    struct arena arena = {.secret = true};
    struct answer a = {.operation = call->operation, .arena = &arena, .err = err};
    struct xml_document doc;
    int64_t expires_at = 0;
    const struct xml_node *result = answer_xml(&a, &doc, &call->answer);
    const char *id = answer_text(&a, result, "Credentials/AccessKeyId");
    const char *key = answer_text(&a, result, "Credentials/SecretAccessKey");
    const char *token = answer_text(&a, result, "Credentials/SessionToken");
    const char *expiration = answer_text(&a, result, "Credentials/Expiration");
    if (!a.failed && !time_parse(&expires_at, expiration))
        answer_fail(&a, "Credentials/Expiration is not a time");
    if (!a.failed) {
        credentials_take(out, id, key, token);
        out->expires_at = expires_at;
    }
    xml_document_clear(&doc);
    arena_clear(&arena);
    return !a.failed;
}

/* A role that does not exist, one that does not trust the caller and one that the caller may not
 * assume: AWS answers them alike. */
static void explain_denial(struct error *err, const char *operation, const struct sts_role *role)
{
    if (role->web_identity_token)
        error_hint(err,
                   "look whether %s exists, and whether its trust policy allows sts:%s to the "
                   "token's issuer, audience and subject",
                   role->arn, operation);
    else
        error_hint(err,
                   "look whether %s exists, whether its trust policy allows this principal (and "
                   "asks for an external id or MFA), and allow the principal sts:%s on it",
                   role->arn, operation);
}

bool sts_assume(struct credentials *out, const struct sts_role *role, struct credentials *with,
                const struct aws_config *config, const struct credentials_means *means,
                struct error *err)
{
    struct aws_client *client;
    struct aws_call call = {
        .service = AWS_STS,
        .operation = role->web_identity_token ? "AssumeRoleWithWebIdentity" : "AssumeRole",
        .body.secret = true,
        .secret = role->web_identity_token,
    };
    struct aws_client_options options = {.config = config,
                                         .interrupted = means->interrupted,
                                         .interrupted_self = means->interrupted_self,
                                         .credentials = with};
    if (!aws_client_new(&client, &options, err))
        return false;
    write_request(&call, role);
    aws_run(client, &call, 1);
    bool done = call.ok && take_answer(out, &call, err);
    if (!call.ok) {
        *err = call.error;
        if (err->kind == ERROR_ACCESS)
            explain_denial(err, call.operation, role);
    }
    aws_call_clear(&call);
    aws_client_free(client);
    return done;
}
