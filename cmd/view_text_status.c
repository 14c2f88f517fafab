#include "cmd/view_status.h"

#include <string.h>

#include "cmd/moment.h"
#include "planner/base/time.h"

enum { INDENT = 2, VALUES = 17 };

static void row(struct page *page, const char *name)
{
    page_column(page, INDENT);
    page_put(page, STYLE_FAINT, "%s", name);
    page_column(page, VALUES);
}

/* ---- live ---- */

/* Minutes [*from, *to) of the series: the newest settled ones. */
static void settled_minutes(const struct snapshot *live, size_t *from, size_t *to)
{
    const struct series *recent = &live->recent;
    *to = 0;
    while (*to < recent->minutes && series_settled(recent, *to, live->taken_at))
        ++*to;
    *from = *to > STATUS_MINUTES ? *to - STATUS_MINUTES : 0;
}

bool status_requests(const struct status *status, enum arm arm, int64_t *requests, size_t *minutes)
{
    size_t from, to;
    settled_minutes(status->live, &from, &to);
    *requests = series_sum(&status->live->recent, arm, METRIC_REQUESTS, from, to, minutes);
    return *minutes > 0;
}

static const char *describe(struct arena *arena, const struct routing *routing,
                            const struct subject *subject)
{
    return routing_describe(arena, routing, subject->arms[ARM_SOURCE].target_group_arn,
                            subject->arms[ARM_TARGET].target_group_arn);
}

static void show_headline(struct page *page, const struct status *status)
{
    const struct snapshot *live = status->live;
    int permille = -1;
    if (live->listener)
        permille = routing_target_permille(&live->listener->routing,
                                           live->subject.arms[ARM_SOURCE].target_group_arn,
                                           live->subject.arms[ARM_TARGET].target_group_arn);
    if (permille < 0)
        page_line(page, 0, STYLE_STRONG, "%s: neither source nor target has weight", status->name);
    else if (permille % 10)
        page_line(page, 0, STYLE_STRONG, "%s: %d.%d %% of the traffic goes to the target",
                  status->name, permille / 10, permille % 10);
    else
        page_line(page, 0, STYLE_STRONG, "%s: %d %% of the traffic goes to the target",
                  status->name, permille / 10);
}

static void show_listener(struct page *page, const struct snapshot *live)
{
    struct arena arena = {0};
    row(page, "listener");
    if (live->listener)
        page_wrap(page, STYLE_PLAIN, "%s, port %d: %s", live->subject.load_balancer,
                  live->listener->port, describe(&arena, &live->listener->routing, &live->subject));
    else
        page_wrap(page, STYLE_BAD, "%s: %s", live->subject.load_balancer,
                  live->why_no_listener ? live->why_no_listener : "not found");
    page_end_line(page);
    arena_clear(&arena);
}

static void add_targets(struct text *out, const struct snapshot *live, enum arm arm)
{
    const struct group_snapshot *group = &live->arms[arm].group;
    enum fact fact = arm == ARM_SOURCE ? FACT_HEALTH_SOURCE : FACT_HEALTH_TARGET;
    size_t before = out->len;
    if (!(live->known & fact)) {
        const struct error *why = snapshot_why_unknown(live, fact);
        text_addf(out, "not known (%s)", why ? why->message : "not asked");
        return;
    }
    for (int s = 0; s < HEALTH_STATE_COUNT; s++)
        if (group->health[s])
            text_addf(out, "%s%lld %s", out->len > before ? ", " : "", (long long)group->health[s],
                      health_state_name((enum health_state)s));
    if (out->len == before)
        text_add(out, "none");
}

