#include "planner/planfile.h"

#include <assert.h>
#include <string.h>

#include "planner/base/digest.h"
#include "planner/base/text.h"
#include "planner/base/time.h"
#include "planner/planfile_schema.h"
#include "planner/yaml_source.h"

static_assert((int)PLANFILE_MAX_BYTES == (int)YAML_MAX_BYTES, "one limit, two rooms to name it");
static_assert((int)PLANFILE_MAX_DEPTH == (int)YAML_MAX_DEPTH, "one limit, two rooms to name it");
static_assert(sizeof((struct planfile *)0)->digest == DIGEST_HEX_SIZE, "a digest fits");

static void set_defaults(struct planfile *file)
{
    static const struct planfile_step whole = {.target_permille = 1000, .hold_ms = 10 * MINUTE_MS};
    file->min_count = 2; /* runbook step 1: "should be greater than 1" */
    file->target_count = PLANFILE_COUNT_AT_LEAST_SOURCE;
    file->ready_timeout_ms = 10 * MINUTE_MS;
    file->baseline_ms = HOUR_MS;
    file->gates = (struct planfile_gates){
        .errors = {.tolerate = 1500, .ignore_below = 1000},
        .client_errors = {.tolerate = 2000, .ignore_below = 10000},
        .max_rate = 10000,
        .latency_percentile = 90,
        .latency_tolerate = 1250,
        .latency_slack_us = 50000,
        .min_requests = 300,
    };
    file->quiet_for_ms = 5 * MINUTE_MS;
    file->drain_timeout_ms = 2 * HOUR_MS;
    file->steps = arena_alloc(&file->arena, sizeof whole);
    file->steps[0] = whole;
    file->step_count = 1;
}

/* Another format may mean anything by its other keys: nothing else is said about such a file. */
static bool is_other_format(struct reader *r, const struct yaml_node *root)
{
    const struct yaml_node *node = yaml_value(root, "switchover");
    if (!node || node->kind != YAML_SCALAR || !node->plain || node->refused || !node->text[0] ||
        node->text[strspn(node->text, "0123456789")] || text_same(node->text, "1"))
        return false;
    reader_enter(r, "switchover", 0);
    reader_refuse(r, node->span, "format %.20s can't be read: this version reads format %d",
                  node->text, PLANFILE_FORMAT);
    reader_leave(r);
    return true;
}

static void read_root(struct reader *r, const struct yaml_node *root, struct planfile *file)
{
    if (root->kind != YAML_MAPPING) {
        reader_expected(r, root, "the keys of a plan file");
        reader_hint(r, "two lines are a complete one: switchover: 1 and stage: NAME");
        return;
    }
    if (!is_other_format(r, root))
        reader_keys(r, &planfile_keys, root, file);
}

static void hide_secrets(const struct reader *r)
{
    for (size_t i = 0; i < r->list->count; i++)
        for (size_t k = 0; k < r->secret_count; k++)
            if (r->list->items[i].span.line == r->secret_lines[k])
                r->list->items[i].line = "";
}

bool planfile_read(struct planfile *out, const char *path, const char *bytes, size_t n,
                   int (*known_waivable)(const char *id), struct diagnostics *list)
{
    *out = (struct planfile){0};
    out->path = arena_strdup(&out->arena, path);
    out->source_len = n <= PLANFILE_MAX_BYTES ? n : 0;
    out->source = arena_strndup(&out->arena, bytes, out->source_len);
    digest_sha256_hex(out->digest, bytes, n);
    set_defaults(out);

    size_t start = yaml_source_start(out->source, out->source_len);
    if (!list->file)
        list->file = arena_strdup(list->arena, path);
    list->source = out->source + start;
    list->source_len = out->source_len - start;

    size_t before = list->errors;
    struct reader r = {.arena = &out->arena,
                       .list = list,
                       .root = &planfile_keys,
                       .known_waivable = known_waivable};
    const struct yaml_node *root = yaml_tree_read(&out->arena, bytes, n, &r.whole, list);
    if (root)
        read_root(&r, root, out);
    hide_secrets(&r);
    list->source = NULL;
    list->source_len = 0;
    diagnostics_sort(list);
    return list->errors == before;
}

void planfile_clear(struct planfile *file)
{
    arena_clear(&file->arena);
    *file = (struct planfile){0};
}

const char *planfile_allowance(const struct planfile *file, const char *precondition_id)
{
    for (size_t i = 0; i < file->allowance_count; i++)
        if (text_same(file->allowances[i].id, precondition_id))
            return file->allowances[i].because;
    return NULL;
}

const struct planfile_check *planfile_check_of(const struct planfile *file, const char *id)
{
    if (!text_starts(id, PLANFILE_CHECK_PREFIX))
        return NULL;
    for (size_t i = 0; i < file->check_count; i++)
        if (text_same(file->checks[i].name, id + strlen(PLANFILE_CHECK_PREFIX)))
            return &file->checks[i];
    return NULL;
}

size_t planfile_hold_count(const struct planfile *file)
{
    size_t holds = 0;
    for (size_t i = 0; i < file->step_count; i++)
        holds += file->steps[i].hold_ms > 0;
    return holds;
}

void planfile_subject(const struct planfile *file, struct subject *out)
{
    *out = (struct subject){
        .region = file->region,
        .stage = file->stage,
        .cluster = file->cluster,
        .load_balancer = file->load_balancer,
        .listener_port = file->listener_port,
    };
    for (int arm = 0; arm < ARM_COUNT; arm++) {
        out->arms[arm].service = file->arms[arm].service;
        out->arms[arm].target_group = file->arms[arm].target_group;
    }
}
