#include "providers/aws/explain.h"

#include <stdio.h>
#include <string.h>

#include "planner/base/text.h"
#include "providers/aws/retry.h"

enum { ACTION_SIZE = 96 };

/* The IAM action: what an operator has to write into a policy. */
static const char *action_of(char out[ACTION_SIZE], const struct explain_about *about)
{
    snprintf(out, ACTION_SIZE, "%s:%s", aws_iam_prefix(about->service), about->operation);
    return out;
}

/* ---- credentials ---- */

static void say_expired(struct error *err, const struct aws_error *said,
                        const struct explain_about *about)
{
    error_set(err, ERROR_CREDENTIALS, "the AWS credentials from %s have expired (%s)",
              about->credentials, said->code);
    if (about->why_not_renewed) {
        const struct error *why = about->why_not_renewed;
        error_set(err, ERROR_CREDENTIALS,
                  "the AWS credentials from %s have expired (%s), and there are no new ones: %s",
                  about->credentials, said->code, why->message);
        if (why->hint[0])
            return (void)error_hint(err, "%s", why->hint);
    }
    if (text_same(about->credentials, "the environment"))
        error_hint(err, "set new AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, "
                        "and run the same command again");
    else
        error_hint(err,
                   "sign in again, so that new ones are there: a wait that goes on takes them; "
                   "else run the same command again");
}

static void say_unknown_key(struct error *err, const struct aws_error *said,
                            const struct explain_about *about)
{
    error_set(err, ERROR_CREDENTIALS, "AWS does not know the access key from %s (%s: %s)",
              about->credentials, said->code, said->message);
    error_hint(err,
               "it may be deleted or inactive, temporary without its session token, or of another "
               "partition or account than region %s needs",
               about->region);
}

static void say_bad_signature(struct error *err, const struct aws_error *said,
                              const struct explain_about *about)
{
    error_set(err, ERROR_CREDENTIALS, "AWS does not accept the signature (%s: %s)", said->code,
              said->message);
    if (strstr(said->message, "scoped to"))
        return (void)error_hint(err,
                                "%s is the endpoint of another region than %s: check aws.region, "
                                "AWS_REGION and AWS_ENDPOINT_URL",
                                about->endpoint->host, about->region);
    error_hint(err,
               "most often the secret access key from %s does not belong to its access key id; "
               "else this host's clock is wrong, or a proxy changes requests",
               about->credentials);
}

static void say_unsigned(struct error *err, const struct aws_error *said,
                         const struct explain_about *about)
{
    error_set(err, ERROR_CREDENTIALS, "the signature did not reach %s whole (%s: %s)",
              about->endpoint->host, said->code, said->message);
    error_hint(err, "a proxy on the way may have removed or changed the Authorization header");
}

static void say_clock(struct error *err, const struct aws_error *said,
                      const struct explain_about *about)
{
    (void)about;
    error_set(err, ERROR_CREDENTIALS, "AWS does not accept the time of the signature (%s: %s)",
              said->code, said->message);
    error_hint(err, "set this host's clock (NTP), then run the same command again");
}

/* ---- access ---- */

/* "User: P is not authorized to perform: A on resource: R because ..." in fewer words. */
static bool shorten_denial(struct text *out, const char *message)
{
    static const char user[] = "User: ", middle[] = " is not authorized to perform: ";
    static const char on[] = " on resource: ";
    const char *principal = strstr(message, user);
    const char *action = principal ? strstr(principal, middle) : NULL;
    if (!action)
        return false;
    principal += sizeof user - 1;
    text_add_bytes(out, principal, (size_t)(action - principal));
    action += sizeof middle - 1;
    const char *resource = strstr(action, on);
    text_add(out, " may not ");
    text_add_bytes(out, action, resource ? (size_t)(resource - action) : strlen(action));
    if (resource)
        text_addf(out, " on %s", resource + sizeof on - 1);
    return true;
}

static void say_denied(struct error *err, const struct aws_error *said,
                       const struct explain_about *about)
{
    char action[ACTION_SIZE];
    struct text words = {0};
    action_of(action, about);
    if (!shorten_denial(&words, said->message))
        text_addf(&words, "%s%s%s", action, said->message[0] ? ": " : " is not allowed",
                  said->message);
    error_set(err, ERROR_ACCESS, "access denied: %s", words.data);
    error_hint(
        err, "allow %s in a policy of the principal whose credentials %s holds, or use others%s",
        action, about->credentials,
        about->service == AWS_STS ? ""
                                  : "; `switchover policy FILE` prints all that a plan file needs");
    text_clear(&words);
}

static void say_not_opted_in(struct error *err, const struct aws_error *said,
                             const struct explain_about *about)
{
    error_set(err, ERROR_ACCESS, "the account may not use region %s (%s: %s)", about->region,
              said->code, said->message);
    error_hint(err, "enable the region in the account, or correct aws.region");
}

/* ---- the rest ---- */

static void say_not_found(struct error *err, const struct aws_error *said,
                          const struct explain_about *about)
{
    char action[ACTION_SIZE];
    error_set(err, ERROR_NOT_FOUND, "%s: %s (%s)", action_of(action, about),
              said->message[0] ? said->message : "there is no such thing", said->code);
    error_hint(err, "look at the names in the plan file, and whether %s is its region",
               about->region);
}

static void say_throttled(struct error *err, const struct aws_error *said,
                          const struct explain_about *about)
{
    char action[ACTION_SIZE];
    error_set(err, ERROR_SERVICE, "AWS throttles %s, also at attempt %d (%s)",
              action_of(action, about), about->attempts, said->code);
    error_hint(err, "the account's request quota is shared with everything else that runs in it; "
                    "run the same command again in a minute");
}