static void show_arm(struct page *page, const struct status *status, enum arm arm)
{
    const struct snapshot *live = status->live;
    const struct service_snapshot *service = &live->arms[arm].service;
    struct text targets = {0};
    row(page, arm_name(arm));
    page_wrap(page, STYLE_PLAIN, "%s", live->subject.arms[arm].service);
    page_end_line(page);
    page_column(page, VALUES);
    if (!service->found)
        page_wrap(page, STYLE_BAD, "the service is not there");
    else
        page_wrap(page, STYLE_PLAIN, "tasks: %lld desired, %lld running, %lld pending",
                  (long long)service->desired, (long long)service->running,
                  (long long)service->pending);
    page_end_line(page);
    add_targets(&targets, live, arm);
    page_paragraph(page, VALUES, STYLE_PLAIN, "targets: %s", text_cstr(&targets));
    text_clear(&targets);

    int64_t requests;
    size_t minutes;
    if (status_requests(status, arm, &requests, &minutes))
        page_paragraph(page, VALUES, STYLE_PLAIN, "requests: %lld in %zu settled minute%s",
                       (long long)requests, minutes, minutes == 1 ? "" : "s");
    else
        page_paragraph(page, VALUES, STYLE_PLAIN,
                       "requests: not known, CloudWatch has no settled minute of them");
}

static void show_difference(struct page *page, const struct snapshot *live,
                            const struct routing *expected)
{
    struct arena arena = {0};
    const struct arm_subject *arms = live->subject.arms;
    const char *hidden = routing_describe_hidden(&arena, expected, &live->listener->routing,
                                                 arms[ARM_SOURCE].target_group_arn,
                                                 arms[ARM_TARGET].target_group_arn);
    page_wrap(page, STYLE_BAD, "no: recorded is %s%s%s", describe(&arena, expected, &live->subject),
              *hidden ? "; " : "", hidden);
    arena_clear(&arena);
}

static void show_expected(struct page *page, const struct status *status)
{
    const struct snapshot *live = status->live;
    const struct routing *expected = state_expected_routing(status->state, NULL);
    if (!live->listener)
        return;
    row(page, "as recorded");
    const char *source = live->subject.arms[ARM_SOURCE].target_group_arn;
    const char *target = live->subject.arms[ARM_TARGET].target_group_arn;
    if (routing_as_recorded(&live->listener->routing, expected, source, target))
        page_wrap(page, STYLE_GOOD, "yes, the weights are what this cutover left");
    else if (state_find_unsettled_shift(status->state, &live->listener->routing))
        page_wrap(page, STYLE_WARN, "the weights are what was being sent when the last run ended");
    else
        show_difference(page, live, expected);
    page_end_line(page);
}

static void show_command(struct page *page, const char *name, const char *command)
{
    if (!command)
        return;
    row(page, name);
    page_put(page, STYLE_PLAIN, "%s", command);
    page_end_line(page);
}

/* Somebody else than the last run: one that begins, or a revert that has not written yet. */
static void show_writer(struct page *page, const struct status *status)
{
    const struct writer *writer = status->writer;
    struct arena arena = {0};
    if (!writer->held || writer_life(writer, status->state) == RUN_LIFE_ON)
        return;
    row(page, "lock");
    page_wrap(page, STYLE_WARN, "held by %s", writer_describe(&arena, writer));
    page_end_line(page);
    arena_clear(&arena);
}

void view_text_status(struct page *page, const struct status *status)
{
    char time[TIME_TEXT_SIZE];
    show_headline(page, status);
    page_end_line(page);
    row(page, "read");
    page_put(page, STYLE_PLAIN, "%s", moment_format(time, status->live->taken_at));
    page_end_line(page);
    show_listener(page, status->live);
    show_arm(page, status, ARM_SOURCE);
    show_arm(page, status, ARM_TARGET);
    page_end_line(page);
    row(page, "state");
    page_wrap(page, STYLE_PLAIN, "%s%s", status->state_location,
              status->state ? "" : ": none, this cutover has changed nothing");
    page_end_line(page);
    if (status->state) {
        show_expected(page, status);
        view_text_state(page, status->state, status->writer, status->go_on, false);
    }
    show_writer(page, status);
    show_command(page, "go on", status->go_on);
    show_command(page, "go back", status->go_back);
}
