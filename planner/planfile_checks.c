#include "planner/planfile_checks.h"

#include <string.h>

#include "planner/base/time.h"
#include "planner/planfile.h"
#include "planner/planfile_text.h"

#define AT(field) .offset = offsetof(struct planfile_check, field)

enum { CHECKS_MAX = 50, DIMENSIONS_MAX = 30, WANTED_MAX = 50, STATUS_OK = 200, CA_FILE_MAX = 4000 };

static bool knows(const struct keys *keys, const char *name)
{
    for (size_t i = 0; i < keys->count; i++)
        if (strcmp(keys->rows[i].name, name) == 0)
            return true;
    return false;
}

static void hide_entry(struct reader *r, const struct yaml_entry *entry)
{
    reader_hide_line(r, entry->span.line);
    reader_hide_line(r, entry->value->span.line);
}

/*
 * As reader_keys. Behind a key that nobody knows (`password`, `bearer` at the wrong place) may
 * stand a secret, or where a mapping should (a URL with a user).
 */
static bool read_guarded(struct reader *r, const struct keys *keys, const struct yaml_node *node,
                         void *record)
{
    if (node->kind != YAML_MAPPING) {
        reader_hide_line(r, node->span.line);
        return !node->refused && reader_refuse(r, node->span, "expected a mapping");
    }
    for (size_t i = 0; i < node->count; i++)
        if (!knows(keys, node->entries[i].key))
            hide_entry(r, &node->entries[i]);
    return reader_keys(r, keys, node, record);
}

/* A check has one kind: what another one left in the union is not this one's. */
static struct planfile_check *become(void *record, enum check_kind kind)
{
    struct planfile_check *check = record;
    *check = (struct planfile_check){.kind = kind, .span = check->span};
    return check;
}

/* ---- auth ---- */

static bool check_auth(struct reader *r, const struct found *found, void *record)
{
    (void)record;
    bool both = found->values[0] && found->values[1];
    bool none = found_missing(r, found, "bearer") && found_missing(r, found, "basic");
    if (!both && !none)
        return true;
    return reader_refuse(r, found->mapping->span, "exactly one of bearer and basic is expected");
}

/* A table fills one record, and http and documents keep these at places of their own. */
struct auth {
    const char *bearer, *basic;
};

static const struct key auth_rows[] = {
    {"bearer", value_secret_name, .offset = offsetof(struct auth, bearer)},
    {"basic", value_secret_name, .offset = offsetof(struct auth, basic)},
};
static const struct keys auth_keys = {KEYS(auth_rows), .check = check_auth};

/* Even what stands where a key should may be the secret: it is not named as other keys are. */
static bool read_auth(struct reader *r, const struct yaml_node *node, struct auth *out)
{
    static const char expected[] = "expected a mapping such as {bearer: SWITCHOVER_SECRET_TOKEN}";
    if (node->refused)
        return false;
    if (node->kind != YAML_MAPPING)
        return reader_refuse(r, node->span, expected);
    for (size_t i = 0; i < node->count; i++)
        if (!knows(&auth_keys, node->entries[i].key))
            return reader_refuse(r, node->entries[i].span, "expected the key bearer or basic");
    return reader_keys(r, &auth_keys, node, out);
}

/* Whatever is wrong with it may be a secret: no finding shows these lines. */
static bool secret_auth(struct reader *r, const struct yaml_node *node, struct auth *out)
{
    if (read_auth(r, node, out))
        return true;
    reader_hide_line(r, node->span.line);
    for (size_t i = 0; node->kind == YAML_MAPPING && i < node->count; i++)
        hide_entry(r, &node->entries[i]);
    return false;
}

static bool http_auth(struct reader *r, const struct key *key, const struct yaml_node *node,
                      void *out)
{
    struct planfile_check *check = out;
    struct auth auth = {0};
    (void)key;
    bool good = secret_auth(r, node, &auth);
    check->http.bearer = auth.bearer;
    check->http.basic = auth.basic;
    return good;
}

