#include "planner/planfile_later.h"

#include <string.h>

#include "planner/base/text.h"
#include "planner/base/time.h"
#include "planner/planfile_text.h"

enum { CHECKS_MAX = 50, DIMENSIONS_MAX = 30, RATE_ABOVE_ZERO = 1, COUNT_MAX = 1000000000 };

/* Every value read here lands in the same place: nothing is kept. */
union scratch {
    int64_t number;
    int choice;
    bool flag;
    const char *text;
};

bool later_keys(struct reader *r, const struct key *key, const struct yaml_node *node, void *out)
{
    union scratch scratch;
    (void)out;
    return reader_keys(r, key->under, node, &scratch);
}

bool later_role_arn(struct reader *r, const struct key *key, const struct yaml_node *node,
                    void *out)
{
    union scratch scratch;
    (void)out;
    return value_role_arn(r, key, node, &scratch.text);
}

/* ---- gates ---- */

static const char *const failures[] = {"stop", "revert", NULL};
static const char *const inconclusives[] = {"stop", "continue", "revert", NULL};
static const char *const percentiles[] = {"p50", "p90", "p99", NULL};

static const struct key errors_rows[] = {
    {"max_rate", value_rate, .min = RATE_ABOVE_ZERO},
    {.name = "tolerate", .read = value_factor},
    {.name = "ignore_below", .read = value_rate},
};
static const struct keys errors_keys = {KEYS(errors_rows)};

static const struct key client_errors_rows[] = {
    {.name = "tolerate", .read = value_factor},
    {.name = "ignore_below", .read = value_rate},
};
static const struct keys client_errors_keys = {KEYS(client_errors_rows)};

static const struct key latency_rows[] = {
    {"percentile", value_choice, .choices = percentiles},
    {.name = "tolerate", .read = value_factor},
    {.name = "slack", .read = value_latency},
};
static const struct keys latency_keys = {KEYS(latency_rows)};

static const struct key gates_rows[] = {
    {"errors", value_keys, .under = &errors_keys},
    {"client_errors", value_keys, .under = &client_errors_keys},
    {"latency", value_keys, .under = &latency_keys},
    {"min_requests", value_int, .max = COUNT_MAX},
    {"on_failure", value_choice, .choices = failures},
    {"on_inconclusive", value_choice, .choices = inconclusives},
};
const struct keys gates_keys = {KEYS(gates_rows)};

/* ---- require ---- */

static const struct key require_rows[] = {
    {.name = "clean", .read = value_bool},
    {"branch", value_text, .max = 200},
    {.name = "signed", .read = value_bool},
};
const struct keys require_keys = {KEYS(require_rows)};

/* ---- checks ---- */

static const struct key auth_rows[] = {{"bearer", value_secret_name, .required = true}};
static const struct keys auth_keys = {KEYS(auth_rows)};

/* Whatever is wrong with it may be a secret: no finding shows these lines. */
static bool value_auth(struct reader *r, const struct key *key, const struct yaml_node *node,
                       void *out)
{
    if (node->kind == YAML_MAPPING && reader_keys(r, key->under, node, out))
        return true;
    reader_hide_line(r, node->span.line);
    for (size_t i = 0; node->kind == YAML_MAPPING && i < node->count; i++) {
        reader_hide_line(r, node->entries[i].span.line);
        reader_hide_line(r, node->entries[i].value->span.line);
    }
    if (node->kind != YAML_MAPPING && !node->refused)
        reader_refuse(r, node->span,
                      "expected a mapping such as {bearer: SWITCHOVER_SECRET_TOKEN}");
    return false;
}

static bool value_texts(struct reader *r, const struct key *key, const struct yaml_node *node,
                        void *out)
{
    bool good = true;
    if (node->kind != YAML_SEQUENCE || !node->count)
        return reader_expected(r, node, "a list of texts");
    for (size_t i = 0; i < node->count; i++) {
        reader_enter(r, NULL, i);
        good = value_text(r, key, node->items[i], out) && good;
        reader_leave(r);
    }
    return good;
}

static bool check_http(struct reader *r, const struct found *found, void *record)
{
    (void)record;
    if (found_value(found, "json") && found_missing(r, found, "one_of"))
        return reader_refuse(r, found_value(found, "json")->span,
                             "\"json\" needs \"one_of\", the values that pass");
    if (found_value(found, "one_of") && found_missing(r, found, "json"))
        return reader_refuse(r, found_value(found, "one_of")->span,
                             "\"one_of\" needs \"json\", the place of the value");
    return true;
}

