#include "planner/planfile_schema.h"

#include <stdio.h>
#include <string.h>

#include "planner/base/text.h"
#include "planner/base/time.h"
#include "planner/planfile.h"
#include "planner/planfile_checks.h"
#include "planner/planfile_gates.h"
#include "planner/planfile_later.h"
#include "planner/planfile_names.h"
#include "planner/planfile_text.h"

#define AT(field) .offset = offsetof(struct planfile, field)

enum { TASKS_MAX = 10000, REASON_MAX = 200, PORT_MAX = 65535, HOLD_LEAST_MS = 6 * MINUTE_MS };

/* Another format's number is answered before any key is read (planfile.c). */
static bool value_format(struct reader *r, const struct key *key, const struct yaml_node *node,
                         void *out)
{
    (void)key, (void)out;
    if (!node->refused && node->kind == YAML_SCALAR && node->plain && text_same(node->text, "1"))
        return true;
    return reader_expected(r, node, "the format's number, %d", PLANFILE_FORMAT);
}

static bool value_port(struct reader *r, const struct key *key, const struct yaml_node *node,
                       void *out)
{
    int64_t port;
    if (!value_int(r, key, node, &port))
        return false;
    *(int *)out = (int)port;
    return true;
}

static bool value_target_count(struct reader *r, const struct key *key,
                               const struct yaml_node *node, void *out)
{
    static const char expected[] = "at-least-source or a whole number from 1 to 10000";
    if (!reader_scalar(r, node, expected))
        return false;
    if (text_same(node->text, "at-least-source")) {
        *(int64_t *)out = PLANFILE_COUNT_AT_LEAST_SOURCE;
        return true;
    }
    int64_t count;
    if (!node->plain || !decimal_parse(&count, node->text, 0) || count < key->min ||
        count > key->max)
        return reader_expected(r, node, "%s", expected);
    *(int64_t *)out = count;
    return true;
}

/* ---- traffic ---- */

static bool value_hold(struct reader *r, const struct key *key, const struct yaml_node *node,
                       void *out)
{
    const struct key any = {.name = key->name};
    int64_t ms;
    if (!value_duration(r, &any, node, &ms))
        return false;
    if (ms != 0 && ms < HOLD_LEAST_MS) {
        reader_expected(r, node, "0s or a duration of at least 6m");
        return reader_hint(r, "the minute of the shift is skipped and 5 are judged; 0s: no gate");
    }
    *(int64_t *)out = ms;
    return true;
}

static const struct key step_rows[] = {
    {"target", value_share, .offset = offsetof(struct planfile_step, target_permille),
     .required = true},
    {"hold", value_hold, .offset = offsetof(struct planfile_step, hold_ms)},
};
static const struct keys step_keys = {KEYS(step_rows)};

static bool rises(struct reader *r, const struct planfile_step *before,
                  const struct planfile_step *step, const struct yaml_node *item)
{
    if (!before->target_permille || step->target_permille > before->target_permille)
        return true;
    const struct yaml_node *target = yaml_value(item, "target");
    reader_enter(r, "target", 0);
    char share[16];
    snprintf(share, sizeof share, before->target_permille % 10 ? "%d.%d" : "%d",
             before->target_permille / 10, before->target_permille % 10);
    reader_expected(r, target, "more than %s, which the step before it has", share);
    reader_leave(r);
    return false;
}

/* Each step is held against the one before it: one that is wrong makes no other one wrong. */
static bool value_steps(struct reader *r, const struct key *key, const struct yaml_node *node,
                        void *out)
{
    struct planfile *file = out;
    struct planfile_step *steps = NULL, before = {0};
    size_t count = 0;
    bool good = true;

    if (node->kind != YAML_SEQUENCE || !node->count)
        return reader_expected(r, node, "a list of steps such as - {target: 100, hold: 10m}");
    if (node->count > PLANFILE_MAX_STEPS)
        return reader_expected(r, node, "at most %d steps", PLANFILE_MAX_STEPS);
    for (size_t i = 0; i < node->count; i++) {
        struct planfile_step step = {.hold_ms = 10 * MINUTE_MS, .span = node->items[i]->span};
        reader_enter(r, NULL, i);
        good = reader_keys(r, key->under, node->items[i], &step) && good;
        if (step.target_permille)
            good = rises(r, &before, &step, node->items[i]) && good;
        reader_leave(r);
        before = step;
        *(struct planfile_step *)arena_append(r->arena, &steps, &count, sizeof *steps) = step;
    }
    file->steps = steps;
    file->step_count = count;
    return good;
}

