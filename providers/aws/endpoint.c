#include "providers/aws/endpoint.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "planner/base/memory.h"
#include "planner/base/text.h"
#include "providers/http/http.h"

/* The domain of the partition that a region lies in (botocore's data, "partitions.json"). */
static const char *domain_of(const char *region)
{
    static const struct {
        const char *prefix, *domain;
    } partitions[] = {
        {"cn-", "amazonaws.com.cn"},    {"us-gov-", "amazonaws.com"},
        {"us-iso-", "c2s.ic.gov"},      {"us-isob-", "sc2s.sgov.gov"},
        {"us-isof-", "csp.hci.ic.gov"}, {"eu-isoe-", "cloud.adc-e.uk"},
        {"eusc-", "amazonaws.eu"},
    };
    for (size_t i = 0; i < sizeof partitions / sizeof *partitions; i++)
        if (text_starts(region, partitions[i].prefix))
            return partitions[i].domain;
    return "amazonaws.com";
}

/* The Host header's form of what stands between "://" and the path. */
static char *host_header(const char *authority, size_t n, const char *own_port)
{
    struct text host = {0};
    for (size_t i = 0; i < n; i++)
        text_add_char(&host, (char)tolower((unsigned char)authority[i]));
    if (host.len && text_ends(host.data, own_port))
        text_cut(&host, host.len - strlen(own_port));
    return text_steal(&host);
}

static bool take_override(struct aws_endpoint *out, const char *url, const char *from,
                          struct error *err)
{
    bool secure = strncasecmp(url, "https://", 8) == 0;
    const char *authority = url + (secure ? 8 : 7);
    size_t n = strcspn(authority, "/?#");
    if (n == 0 || memchr(authority, '@', n) || strpbrk(authority, "?# \t\r\n\\"))
        return error_set(err, ERROR_USAGE,
                         "%s is not a plain URL: a scheme, a host, and perhaps a port and a path "
                         "are expected",
                         from);
    struct text whole = {0};
    text_addf(&whole, "%s%s", url, authority[n] ? "" : "/");
    out->url = text_steal(&whole);
    out->path = out->url + (authority - url) + n;
    out->host = host_header(authority, n, secure ? ":443" : ":80");
    out->from = from;
    out->loopback = http_is_loopback(out->host);
    return true;
}

bool aws_endpoint_find(struct aws_endpoint *out, const struct aws_config *config,
                       enum aws_service service, struct error *err)
{
    *out = (struct aws_endpoint){0};
    if (config->service_endpoint[service])
        return take_override(out, config->service_endpoint[service],
                             config->service_endpoint_from[service], err);
    if (config->endpoint)
        return take_override(out, config->endpoint, config->endpoint_from, err);

    struct text host = {0}, url = {0};
    text_addf(&host, "%s.%s.%s", aws_signing_name(service), config->region,
              domain_of(config->region));
    text_addf(&url, "https://%s/", host.data);
    out->host = text_steal(&host);
    out->url = text_steal(&url);
    out->path = out->url + strlen(out->url) - 1;
    return true;
}

void aws_endpoint_clear(struct aws_endpoint *endpoint)
{
    free(endpoint->url);
    free(endpoint->host);
    *endpoint = (struct aws_endpoint){0};
}
