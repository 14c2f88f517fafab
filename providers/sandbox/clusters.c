#include "providers/sandbox/clusters.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "planner/base/arena.h"
#include "planner/base/text.h"
#include "providers/sandbox/wire_params.h"
#include "providers/sandbox/wire_tree.h"

static const char *const health_names[] = {"green", "yellow", "red"};

struct asked {
    const struct cluster_conditions *cluster;
    const char *name; /* "source" */
    struct arena arena;
    struct params params;
    struct wire_answer *out;
};

static void answer_text(struct asked *asked, int status, const char *body)
{
    asked->out->status = status;
    asked->out->content_type = "text/plain; charset=UTF-8";
    text_add(&asked->out->body, body);
}

static void answer_json(struct asked *asked, const struct wire_node *node)
{
    asked->out->status = 200;
    asked->out->content_type = "application/json; charset=UTF-8";
    wire_write_json(&asked->out->body, node);
}

static void answer_health(struct asked *asked)
{
    struct wire_node *health = wire_struct_new(&asked->arena);
    put_text(&asked->arena, health, "cluster_name", asked->name);
    put_text(&asked->arena, health, "status", health_names[asked->cluster->health]);
    put_bool(&asked->arena, health, "timed_out", false);
    put_int(&asked->arena, health, "number_of_nodes", 3);
    put_int(&asked->arena, health, "number_of_data_nodes", 3);
    answer_json(asked, health);
}

/* ---- _cat/indices ---- */

enum { COLUMNS_MAX = 16, INDEX_COUNT = 2 };

struct index {
    const char *name;
    int64_t documents;
};

/* NULL: this stand-in has no such column. */
static const char *cell(struct asked *asked, const struct index *index, const char *column)
{
    if (strcmp(column, "index") == 0)
        return index->name;
    if (strcmp(column, "docs.count") == 0)
        return arena_printf(&asked->arena, "%lld", (long long)index->documents);
    if (strcmp(column, "health") == 0)
        return health_names[asked->cluster->health];
    return strcmp(column, "status") == 0 ? "open" : NULL;
}

static size_t split(struct asked *asked, const char *list, const char *out[COLUMNS_MAX])
{
    size_t n = 0;
    while (*list && n < COLUMNS_MAX) {
        size_t len = strcspn(list, ",");
        out[n++] = arena_strndup(&asked->arena, list, len);
        list += len + (list[len] == ',');
    }
    return n;
}

static bool matches(struct asked *asked, const char *name, const char *patterns)
{
    const char *each[COLUMNS_MAX];
    size_t n = split(asked, patterns, each);
    for (size_t i = 0; i < n; i++)
        if (strcmp(each[i], "_all") == 0 || fnmatch(each[i], name, 0) == 0)
            return true;
    return n == 0;
}

static void answer_indices(struct asked *asked, const char *patterns)
{
    const struct index indices[INDEX_COUNT] = {{"customers", 5000},
                                               {"orders", asked->cluster->documents}};
    const char *wanted = param_text(&asked->params, "h"), *columns[COLUMNS_MAX];
    size_t column_count = split(asked, wanted ? wanted : "health,status,index,docs.count", columns);
    bool json = text_same(param_text(&asked->params, "format"), "json");
    struct wire_node *root = wire_struct_new(&asked->arena);
    struct wire_node *list = put_list(&asked->arena, root, "indices");
    struct text lines = {0};
    for (size_t i = 0; i < INDEX_COUNT; i++) {
        if (!matches(asked, indices[i].name, patterns))
            continue;
        struct wire_node *node = put_struct(&asked->arena, list, NULL);
        for (size_t c = 0; c < column_count; c++) {
            const char *value = cell(asked, &indices[i], columns[c]);
            if (!value)
                continue;
            put_text(&asked->arena, node, columns[c], value);
            text_addf(&lines, "%s%s", c ? " " : "", value);
        }
        text_add(&lines, "\n");
    }
    if (json)
        answer_json(asked, list);
    else
        answer_text(asked, 200, text_cstr(&lines));
    text_clear(&lines);
}

/* ---- which cluster, and what of it ---- */

static const char *after(const char *s, const char *prefix)
{
    return text_starts(s, prefix) ? s + strlen(prefix) : NULL;
}

static void answer(struct asked *asked, const struct wire_request *request, const char *path)
{
    struct refusal why;
    const char *patterns = after(path, "/_cat/indices");
    if (asked->cluster->health == CLUSTER_DOWN)
        answer_text(asked, 503, "no node of this cluster answers\n");
    else if (strcmp(request->method, "GET") != 0)
        answer_text(asked, 405, "this stand-in only answers GET\n");
    else if (!params_read_query(&asked->params, &asked->arena, request->query,
                                strlen(request->query), &why))
        answer_text(asked, 400, "the query cannot be read\n");
    else if (strcmp(path, "/_cluster/health") == 0)
        answer_health(asked);
    else if (patterns && (*patterns == '/' || !*patterns))
        answer_indices(asked, *patterns ? patterns + 1 : "");
    else
        answer_text(asked, 404, "this stand-in has /_cluster/health and /_cat/indices\n");
}

bool clusters_handle(struct wire_answer *out, const struct world *world,
                     const struct wire_request *request)
{
    const char *rest = after(request->path, "/clusters/");
    for (int arm = 0; rest && arm < ARM_COUNT; arm++) {
        const char *path = after(rest, arm_name((enum arm)arm));
        if (!path || *path != '/')
            continue;
        struct asked asked = {.cluster = &world->conditions.clusters[arm],
                              .name = arm_name((enum arm)arm),
                              .out = out};
        *out = (struct wire_answer){0};
        answer(&asked, request, path);
        snprintf(out->operation, sizeof out->operation, "%.8s %.40s", asked.name, path);
        arena_clear(&asked.arena);
        return true;
    }
    return false;
}
