#include "cmd/wire.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd/interrupt.h"
#include "cmd/prompt.h"
#include "planner/base/memory.h"
#include "planner/base/time.h"
#include "providers/aws/credentials/chain.h"
#include "providers/aws/observe.h"
#include "providers/local/host.h"

/* A request that is in flight when a signal comes is finished: a mutation whose answer nobody
 * waited for would leave its outcome unknown. This is as long as any one request may take. */
enum { FINISH_MS = 30 * SECOND_MS };

static bool is_overdue(void *self)
{
    struct wire *wire = self;
    if (wire->given_up && wire->given_up(wire->given_up_self))
        return true;
    if (!interrupt_happened(NULL))
        return false;
    if (!wire->stop_seen_at)
        wire->stop_seen_at = local_clock_monotonic_now();
    return local_clock_monotonic_now() - wire->stop_seen_at > FINISH_MS;
}

/* A key at the terminal, say: whatever it wants, it is to be heard. */
static bool is_poked(const struct local_clock *clock)
{
    struct pollfd poked = {.fd = clock->poke_fd, .events = POLLIN};
    return poll(&poked, 1, 0) > 0;
}

static bool is_hurried(void *self)
{
    const struct wire *wire = self;
    return interrupt_happened(NULL) || is_poked(&wire->local_clock) ||
           (wire->stop_wanted && wire->stop_wanted(wire->stop_wanted_self));
}

static bool open_clock(struct wire *out, struct error *err)
{
    const char *scale_text = getenv("SWITCHOVER_CLOCK");
    struct local_clock_scale scale = {.speed = 1};
    bool scaled = scale_text && *scale_text;
    if (scaled) {
        if (!aws_client_is_loopback(out->client)) {
            error_set(err, ERROR_USAGE,
                      "SWITCHOVER_CLOCK is set, but AWS's endpoints are not all "
                      "on this machine");
            return error_hint(err, "it belongs to the sandbox: unset SWITCHOVER_CLOCK");
        }
        if (!local_clock_scale_parse(&scale, scale_text, local_clock_real_now(), err))
            return error_context(err, "SWITCHOVER_CLOCK");
    }
    out->speed = scale.speed;
    local_clock_init(&out->local_clock, &out->clock, scaled ? &scale : NULL, interrupt_happened,
                     NULL, interrupt_fd());
    return true;
}

bool wire_open(struct wire *out, const struct planfile *file, const char *region, struct error *err)
{
    *out = (struct wire){.speed = 1, .local_clock.poke_fd = -1};
    snprintf(out->user_agent, sizeof out->user_agent, "switchover/%s plan/%.12s",
             SWITCHOVER_VERSION, file->digest);
    if (!aws_config_read(&out->config, file->profile, region, err))
        return false;
    if (file->role_arn)
        out->config.role_arn = memory_strdup(file->role_arn);
    struct aws_client_options options = {.config = &out->config,
                                         .user_agent = out->user_agent,
                                         .interrupted = is_overdue,
                                         .interrupted_self = out,
                                         .find = credentials_find,
                                         .means = {.ask_mfa = prompt_possible() ? prompt_mfa : NULL,
                                                   .programs_ask = prompt_possible(),
                                                   .interrupted = is_overdue,
                                                   .interrupted_self = out,
                                                   .hurried = is_hurried,
                                                   .hurried_self = out}};
    if (!aws_client_new(&out->client, &options, err) || !open_clock(out, err))
        return false;
    out->aws = (struct aws_cloud){out->client, &out->clock};
    aws_cloud_init(&out->cloud, &out->aws);
    checks_init(&out->checks, &out->prober,
                &(struct checks_options){.planfile = file->path,
                                         .user_agent = out->user_agent,
                                         .clock = &out->clock,
                                         .aws = out->client,
                                         .interrupted = interrupt_happened});
    return true;
}

void wire_open_offline(struct wire *out, const struct planfile *file, const char *region)
{
    struct error ignored;
    *out = (struct wire){.speed = 1};
    if (!aws_config_read(&out->config, file->profile, region, &ignored)) {
        aws_config_clear(&out->config);
        out->config = (struct aws_config){0};
    }
    local_clock_init(&out->local_clock, &out->clock, NULL, interrupt_happened, NULL,
                     interrupt_fd());
}

void wire_close(struct wire *wire)
{
    checks_clear(&wire->checks);
    aws_client_free(wire->client);
    aws_config_clear(&wire->config);
}

void wire_ahead(struct wire *wire, const struct subject *subject, unsigned facts)
{
    if (!wire->client) /* the cloud is none of AWS's: a rehearsal */
        return;
    if (facts)
        aws_observe_ahead(wire->client, subject, facts);
    else
        aws_client_warm(wire->client, AWS_ELBV2, 1);
}

struct surroundings wire_surroundings(const struct wire *wire)
{
    return (struct surroundings){
        .now = wire->clock.wall(wire->clock.self),
        .interactive = prompt_possible(),
        .on_ci = local_ci() != NULL,
        .state_is_local = true,
    };
}
