#include "cmd/print_aws.h"

#include <string.h>

#include "cmd/shell.h"
#include "cmd/view_text_plan.h"
#include "planner/base/time.h"
#include "planner/inverse.h"

struct command {
    struct page *page;
    const struct print_aws *in;
    const char *profile; /* whose credentials the next command uses; NULL: the environment's */
    struct text line;
};

static void end_line(struct command *c, bool continues)
{
    page_line(c->page, 0, STYLE_PLAIN, "%s%s", text_cstr(&c->line), continues ? " \\" : "");
    text_cut(&c->line, 0);
}

/* "    --name value", the line before it continued. */
static void option(struct command *c, const char *name, const char *value)
{
    end_line(c, true);
    text_addf(&c->line, "    %s ", name);
    shell_add(&c->line, value);
}

static void option_int(struct command *c, const char *name, int64_t value)
{
    end_line(c, true);
    text_addf(&c->line, "    %s %lld", name, (long long)value);
}

/* `aws SERVICE OPERATION` with what all commands have. */
static void begin(struct command *c, const char *words, const char *endpoint)
{
    text_addf(&c->line, "aws %s --region ", words);
    shell_add(&c->line, c->in->fallback->subject.region);
    if (c->profile) {
        text_add(&c->line, " --profile ");
        shell_add(&c->line, c->profile);
    }
    if (endpoint) {
        text_add(&c->line, " --endpoint-url ");
        shell_add(&c->line, endpoint);
    }
}

