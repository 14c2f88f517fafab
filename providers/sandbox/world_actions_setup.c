/* The action lists that the world starts with: written as requests, read as requests are. */
#include <assert.h>
#include <stdio.h>

#include "providers/sandbox/world_parts.h"

enum { MEMBERS_MAX = 32 };

struct request {
    struct arena arena;
    struct routing_member members[MEMBERS_MAX];
    size_t count;
};

__attribute__((format(printf, 3, 4))) static void put(struct request *request, const char *value,
                                                      const char *format, ...)
{
    assert(request->count < MEMBERS_MAX);
    struct routing_member *member = &request->members[request->count++];
    va_list ap;
    va_start(ap, format);
    member->path = arena_vprintf(&request->arena, format, ap);
    va_end(ap);
    member->value = arena_strdup(&request->arena, value);
}

static void put_number(struct request *request, int64_t value, const char *path)
{
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)value);
    put(request, number, "%s", path);
}

static void put_authenticate(struct request *request)
{
    static const char *const rows[][2] = {
        {"Type", "authenticate-oidc"},
        {"Order", "1"},
        {"AuthenticateOidcConfig.Issuer", "https://login.example.com"},
        {"AuthenticateOidcConfig.AuthorizationEndpoint", "https://login.example.com/authorize"},
        {"AuthenticateOidcConfig.TokenEndpoint", "https://login.example.com/token"},
        {"AuthenticateOidcConfig.UserInfoEndpoint", "https://login.example.com/userinfo"},
        {"AuthenticateOidcConfig.ClientId", "switchover-sandbox"},
        {"AuthenticateOidcConfig.ClientSecret", "not returned by reads"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        put(request, rows[i][1], "member.1.%s", rows[i][0]);
}

static void put_forward(struct request *request, const struct world *world, int action,
                        const struct listener_setup *setup)
{
    char number[24];
    int place = 0;
    put(request, "forward", "member.%d.Type", action);
    for (int group = 0; group < WORLD_GROUP_COUNT; group++) {
        const char *arn = world->groups[group].arn;
        if (setup->weights[group] < 0 || !world->groups[group].exists)
            continue;
        if (setup->single) {
            put(request, arn, "member.%d.TargetGroupArn", action);
            return;
        }
        place++;
        put(request, arn, "member.%d.ForwardConfig.TargetGroups.member.%d.TargetGroupArn", action,
            place);
        snprintf(number, sizeof number, "%d", setup->weights[group]);
        put(request, number, "member.%d.ForwardConfig.TargetGroups.member.%d.Weight", action,
            place);
    }
    if (!setup->sticky)
        return;
    put(request, "true", "member.%d.ForwardConfig.TargetGroupStickinessConfig.Enabled", action);
    snprintf(number, sizeof number, "%lld", (long long)setup->sticky_s);
    put(request, number, "member.%d.ForwardConfig.TargetGroupStickinessConfig.DurationSeconds",
        action);
}

static void put_answer(struct request *request, int action, enum default_action kind)
{
    if (kind == ACTION_REDIRECT) {
        put(request, "redirect", "member.%d.Type", action);
        put(request, "443", "member.%d.RedirectConfig.Port", action);
        put(request, "HTTPS", "member.%d.RedirectConfig.Protocol", action);
        put(request, "HTTP_301", "member.%d.RedirectConfig.StatusCode", action);
    } else {
        put(request, "fixed-response", "member.%d.Type", action);
        put(request, "503", "member.%d.FixedResponseConfig.StatusCode", action);
        put(request, "text/plain", "member.%d.FixedResponseConfig.ContentType", action);
        put(request, "closed for maintenance", "member.%d.FixedResponseConfig.MessageBody", action);
    }
}

static void read_own(struct world_actions *out, const struct world *world, struct request *request)
{
    struct refusal why;
    bool good = actions_read(out, world, true, request->members, request->count, NULL, &why);
    /* A listener of a setup may name only groups that do not exist: then it answers 503. */
    if (!good)
        *out = (struct world_actions){.forwards = true};
    arena_clear(&request->arena);
}

void actions_from_setup(struct world_actions *out, const struct world *world,
                        const struct listener_setup *setup)
{
    struct request request = {0};
    int action = 1;
    if (setup->authenticate) {
        put_authenticate(&request);
        action = 2;
        put_number(&request, action, "member.2.Order");
    }
    if (setup->action == ACTION_FORWARD)
        put_forward(&request, world, action, setup);
    else
        put_answer(&request, action, setup->action);
    read_own(out, world, &request);
}

void actions_forward(struct world_actions *out, const struct world *world, int group)
{
    struct listener_setup setup = {.single = true};
    for (int g = 0; g < WORLD_GROUP_COUNT; g++)
        setup.weights[g] = g == group ? 1 : -1;
    actions_from_setup(out, world, &setup);
}