static const struct key traffic_rows[] = {
    {"steps", value_steps, .under = &step_keys, .list = true},
};
static const struct keys traffic_keys = {KEYS(traffic_rows)};

/* ---- drain, window ---- */

static bool check_drain(struct reader *r, const struct found *found, void *record)
{
    const struct planfile *file = record;
    const struct yaml_node *quiet = found_value(found, "quiet_for");
    const struct yaml_node *timeout = found_value(found, "timeout");
    if (found_bad(found, "quiet_for") || found_bad(found, "timeout") ||
        file->quiet_for_ms <= file->drain_timeout_ms)
        return true;
    char quiet_text[TIME_TEXT_SIZE], timeout_text[TIME_TEXT_SIZE];
    return reader_refuse(r, quiet ? quiet->span : timeout->span,
                         "\"quiet_for\" (%s) must not be longer than \"timeout\" (%s)",
                         duration_format(quiet_text, file->quiet_for_ms),
                         duration_format(timeout_text, file->drain_timeout_ms));
}

static const struct key drain_rows[] = {
    {"quiet_for", value_duration, AT(quiet_for_ms)},
    {"timeout", value_duration, AT(drain_timeout_ms), .min = MINUTE_MS},
};
static const struct keys drain_keys = {KEYS(drain_rows), .check = check_drain};

static bool check_window(struct reader *r, const struct found *found, void *record)
{
    struct planfile *file = record;
    const struct yaml_node *closes = found_value(found, "closes");
    if (!closes || !found_value(found, "opens"))
        return true;
    file->has_window = true;
    if (file->window_closes_at > file->window_opens_at)
        return true;
    return reader_refuse(r, closes->span, "the window closes before it opens");
}

static const struct key window_rows[] = {
    {"opens", value_instant, AT(window_opens_at), .required = true},
    {"closes", value_instant, AT(window_closes_at), .required = true},
};
static const struct keys window_keys = {KEYS(window_rows), .check = check_window};

/* ---- attest, allow ---- */

static const struct key attest_rows[] = {
    {"all-traffic-through-listener", value_text, AT(attested[ATTEST_ALL_TRAFFIC]),
     .max = REASON_MAX},
    {"traffic-compatible", value_text, AT(attested[ATTEST_COMPATIBLE]), .max = REASON_MAX},
};
static const struct keys attest_keys = {KEYS(attest_rows)};

static bool read_allowance(struct reader *r, const struct key *key, const struct yaml_entry *entry,
                           struct allowance *out)
{
    bool good = true;
    /* check:NAME is judged when all checks are read (check_file) */
    int waivable =
        text_starts(entry->key, PLANFILE_CHECK_PREFIX) ? 1 : r->known_waivable(entry->key);
    if (waivable < 0) {
        good = reader_refuse(r, entry->span, "\"%.*s\" is no precondition's id",
                             text_shown(entry->key, READER_SHOWN_MAX), entry->key);
        reader_hint(r, "a plan shows the id of each precondition");
    } else if (!waivable) {
        good = reader_refuse(r, entry->span, "the precondition \"%s\" can't be waived", entry->key);
    }
    *out = (struct allowance){.id = entry->key, .span = entry->span};
    reader_enter(r, entry->key, 0);
    good = value_text(r, key, entry->value, &out->because) && good;
    reader_leave(r);
    return good;
}

static bool value_allow(struct reader *r, const struct key *key, const struct yaml_node *node,
                        void *out)
{
    struct planfile *file = out;
    bool good = true;
    if (node->kind != YAML_MAPPING)
        return reader_expected(r, node, "a mapping of preconditions' ids to reasons");
    for (size_t i = 0; i < node->count; i++) {
        struct allowance allowance;
        if (node->entries[i].duplicate)
            continue;
        if (!read_allowance(r, key, &node->entries[i], &allowance)) {
            good = false;
            continue;
        }
        *(struct allowance *)arena_append(r->arena, &file->allowances, &file->allowance_count,
                                          sizeof allowance) = allowance;
    }
    return good;
}