static void comment(struct command *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void comment(struct command *c, const char *format, ...)
{
    enum { MOST = 78 };
    va_list ap;
    struct text text = {0};
    va_start(ap, format);
    text_vaddf(&text, format, ap);
    va_end(ap);
    const char *rest = text_cstr(&text);
    while (strlen(rest) > MOST) {
        const char *space = memrchr(rest, ' ', MOST);
        if (!space)
            break;
        page_line(c->page, 0, STYLE_FAINT, "# %.*s", (int)(space - rest), rest);
        rest = space + 1;
    }
    page_line(c->page, 0, STYLE_FAINT, "# %s", rest);
    text_clear(&text);
}

static const struct arm_subject *arm_of(const struct command *c, enum arm arm)
{
    return &c->in->fallback->subject.arms[arm];
}

static void service_options(struct command *c, enum arm arm, const char *option_name)
{
    option(c, "--cluster", c->in->fallback->subject.cluster);
    option(c, option_name, arm_of(c, arm)->service);
}

/* Never down by surprise: a source that somebody made larger stays larger. */
static void print_scale(struct command *c, const struct action *action)
{
    bool up = action->after.count >= action->before.count;
    comment(c, up ? "only if it is lower now:"
                  : "only once the target group is quiet and has no weight anywhere:");
    if (up) {
        text_add(&c->line, "count=$(");
        begin(c, "ecs describe-services", c->in->ecs_endpoint);
        service_options(c, action->arm, "--services");
        option(c, "--query", "services[0].desiredCount");
        text_add(&c->line, " --output text)");
        end_line(c, false);
        text_addf(&c->line, "[ \"$count\" -ge %lld ] || ", (long long)action->after.count);
    }
    begin(c, "ecs update-service", c->in->ecs_endpoint);
    service_options(c, action->arm, "--service");
    option_int(c, "--desired-count", action->after.count);
    end_line(c, false);
    comment(c, "wait until it has settled:");
    begin(c, "ecs wait services-stable", c->in->ecs_endpoint);
    service_options(c, action->arm, "--services");
    end_line(c, false);
    comment(c, "wait until its targets are healthy:");
    begin(c, "elbv2 wait target-in-service", c->in->elbv2_endpoint);
    option(c, "--target-group-arn", arm_of(c, action->arm)->target_group_arn);
    end_line(c, false);
}

static void print_shift(struct command *c, const struct action *action)
{
    const char *listener = c->in->fallback->subject.listener_arn;
    struct text actions = {0};
    routing_write_aws_cli(&actions, &action->after.routing);
    comment(c, "the listener's whole default action as it was:");
    begin(c, "elbv2 modify-listener", c->in->elbv2_endpoint);
    option(c, "--listener-arn", listener);
    option(c, "--default-actions", text_cstr(&actions));
    end_line(c, false);
    comment(c, "verify; it must show the weights above:");
    begin(c, "elbv2 describe-listeners", c->in->elbv2_endpoint);
    option(c, "--listener-arns", listener);
    option(c, "--query", "Listeners[0].DefaultActions");
    end_line(c, false);
    text_clear(&actions);
}

static void print_drain(struct command *c, const struct action *action)
{
    struct arena arena = {0};
    char time[TIME_TEXT_SIZE];
    comment(c, "repeat until the last %s have no request (no data point is no request):",
            duration_format(time, action->duration_ms));
    begin(c, "cloudwatch get-metric-statistics", c->in->cloudwatch_endpoint);
    end_line(c, true);
    text_add(&c->line, "    --namespace AWS/ApplicationELB --metric-name RequestCount "
                       "--statistics Sum --period 60");
    end_line(c, true);
    text_add(&c->line, "    --dimensions ");
    text_add(&c->line, "Name=LoadBalancer,Value=");
    shell_add(&c->line, arn_dimension(&arena, c->in->fallback->subject.load_balancer_arn));
    text_add(&c->line, " Name=TargetGroup,Value=");
    shell_add(&c->line, arn_dimension(&arena, arm_of(c, action->arm)->target_group_arn));
    end_line(c, true);
    text_add(&c->line, "    --start-time \"$(date -u -d '-15 minutes' +%Y-%m-%dT%H:%M:00Z)\" "
                       "--end-time \"$(date -u +%Y-%m-%dT%H:%M:00Z)\"");
    end_line(c, false);
    arena_clear(&arena);
}

static void print_action(struct command *c, size_t number, const struct action *action)
{
    struct text change = {0};
    view_text_change(&change, c->in->fallback, action);
    page_end_line(c->page);
    comment(c, "%zu. %s: %s", number, action->address, text_cstr(&change));
    text_clear(&change);
    switch (action->kind) {
    case ACTION_SCALE:
        print_scale(c, action);
        break;
    case ACTION_SHIFT:
        print_shift(c, action);
        break;
    case ACTION_DRAIN:
        print_drain(c, action);
        break;
    default:
        break;
    }
}

/* Into the environment, where the commands behind it find the keys: a profile's would go first. */
static void print_role(struct command *c)
{
    page_end_line(c->page);
    comment(c, "the role that the plan file names (aws.role_arn); its keys last for an hour:");
    text_add(&c->line, "keys=$(");
    begin(c, "sts assume-role", c->in->sts_endpoint);
    option(c, "--role-arn", c->in->role_arn);
    option(c, "--role-session-name", "switchover-fallback");
    option(c, "--query", "Credentials.[AccessKeyId,SecretAccessKey,SessionToken]");
    text_add(&c->line, " --output text) && set -- $keys &&");
    end_line(c, false);
    text_add(&c->line, "    export AWS_ACCESS_KEY_ID=\"$1\" AWS_SECRET_ACCESS_KEY=\"$2\" "
                       "AWS_SESSION_TOKEN=\"$3\"");
    end_line(c, false);
    c->profile = NULL;
}

void print_aws(struct page *page, const struct print_aws *in)
{
    struct command c = {.page = page, .in = in, .profile = in->profile};
    struct arena arena = {0};
    comment(&c, "The fallback of %s as AWS CLI commands, in this order.", in->name);
    comment(&c, "%s", inverse_data_boundary(&arena, -1));
    if (in->role_arn)
        print_role(&c);
    for (size_t i = 0; i < in->fallback->action_count; i++)
        print_action(&c, i + 1, &in->fallback->actions[i]);
    arena_clear(&arena);
    text_clear(&c.line);
}
