#include "providers/aws/endpoint.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "planner/base/memory.h"
#include "planner/base/text.h"
#include "providers/http/http.h"

enum { REGION_MAX = 32 };

/* botocore's data, "partitions.json"; NULL: its clients refuse to make up a dual-stack host. */
struct partition {
    const char *prefix; /* of its regions' names */
    const char *name, *domain, *dualstack_domain;
    bool is_gov; /* whose ordinary hosts are the FIPS ones, but for ECS (the services' rule sets) */
};

static const struct partition *partition_of(const char *region)
{
    static const struct partition partitions[] = {
        {"cn-", "aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn", false},
        {"us-gov-", "aws-us-gov", "amazonaws.com", "api.aws", true},
        {"us-iso-", "aws-iso", "c2s.ic.gov", "api.aws.ic.gov", false},
        {"us-isob-", "aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud", false},
        {"us-isof-", "aws-iso-f", "csp.hci.ic.gov", NULL, false},
        {"eu-isoe-", "aws-iso-e", "cloud.adc-e.uk", NULL, false},
        {"eusc-", "aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu", false},
        {"", "aws", "amazonaws.com", "api.aws", false},
    };
    const struct partition *p = partitions;
    while (!text_starts(region, p->prefix))
        p++;
    return p;
}

const char *aws_partition_of(const char *region)
{
    return partition_of(region)->name;
}

bool aws_is_region(const char *s)
{
    size_t n = strlen(s);
    return n > 0 && n <= REGION_MAX && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == n &&
           s[0] != '-' && s[n - 1] != '-' && !text_starts(s, "aws-") && !strstr(s, "fips");
}

static bool has_fips_name(const struct partition *partition, const char *service, bool dualstack)
{
    if (!partition->is_gov || text_same(service, "ecs"))
        return true;
    return dualstack && !text_same(service, "monitoring");
}

bool aws_endpoint_host(struct text *out, const struct aws_config *config, const char *service,
                       const char *region, struct error *err)
{
    if (!aws_is_region(region))
        return error_set(err, ERROR_USAGE, "\"%s\" is not the name of an AWS region", region);
    const struct partition *partition = partition_of(region);
    bool dualstack = config->use_dualstack;
    if (dualstack && !partition->dualstack_domain) {
        error_set(err, ERROR_USAGE, "AWS has no dual-stack endpoints in %s", region);
        return error_hint(err, "unset AWS_USE_DUALSTACK_ENDPOINT, or use_dualstack_endpoint of the "
                               "profile");
    }
    bool fips = config->use_fips && has_fips_name(partition, service, dualstack);
    text_addf(out, "%s%s.%s.%s", service, fips ? "-fips" : "", region,
              dualstack ? partition->dualstack_domain : partition->domain);
    return true;
}

/* The regions whose STS was once one host for all (the service's rule set). */
static bool is_global_sts(const struct aws_config *config)
{
    static const char *const regions[] = {
        "ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1",
        "eu-central-1",   "eu-north-1", "eu-west-1",      "eu-west-2",      "eu-west-3",
        "sa-east-1",      "us-east-1",  "us-east-2",      "us-west-1",      "us-west-2",
    };
    for (size_t i = 0; i < sizeof regions / sizeof *regions; i++)
        if (text_same(config->region, regions[i]))
            return config->sts_legacy && !config->use_fips && !config->use_dualstack;
    return false;
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
    *out = (struct aws_endpoint){.region = config->region};
    if (config->service_endpoint[service])
        return take_override(out, config->service_endpoint[service],
                             config->service_endpoint_from[service], err);
    if (config->endpoint)
        return take_override(out, config->endpoint, config->endpoint_from, err);

    bool global = service == AWS_STS && is_global_sts(config);
    struct text host = {0}, url = {0};
    if (global)
        text_add(&host, "sts.amazonaws.com");
    else if (!aws_endpoint_host(&host, config, aws_signing_name(service), config->region, err))
        return false;
    text_addf(&url, "https://%s/", host.data);
    out->host = text_steal(&host);
    out->url = text_steal(&url);
    out->path = out->url + strlen(out->url) - 1;
    if (global)
        out->region = "us-east-1";
    return true;
}

void aws_endpoint_clear(struct aws_endpoint *endpoint)
{
    free(endpoint->url);
    free(endpoint->host);
    *endpoint = (struct aws_endpoint){0};
}