static const struct key http_rows[] = {
    {"name", value_plan_name, .required = true},   {"url", value_url, .required = true},
    {"ca_file", value_text, .max = 4000},          {"auth", value_auth, .under = &auth_keys},
    {"status", value_int, .min = 100, .max = 599}, {.name = "json", .read = value_json_pointer},
    {"one_of", value_texts, .max = 200},
};
static const struct keys http_keys = {KEYS(http_rows), .check = check_http};

/* CloudWatch GetMetricData: names and values of 1 to 255 characters, 30 at most. */
static bool value_dimensions(struct reader *r, const struct key *key, const struct yaml_node *node,
                             void *out)
{
    bool good = true;
    if (node->kind != YAML_MAPPING)
        return reader_expected(r, node, "a mapping of dimension names and values");
    if (node->count > DIMENSIONS_MAX)
        return reader_refuse(r, node->span, "at most %d dimensions", DIMENSIONS_MAX);
    for (size_t i = 0; i < node->count; i++) {
        reader_enter(r, node->entries[i].key, 0);
        good = value_text(r, key, node->entries[i].value, out) && good;
        reader_leave(r);
    }
    return good;
}

static const struct key metric_rows[] = {
    {"name", value_plan_name, .required = true},
    {"namespace", value_text, .required = true, .max = 255},
    {"metric", value_text, .required = true, .max = 255},
    {"dimensions", value_dimensions, .max = 255},
    {"statistic", value_statistic, .required = true},
    {"over", value_duration, .required = true, .min = MINUTE_MS, .max = 24 * HOUR_MS},
    {"below", value_number, .required = true},
};
static const struct keys metric_keys = {KEYS(metric_rows)};

static const struct key documents_rows[] = {
    {"name", value_plan_name, .required = true}, {"source", value_url, .required = true},
    {"target", value_url, .required = true},     {"indices", value_text, .max = 1000},
    {.name = "tolerate", .read = value_rate},
};
static const struct keys documents_keys = {KEYS(documents_rows)};

static bool check_kind(struct reader *r, const struct found *found, void *record)
{
    unsigned count = 0;
    (void)record;
    for (size_t i = 0; i < found->keys->count; i++)
        count += found->values[i] != NULL;
    bool explained = found->unknown || found->mapping->refused || !r->whole;
    if (count == 1 || (count == 0 && explained))
        return true;
    return reader_refuse(r, found->mapping->span,
                         "a check has exactly one of the keys http, metric and documents");
}

static const struct key check_rows[] = {
    {"http", value_keys, .under = &http_keys},
    {"metric", value_keys, .under = &metric_keys},
    {"documents", value_keys, .under = &documents_keys},
};
const struct keys check_keys = {KEYS(check_rows), .check = check_kind};

static const struct yaml_node *check_name(const struct yaml_node *item)
{
    if (item->kind != YAML_MAPPING || !item->count)
        return NULL;
    const struct yaml_node *name = yaml_value(item->entries[0].value, "name");
    return name && name->kind == YAML_SCALAR && name->text[0] ? name : NULL;
}

static bool names_differ(struct reader *r, const struct yaml_node *list)
{
    bool good = true;
    for (size_t i = 0; i < list->count; i++) {
        const struct yaml_node *name = check_name(list->items[i]);
        for (size_t k = 0; name && k < i; k++) {
            const struct yaml_node *other = check_name(list->items[k]);
            if (!other || strcmp(name->text, other->text) != 0)
                continue;
            good = reader_refuse(r, name->span, "another check has the name \"%.40s\" already",
                                 name->text);
            break;
        }
    }
    return good;
}

bool later_checks(struct reader *r, const struct key *key, const struct yaml_node *node, void *out)
{
    bool good = true;
    if (node->kind != YAML_SEQUENCE)
        return reader_expected(r, node, "a list of checks");
    if (node->count > CHECKS_MAX)
        return reader_refuse(r, node->span, "at most %d checks", CHECKS_MAX);
    for (size_t i = 0; i < node->count; i++) {
        reader_enter(r, NULL, i);
        good = later_keys(r, key, node->items[i], out) && good;
        reader_leave(r);
    }
    return names_differ(r, node) && good;
}