/* ---- the rest ---- */

static const struct key aws_rows[] = {
    {"region", value_region, AT(region)},
    {"account", value_account, AT(account)},
    {"profile", value_text, AT(profile), .max = 128},
    {"role_arn", value_role_arn, AT(role_arn)},
};
static const struct keys aws_keys = {KEYS(aws_rows)};

static const struct key listener_rows[] = {
    {"port", value_port, AT(listener_port), .min = 1, .max = PORT_MAX},
};
static const struct keys listener_keys = {KEYS(listener_rows)};

static const struct key source_rows[] = {
    {"service", value_ecs_name, AT(arms[ARM_SOURCE].service)},
    {"target_group", value_target_group, AT(arms[ARM_SOURCE].target_group)},
    {"min_count", value_int, AT(min_count), .min = 1, .max = TASKS_MAX},
};
static const struct keys source_keys = {KEYS(source_rows)};

static const struct key target_rows[] = {
    {"service", value_ecs_name, AT(arms[ARM_TARGET].service)},
    {"target_group", value_target_group, AT(arms[ARM_TARGET].target_group)},
    {"count", value_target_count, AT(target_count), .min = 1, .max = TASKS_MAX},
    {"ready_timeout", value_duration, AT(ready_timeout_ms), .min = SECOND_MS},
};
static const struct keys target_keys = {KEYS(target_rows)};

static const struct key revert_rows[] = {{"restore_counts", value_bool, AT(restore_counts)}};
static const struct keys revert_keys = {KEYS(revert_rows)};

/* In the order of DESIGN, section 3. A row without an offset passes the planfile on. */
static const struct key planfile_rows[] = {
    {.name = "switchover", .read = value_format},
    {"name", value_plan_name, AT(name)},
    {"stage", value_stage, AT(stage)},
    {"aws", value_keys, .under = &aws_keys},
    {"cluster", value_ecs_name, AT(cluster)},
    {"load_balancer", value_load_balancer, AT(load_balancer)},
    {"listener", value_keys, .under = &listener_keys},
    {"source", value_keys, .under = &source_keys},
    {"target", value_keys, .under = &target_keys},
    {"traffic", value_keys, .under = &traffic_keys},
    {"baseline", value_duration, AT(baseline_ms), .min = MINUTE_MS, .max = 24 * HOUR_MS},
    {"gates", value_keys, .under = &gates_keys},
    {"drain", value_keys, .under = &drain_keys},
    {"window", value_keys, .under = &window_keys},
    {"checks", value_checks, .under = &check_keys, .list = true},
    {"attest", value_keys, .under = &attest_keys},
    {"allow", value_allow, .max = REASON_MAX},
    {"revert", value_keys, .under = &revert_keys},
    {"require", later_keys, .under = &require_keys, .reserved = true},
    {"state", value_state, AT(state)},
};

static bool allows_its_checks(struct reader *r, const struct found *found,
                              const struct planfile *file)
{
    bool good = true;
    if (found_bad(found, "checks") || (!r->whole && !found_value(found, "checks")))
        return true;
    for (size_t i = 0; i < file->allowance_count; i++) {
        const struct allowance *a = &file->allowances[i];
        if (!text_starts(a->id, PLANFILE_CHECK_PREFIX) || planfile_check_of(file, a->id))
            continue;
        reader_enter(r, "allow", 0);
        good = reader_refuse(r, a->span, "\"%.*s\" names none of this file's checks",
                             text_shown(a->id, 50), a->id);
        reader_leave(r);
    }
    return good;
}

static bool check_file(struct reader *r, const struct found *found, void *record)
{
    bool good = planfile_check_names(r, found, record);
    return allows_its_checks(r, found, record) && good;
}

const struct keys planfile_keys = {KEYS(planfile_rows), .check = check_file};
