/*
 * Makes calls against the endpoint of AWS_ENDPOINT_URL, one for each line on standard input, for
 * retry_botocore.py: "SERVICE MUTATION", or "new ATTEMPTS", which makes a new client with a full
 * quota; "hasty ATTEMPTS" one that gives up after half a second. Answers "ATTEMPTS OK UNKNOWN CODE"
 * and the error's
 * words. No retry waits.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "providers/aws/client.h"
#include "providers/aws/credentials/chain.h"

enum { HASTY_MS = 500 };

static double no_jitter(void *self)
{
    (void)self;
    return 0;
}

static struct aws_client *new_client(struct aws_config *config, int64_t timeout_ms)
{
    struct aws_client *client = NULL;
    struct error err = {0};
    struct aws_client_options options = {
        .config = config, .find = credentials_find, .random = no_jitter, .timeout_ms = timeout_ms};
    if (!aws_client_new(&client, &options, &err)) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
    return client;
}

static void call(struct aws_client *client, enum aws_service service, bool mutation)
{
    static const char *const operations[][2] = {
        [AWS_ECS] = {"ListClusters", "UpdateService"},
        [AWS_ELBV2] = {"DescribeRules", "ModifyListener"},
        [AWS_CLOUDWATCH] = {"ListMetrics", "PutMetricAlarm"},
        [AWS_STS] = {"GetCallerIdentity", "GetCallerIdentity"},
    };
    struct aws_call call = {
        .service = service, .operation = operations[service][mutation], .mutation = mutation};
    if (service == AWS_ECS)
        text_add(&call.body, "{}");
    else
        aws_query_begin(&call.body, service, call.operation);
    aws_run(client, &call, 1);
    printf("%d %d %d %s %s; %s\n", call.attempts, call.ok, call.outcome_unknown,
           call.error.aws_code[0] ? call.error.aws_code : "-", call.error.message, call.error.hint);
    aws_call_clear(&call);
}

int main(void)
{
    struct aws_config config;
    struct aws_client *client = NULL;
    struct error err = {0};
    char what[32];
    int number;
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!aws_config_read(&config, NULL, NULL, &err)) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    while (scanf("%31s %d", what, &number) == 2) {
        enum aws_service service = AWS_ECS;
        while (service < AWS_STS && strcmp(what, aws_signing_name(service)) != 0)
            service++;
        bool hasty = strcmp(what, "hasty") == 0;
        if (hasty || strcmp(what, "new") == 0) {
            aws_client_free(client);
            config.max_attempts = number;
            client = new_client(&config, hasty ? HASTY_MS : 0);
            printf("new\n");
        } else {
            call(client, service, number);
        }
    }
    aws_client_free(client);
    aws_config_clear(&config);
    return 0;
}
