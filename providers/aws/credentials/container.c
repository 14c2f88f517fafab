/*
 * Keys of an ECS task or an EKS pod: an agent beside the container gives them out (AWS SDKs and
 * Tools reference guide, "Container credential provider").
 *
 * Over plain HTTP it must be this machine or one of the agents' own addresses, for whoever sets
 * the variable could else send the token anywhere. A name is not looked up: but for localhost,
 * which never leaves the machine, it is refused, as botocore refuses it.
 */
#include <string.h>

#include "planner/base/text.h"
#include "planner/base/time.h"
#include "providers/aws/aws_error.h"
#include "providers/aws/credentials/source.h"

#define RELATIVE "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
#define FULL     "AWS_CONTAINER_CREDENTIALS_FULL_URI"
#define TOKEN    "AWS_CONTAINER_AUTHORIZATION_TOKEN"

static const struct credentials_patience patience = {3, 2 * SECOND_MS};

/* Where to ask, and what to show there. */
struct agent {
    const char *variable; /* that names it */
    struct text url, host, token;
};

static void agent_clear(struct agent *agent)
{
    text_clear(&agent->url);
    text_clear(&agent->host);
    text_clear(&agent->token);
}

/* Of ECS, and of EKS by IPv4 and IPv6. */
static bool is_an_agents(const char *host)
{
    static const char *const agents[] = {"169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"};
    for (size_t i = 0; i < sizeof agents / sizeof *agents; i++)
        if (strcmp(host, agents[i]) == 0)
            return true;
    return false;
}

static bool find_agent(struct agent *out, const char *relative, const char *full, struct error *err)
{
    bool tls = false;
    out->variable = relative ? RELATIVE : FULL;
    if (relative && relative[0] != '/')
        return error_set(err, ERROR_USAGE, RELATIVE " does not begin with /");
    text_addf(&out->url, "%s%s", relative ? "http://169.254.170.2" : "",
              relative ? relative : full);
    if (!http_url_host(&out->host, &tls, out->url.data) || !out->host.len)
        return error_set(err, ERROR_USAGE, "%s is not a URL that begins with http:// or https://",
                         out->variable);
    if (tls || is_an_agents(out->host.data) || http_is_loopback(out->host.data))
        return true;
    error_set(err, ERROR_USAGE,
              "%s names the host %s over plain HTTP, which could be anyone's: nothing was sent",
              out->variable, out->host.data);
    return error_hint(err, "use https://, or the loopback address, 169.254.170.2 (ECS), "
                           "169.254.170.23 or [fd00:ec2::23] (EKS)");
}

/* The file changes while the tool runs: it is read each time. */
static bool find_token(struct agent *out, struct error *err)
{
    const char *path = credentials_variable(TOKEN "_FILE");
    const char *token = credentials_variable(TOKEN);
    out->token.secret = true;
    if (path) {
        if (!credentials_read_file(&out->token, path, "the container's authorization token", err))
            return false;
    } else if (token) {
        text_add(&out->token, token);
    }
    if (out->token.len && strpbrk(out->token.data, "\r\n"))
        return error_set(err, ERROR_CREDENTIALS, "the value of %s holds a line break",
                         path ? TOKEN "_FILE" : TOKEN);
    return true;
}

static void explain(const struct agent *agent, const struct http_exchange *exchange,
                    struct error *err)
{
    struct aws_error said = {0};
    struct text words = {0};
    aws_error_read(&said, text_cstr(&exchange->body_in), exchange->body_in.len);
    aws_words_hide(said.message, agent->token.data);
    aws_words_hide(said.code, agent->token.data);
    if (said.code[0])
        text_addf(&words, ", %s%s%s", said.code, said.message[0] ? ": " : "", said.message);
    error_set(err, ERROR_CREDENTIALS, "the container's credentials agent at %s answered %d%s",
              agent->host.data, exchange->status, text_cstr(&words));
    text_clear(&words);
}

static bool ask(struct credentials *out, const struct agent *agent,
                const struct credentials_search *search, struct error *err)
{
    static const char from[] = "the container's credentials agent";
    struct http_header headers[] = {{"Accept", "application/json"},
                                    {"Authorization", text_cstr(&agent->token)}};
    struct http_exchange exchange = {.method = "GET",
                                     .url = agent->url.data,
                                     .headers = headers,
                                     .header_count = agent->token.len ? 2 : 1,
                                     .direct = true};
    bool done = credentials_ask(&exchange, search, &patience, err);
    if (!done)
        error_context(err, "%s, which %s names", from, agent->variable);
    else if ((done = exchange.status == 200))
        done = credentials_take_json(out, text_cstr(&exchange.body_in), exchange.body_in.len,
                                     "Token", from, err);
    else
        explain(agent, &exchange, err);
    http_exchange_clear(&exchange);
    return done;
}

enum credentials_found credentials_from_container(struct credentials *out,
                                                  const struct credentials_search *search,
                                                  struct error *err)
{
    const char *relative = credentials_variable(RELATIVE), *full = credentials_variable(FULL);
    struct agent agent = {0};
    if (!relative && !full)
        return CREDENTIALS_ABSENT;
    bool done = find_agent(&agent, relative, full, err) && find_token(&agent, err) &&
                ask(out, &agent, search, err);
    if (done)
        credentials_name(out, "the container's credentials agent at %s", agent.host.data);
    agent_clear(&agent);
    return done ? CREDENTIALS_FOUND : CREDENTIALS_FAILED;
}
