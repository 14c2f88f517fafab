#include "tests/fault/operation_name.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "planner/base/text.h"
#include "providers/aws/operation.h"

#define METRICS "GetMetricData"

/* By the start of the request's line; the first that fits. */
static const struct {
    const char *line, *name;
} paths[] = {
    {"GET /clusters/source/_cluster/health", "source-health"},
    {"GET /clusters/target/_cluster/health", "target-health"},
    {"GET /clusters/source/_cat/indices", "source-indices"},
    {"GET /clusters/target/_cat/indices", "target-indices"},
    {"PUT /latest/api/token ", "metadata-token"},
    {"GET /latest/meta-data/iam/security-credentials/ ", "metadata-role"},
    {"GET /latest/meta-data/iam/security-credentials/", "metadata-keys"},
    {"GET /container ", "container-keys"},
    {"GET /federation/credentials?", "sso-keys"},
    {"POST /token ", "sso-token"},
};

static const char *const beside[] = {
    METRICS "/percentiles",
    METRICS "/check",
    "AssumeRole",
    "AssumeRoleWithWebIdentity",
    "target-health",
    "source-indices",
    "target-indices",
    "metadata-token",
    "metadata-role",
    "metadata-keys",
    "container-keys",
    "sso-keys",
    "sso-token",
};

/* The word behind a mark. */
static bool word_behind(char out[OPERATION_NAME_SIZE], const char *bytes, const char *mark)
{
    const char *found = strstr(bytes, mark);
    if (!found)
        return false;
    found += strlen(mark);
    size_t n = 0;
    while (isalnum((unsigned char)found[n]))
        n++;
    if (n == 0 || n >= OPERATION_NAME_SIZE || !found[n]) /* it may go on in what is yet to come */
        return false;
    memcpy(out, found, n);
    out[n] = '\0';
    return true;
}

static bool name_of_path(char out[OPERATION_NAME_SIZE], const char *request)
{
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (text_starts(request, paths[i].line)) {
            snprintf(out, OPERATION_NAME_SIZE, "%s", paths[i].name);
            return true;
        }
    return false;
}

bool operation_name(char out[OPERATION_NAME_SIZE], const char *request)
{
    if (word_behind(out, request, "X-Amz-Target: AmazonEC2ContainerServiceV20141113."))
        return true;
    if (!word_behind(out, request, "\r\n\r\nAction="))
        return strstr(request, "\r\n") && name_of_path(out, request);
    if (strcmp(out, METRICS) != 0)
        return true;
    if (strstr(request, ".Stat=p"))
        snprintf(out, OPERATION_NAME_SIZE, METRICS "/percentiles");
    else if (strstr(request, ".Id=q0&"))
        snprintf(out, OPERATION_NAME_SIZE, METRICS "/check");
    return true;
}

size_t operation_names_count(void)
{
    return AWS_OPERATION_COUNT + sizeof beside / sizeof *beside;
}

const char *operation_name_at(size_t i)
{
    return i < AWS_OPERATION_COUNT ? aws_operations[i].name : beside[i - AWS_OPERATION_COUNT];
}