static void say_other(struct error *err, const struct aws_error *said, int status,
                      const struct explain_about *about)
{
    char action[ACTION_SIZE];
    action_of(action, about);
    error_set(err, ERROR_SERVICE, "%s failed%s: %s%s%s", action,
              status >= 500 && about->attempts > 1 ? " at every attempt" : "", said->code,
              said->message[0] ? ": " : "", said->message);
    if (status >= 500)
        error_hint(err, "an error inside AWS; run the same command again, and look at the AWS "
                        "Health Dashboard if it stays");
}

static void say_endpoint(struct error *err, const struct explain_about *about)
{
    if (about->endpoint->from)
        error_hint(err, "the endpoint comes from %s", about->endpoint->from);
}

/* No code: it was not AWS that answered, or not the part of it that was meant. */
static void say_page(struct error *err, const struct aws_error *said, int status,
                     const struct explain_about *about)
{
    error_set(err, ERROR_SERVICE, "%s answered %s with HTTP status %d and not as AWS does%s%s%s",
              about->endpoint->host, about->operation, status, said->message[0] ? " (\"" : "",
              said->message, said->message[0] ? "\")" : "");
    if (about->endpoint->from)
        say_endpoint(err, about);
    else
        error_hint(err, "a proxy or a gateway on the way may have answered instead");
}

typedef void sayer(struct error *err, const struct aws_error *said,
                   const struct explain_about *about);

static sayer *sayer_of(const char *code)
{
    static const struct {
        const char *code;
        sayer *say;
    } meanings[] = {
        {"ExpiredToken", say_expired},
        {"ExpiredTokenException", say_expired},
        {"TokenRefreshRequired", say_expired},
        {"InvalidClientTokenId", say_unknown_key},
        {"UnrecognizedClientException", say_unknown_key},
        {"InvalidAccessKeyId", say_unknown_key},
        {"InvalidToken", say_unknown_key},
        {"AuthFailure", say_unknown_key},
        {"SignatureDoesNotMatch", say_bad_signature},
        {"InvalidSignatureException", say_bad_signature},
        {"IncompleteSignature", say_unsigned},
        {"IncompleteSignatureException", say_unsigned},
        {"MissingAuthenticationToken", say_unsigned},
        {"MissingAuthenticationTokenException", say_unsigned},
        {"RequestTimeTooSkewed", say_clock},
        {"RequestExpired", say_clock},
        {"RequestInTheFuture", say_clock},
        {"AccessDenied", say_denied},
        {"AccessDeniedException", say_denied},
        {"UnauthorizedOperation", say_denied},
        {"NotAuthorized", say_denied},
        {"OptInRequired", say_not_opted_in},
    };
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (strcmp(code, meanings[i].code) == 0)
            return meanings[i].say;
    if (text_ends(code, "NotFound") || text_ends(code, "NotFoundException"))
        return say_not_found;
    struct retry_attempt attempt = {.sent = true, .status = 400, .code = code};
    return retry_classify(&attempt) == RETRY_THROTTLED ? say_throttled : NULL;
}

void explain_answer(struct error *err, const struct aws_error *said, int status,
                    const struct explain_about *about)
{
    sayer *say = sayer_of(said->code);
    if (!said->code[0])
        say_page(err, said, status, about);
    else if (say)
        say(err, said, about);
    else
        say_other(err, said, status, about);
    snprintf(err->aws_code, sizeof err->aws_code, "%s", said->code);
    err->http_status = status;
}

void explain_cut_off(struct error *err, const struct explain_about *about)
{
    error_set(err, ERROR_SERVICE, "the answer of %s is not readable: it is cut off",
              about->operation);
    if (about->endpoint->from)
        say_endpoint(err, about);
    else
        error_hint(err, "a proxy on the way may have ended it early");
}

static void say_unreachable(struct error *err, const struct explain_about *about)
{
    bool fips = strstr(about->endpoint->host, "-fips.") != NULL;
    error_hint(err,
               "check that %s is the right region and that this host reaches AWS: VPC "
               "endpoints, security groups, HTTPS_PROXY%s",
               about->region,
               fips ? "; AWS has FIPS endpoints (AWS_USE_FIPS_ENDPOINT) in some regions only" : "");
}

static void say_insecure(struct error *err, const struct explain_about *about)
{
    if (about->endpoint->from)
        error_hint(err,
                   "the endpoint comes from %s; name the authority of its certificate in "
                   "AWS_CA_BUNDLE, and look at this host's clock",
                   about->endpoint->from);
    else
        error_hint(err, "if a proxy of yours signs TLS anew, name its authority in AWS_CA_BUNDLE; "
                        "else look at this host's clock and its CA certificates");
}

void explain_failure(struct error *err, const struct http_exchange *exchange,
                     const struct explain_about *about)
{
    *err = exchange->error;
    error_context(err, "%s", about->operation);
    if (exchange->failure == HTTP_STOPPED)
        return;
    if (exchange->failure == HTTP_NOT_SECURE)
        say_insecure(err, about);
    else if (about->endpoint->from)
        say_endpoint(err, about);
    else if (exchange->failure == HTTP_NOT_CONNECTED || exchange->failure == HTTP_TIMED_OUT)
        say_unreachable(err, about);
    else if (exchange->failure == HTTP_NO_HANDSHAKE)
        error_hint(err, "the other end or a proxy on the way broke the TLS handshake off, or "
                        "speaks nothing newer than TLS 1.1");
}