static bool documents_auth(struct reader *r, const struct key *key, const struct yaml_node *node,
                           void *out)
{
    struct planfile_check *check = out;
    struct auth auth = {0};
    (void)key;
    bool good = secret_auth(r, node, &auth);
    check->documents.bearer = auth.bearer;
    check->documents.basic = auth.basic;
    return good;
}

/* ---- http ---- */

static bool value_texts(struct reader *r, const struct key *key, const struct yaml_node *node,
                        void *out)
{
    bool good = true;
    if (node->kind != YAML_SEQUENCE || !node->count)
        return reader_expected(r, node, "a list of texts");
    if (node->count > WANTED_MAX)
        return reader_refuse(r, node->span, "at most %d texts", WANTED_MAX);
    const char **texts = arena_alloc(r->arena, (node->count + 1) * sizeof *texts);
    for (size_t i = 0; i < node->count; i++) {
        reader_enter(r, NULL, i);
        good = value_text(r, key, node->items[i], &texts[i]) && good;
        reader_leave(r);
    }
    texts[node->count] = NULL;
    *(const char *const **)out = texts;
    return good;
}

static bool check_range(struct reader *r, const struct found *found)
{
    const struct yaml_node *below = found_value(found, "below");
    const struct yaml_node *at_least = found_value(found, "at_least");
    int64_t low, high;
    if (!below || !at_least || !decimal_parse(&low, at_least->text, NUMBER_DECIMALS) ||
        !decimal_parse(&high, below->text, NUMBER_DECIMALS) || low < high)
        return true;
    return reader_refuse(r, at_least->span, "no number is at least %s and below %s", at_least->text,
                         below->text);
}

static bool check_http(struct reader *r, const struct found *found, void *record)
{
    static const char *const wanted[] = {"one_of", "below", "at_least"};
    bool any = false;
    (void)record;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        any = any || !found_missing(r, found, wanted[i]);
        if (found_value(found, wanted[i]) && found_missing(r, found, "json"))
            return reader_refuse(r, found_value(found, wanted[i])->span,
                                 "\"%s\" needs \"json\", the place of the value", wanted[i]);
    }
    if (found_value(found, "json") && !any)
        return reader_refuse(r, found_value(found, "json")->span,
                             "\"json\" needs \"one_of\", the values that pass, or \"below\" or "
                             "\"at_least\"");
    return check_range(r, found);
}

static const struct key http_rows[] = {
    {"name", value_plan_name, AT(name), .required = true},
    {"url", value_url, AT(http.url), .required = true},
    {"ca_file", value_text, AT(http.ca_file), .max = CA_FILE_MAX},
    {"auth", http_auth, .under = &auth_keys},
    {"status", value_int, AT(http.status), .min = 100, .max = 599},
    {"json", value_json_pointer, AT(http.pointer)},
    {"one_of", value_texts, AT(http.one_of), .max = 200},
    {"below", value_number, AT(http.below)},
    {"at_least", value_number, AT(http.at_least)},
};
static const struct keys http_keys = {KEYS(http_rows), .check = check_http};

static bool value_http(struct reader *r, const struct key *key, const struct yaml_node *node,
                       void *out)
{
    struct planfile_check *check = become(out, CHECK_HTTP);
    check->http.status = STATUS_OK;
    return read_guarded(r, key->under, node, check);
}

/* ---- metric ---- */

/* CloudWatch GetMetricData: names and values of 1 to 255 characters, 30 at most. */
static bool value_dimensions(struct reader *r, const struct key *key, const struct yaml_node *node,
                             void *out)
{
    struct planfile_check *check = out;
    bool good = true;
    if (node->kind != YAML_MAPPING)
        return reader_expected(r, node, "a mapping of dimension names and values");
    if (node->count > DIMENSIONS_MAX)
        return reader_refuse(r, node->span, "at most %d dimensions", DIMENSIONS_MAX);
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_entry *entry = &node->entries[i];
        struct check_dimension d = {.name = entry->key};
        if (strlen(d.name) > (size_t)key->max)
            good = reader_refuse(r, entry->span, "a dimension's name has 1 to 255 characters");
        reader_enter(r, entry->key, 0);
        good = value_text(r, key, entry->value, &d.value) && good;
        reader_leave(r);
        *(struct check_dimension *)arena_append(r->arena, &check->metric.dimensions,
                                                &check->metric.dimension_count, sizeof d) = d;
    }
    return good;
}

/* The metric is asked for as one value of this period, which CloudWatch takes in whole minutes. */
static bool value_period(struct reader *r, const struct key *key, const struct yaml_node *node,
                         void *out)
{
    int64_t ms;
    if (!value_duration(r, key, node, &ms))
        return false;
    if (ms % MINUTE_MS)
        return reader_expected(r, node, "whole minutes");
    *(int64_t *)out = ms;
    return true;
}

static const struct key metric_rows[] = {
    {"name", value_plan_name, AT(name), .required = true},
    {"namespace", value_text, AT(metric.namespace), .required = true, .max = 255},
    {"metric", value_text, AT(metric.metric), .required = true, .max = 255},
    {.name = "dimensions", .read = value_dimensions, .max = 255},
    {"statistic", value_statistic, AT(metric.statistic), .required = true},
    {"over", value_period, AT(metric.over_ms), .required = true, .min = MINUTE_MS,
     .max = 24 * HOUR_MS},
    {"below", value_number, AT(metric.below), .required = true},
};
static const struct keys metric_keys = {KEYS(metric_rows)};

static bool value_metric(struct reader *r, const struct key *key, const struct yaml_node *node,
                         void *out)
{
    return reader_keys(r, key->under, node, become(out, CHECK_METRIC));
}

/* ---- documents ---- */

/* A cluster's own address: the path of its API goes behind it. */
static bool value_cluster(struct reader *r, const struct key *key, const struct yaml_node *node,
                          void *out)
{
    const char *url;
    if (!value_url(r, key, node, &url))
        return false;
    if (strchr(url, '?')) {
        reader_hide_line(r, node->span.line);
        return reader_refuse(r, node->span, "expected a cluster's URL, without a query");
    }
    *(const char **)out = url;
    return true;
}

static const struct key documents_rows[] = {
    {"name", value_plan_name, AT(name), .required = true},
    {"source", value_cluster, AT(documents.source), .required = true},
    {"target", value_cluster, AT(documents.target), .required = true},
    {"ca_file", value_text, AT(documents.ca_file), .max = CA_FILE_MAX},
    {"auth", documents_auth, .under = &auth_keys},
    {"indices", value_text, AT(documents.indices), .max = 1000},
    {"tolerate", value_rate, AT(documents.tolerate)},
};
static const struct keys documents_keys = {KEYS(documents_rows)};

static bool value_documents(struct reader *r, const struct key *key, const struct yaml_node *node,
                            void *out)
{
    struct planfile_check *check = become(out, CHECK_DOCUMENTS);
    check->documents.indices = "*";
    return read_guarded(r, key->under, node, check);
}

/* ---- the list ---- */

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
    {"http", value_http, .under = &http_keys},
    {"metric", value_metric, .under = &metric_keys},
    {"documents", value_documents, .under = &documents_keys},
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
            good = reader_refuse(r, name->span, "another check has the name \"%.*s\" already",
                                 text_shown(name->text, READER_SHOWN_MAX), name->text);
            break;
        }
    }
    return good;
}

bool value_checks(struct reader *r, const struct key *key, const struct yaml_node *node, void *out)
{
    struct planfile *file = out;
    bool good = true;
    if (node->kind != YAML_SEQUENCE) {
        reader_hide_line(r, node->span.line);
        return !node->refused && reader_refuse(r, node->span, "expected a list of checks");
    }
    if (node->count > CHECKS_MAX)
        return reader_refuse(r, node->span, "at most %d checks", CHECKS_MAX);
    for (size_t i = 0; i < node->count; i++) {
        struct planfile_check check = {.span = node->items[i]->span};
        reader_enter(r, NULL, i);
        good = read_guarded(r, key->under, node->items[i], &check) && good;
        reader_leave(r);
        *(struct planfile_check *)arena_append(r->arena, &file->checks, &file->check_count,
                                               sizeof check) = check;
    }
    return names_differ(r, node) && good;
}
