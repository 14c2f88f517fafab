#include "providers/checks/documents_check.h"

#include <stdlib.h>
#include <string.h>

#include "planner/base/json.h"
#include "providers/aws/uri.h"

enum {
    LISTED_MAX = 3,
    LIST_DEPTH_MAX = 8,
    STATUS_OK = 200,
    STATUS_NOT_FOUND = 404,
    MILLION = 1000000
};

static const int64_t count_max = INT64_MAX / MILLION; /* so that a share of it can be had exactly */

/* ---- the requests ---- */

/* Percent-encoded but for what patterns are made of, which a path may hold as it is (RFC 3986). */
static void add_pattern(struct text *url, const char *pattern)
{
    while (*pattern) {
        size_t n = strcspn(pattern, "*,");
        uri_encode(url, pattern, n);
        text_add_bytes(url, pattern + n, pattern[n] != '\0');
        pattern += n + (pattern[n] != '\0');
    }
}

static const char *list_url(struct arena *arena, const char *base, const char *indices)
{
    struct text url = {0};
    size_t n = strlen(base);
    while (n && base[n - 1] == '/')
        n--;
    text_add_bytes(&url, base, n);
    text_add(&url, "/_cat/indices/");
    add_pattern(&url, indices);
    text_add(&url, "?format=json&h=index,status,docs.count");
    const char *kept = arena_strdup(arena, url.data);
    text_clear(&url);
    return kept;
}

void documents_check_begin(struct question *out, struct check_result *result, struct arena *arena,
                           struct http_exchange *exchanges,
                           const char *const folders[CHECK_FOLDERS])
{
    const struct planfile_check *check = result->check;
    const char *indices = check->documents.indices;
    bool asks = question_begin(out, result, arena, exchanges, folders, check->documents.ca_file,
                               check->documents.bearer, check->documents.basic) &&
                question_ask(out, list_url(arena, check->documents.source, indices)) &&
                question_ask(out, list_url(arena, check->documents.target, indices));
    if (!asks)
        out->count = 0; /* nothing can come of half of it */
}

/* ---- one cluster's list ---- */

struct index {
    const char *name; /* the document's */
    int64_t count;
    bool counted, closed;
};

struct list {
    struct json_document doc;
    struct index *items; /* by name */
    size_t count;
};

/* RFC 8259 has no such texts; _cat writes its numbers so. */
static bool read_count(int64_t *out, const char *s)
{
    *out = 0;
    if (!*s)
        return false;
    for (; *s; s++) {
        if (*s < '0' || *s > '9')
            return false;
        *out = *out * 10 + (*s - '0');
        if (*out > count_max)
            return false;
    }
    return true;
}

static bool read_index(struct index *out, const struct json *row)
{
    const struct json *count = json_member(row, "docs.count");
    *out = (struct index){.name = json_as_string(json_member(row, "index")),
                          .closed = text_same(json_as_string(json_member(row, "status")), "close"),
                          .counted = json_as_string(count) != NULL};
    if (!out->name || !*out->name || (count && !out->counted && !json_is_null(count)))
        return false;
    return !out->counted || read_count(&out->count, json_as_string(count));
}

static bool names_hidden(const char *pattern)
{
    return pattern[0] == '.' || strstr(pattern, ",.");
}

static bool is_meant(const char *name, const char *pattern)
{
    return name[0] != '.' || text_starts(name, ".ds-") || names_hidden(pattern);
}

static int by_name(const void *a, const void *b)
{
    const struct index *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static bool names_differ(const struct list *list)
{
    for (size_t i = 1; i < list->count; i++)
        if (strcmp(list->items[i - 1].name, list->items[i].name) == 0)
            return false;
    return true;
}

static bool take_rows(struct list *out, struct arena *arena, const char *pattern)
{
    const struct json *root = out->doc.root;
    if (!json_is_array(root))
        return false;
    out->items = arena_alloc(arena, json_count(root) * sizeof *out->items);
    for (const struct json *row = json_first(root); row; row = json_next(row)) {
        struct index index;
        if (!read_index(&index, row))
            return false;
        if (is_meant(index.name, pattern))
            out->items[out->count++] = index;
    }
    if (out->count)
        qsort(out->items, out->count, sizeof *out->items, by_name);
    return names_differ(out);
}

/* What both engines answer where the pattern names an index, without a wildcard, that is not there.
 */
static bool is_no_such_index(const struct json *root)
{
    const struct json *error = json_member(root, "error");
    return text_same(json_as_string(json_member(error, "type")), "index_not_found_exception");
}

/* False: the check is silent. */
static bool read_list(struct list *out, struct question *question, enum arm arm)
{
    static const struct json_limits limits = {SIZE_MAX, LIST_DEPTH_MAX};
    const char *pattern = question->result->check->documents.indices;
    int status = question->exchanges[arm].status;
    struct error err = {0};
    const struct text *body = question_body(question, arm, arm_name(arm));
    if (!body)
        return false;
    bool read = json_read(&out->doc, text_cstr(body), body->len, limits, &err);
    if (status == STATUS_NOT_FOUND && read && is_no_such_index(out->doc.root))
        return true;
    if (status != STATUS_OK)
        question_answer(question, CHECK_SILENT, "%s: status %d, wanted 200", arm_name(arm), status);
    else if (!read)
        question_answer(question, CHECK_SILENT, "%s: the answer cannot be read: %s", arm_name(arm),
                        err.message);
    else if (!take_rows(out, question->arena, pattern))
        question_answer(question, CHECK_SILENT, "%s: the answer is no list of indices",
                        arm_name(arm));
    else
        return true;
    return false;
}

/* ---- both ---- */

struct comparison {
    struct question *question;
    size_t compared, differing;
    int64_t documents[ARM_COUNT];
    const char *uncounted; /* an index that neither could count; NULL: none */
    struct text differences;
};

static void add_difference(struct comparison *c, const char *name, const char *what)
{
    if (++c->differing <= LISTED_MAX)
        text_addf(&c->differences, "%s%s (%s)", c->differing > 1 ? ", " : "",
                  question_shown(c->question, name), what);
}

static const char *count_text(const struct comparison *c, const struct index *index)
{
    if (index->counted)
        return arena_printf(c->question->arena, "%lld", (long long)index->count);
    return index->closed ? "closed" : "not counted";
}

/* apart / source <= tolerate / 10^6; both products are below 2^63, as counts and shares are. */
static bool is_near(const struct index *source, const struct index *target, int64_t tolerate)
{
    int64_t apart = source->count - target->count;
    if (apart < 0)
        apart = -apart;
    return source->counted && target->counted && apart * MILLION <= source->count * tolerate;
}

static void compare_index(struct comparison *c, const struct index *source,
                          const struct index *target)
{
    const struct planfile_check *check = c->question->result->check;
    if (source->closed && target->closed)
        return;
    c->compared++;
    c->documents[ARM_SOURCE] += source->count;
    c->documents[ARM_TARGET] += target->count;
    if (!source->counted && !target->counted)
        c->uncounted = source->name;
    else if (!is_near(source, target, check->documents.tolerate))
        add_difference(c, source->name,
                       arena_printf(c->question->arena, "source %s, target %s",
                                    count_text(c, source), count_text(c, target)));
}

static void compare_missing(struct comparison *c, const struct index *index, enum arm where)
{
    c->compared++;
    add_difference(c, index->name,
                   arena_printf(c->question->arena, "missing on the %s", arm_name(where)));
}

static void compare(struct comparison *c, const struct list *source, const struct list *target)
{
    size_t s = 0, t = 0;
    while (s < source->count || t < target->count) {
        int order = s == source->count   ? 1
                    : t == target->count ? -1
                                         : strcmp(source->items[s].name, target->items[t].name);
        if (order < 0)
            compare_missing(c, &source->items[s++], ARM_TARGET);
        else if (order > 0)
            compare_missing(c, &target->items[t++], ARM_SOURCE);
        else
            compare_index(c, &source->items[s++], &target->items[t++]);
    }
}

static void say(struct comparison *c)
{
    struct question *question = c->question;
    const char *plural = c->compared == 1 ? "index" : "indices";
    if (c->differing > LISTED_MAX)
        text_addf(&c->differences, ", and %zu more", c->differing - LISTED_MAX);
    if (c->differing)
        question_answer(question, CHECK_RED, "%zu of %zu %s differ%s: %s", c->differing,
                        c->compared, plural, c->differing == 1 ? "s" : "",
                        text_cstr(&c->differences));
    else if (c->uncounted)
        question_answer(question, CHECK_SILENT, "neither cluster has counted %s",
                        question_shown(question, c->uncounted));
    else if (!c->compared)
        question_answer(question, CHECK_SILENT,
                        "no index matches %s in either cluster: there is nothing to compare",
                        question->result->check->documents.indices);
    else
        question_answer(question, CHECK_GREEN, "%zu %s (source %lld, target %lld documents)",
                        c->compared, c->compared == 1 ? "index agrees" : "indices agree",
                        (long long)c->documents[ARM_SOURCE], (long long)c->documents[ARM_TARGET]);
}

void documents_check_judge(struct question *question)
{
    struct list source = {0}, target = {0};
    struct comparison c = {.question = question};
    if (!question->count)
        return;
    if (read_list(&source, question, ARM_SOURCE) && read_list(&target, question, ARM_TARGET)) {
        compare(&c, &source, &target);
        say(&c);
    }
    text_clear(&c.differences);
    json_document_clear(&source.doc);
    json_document_clear(&target.doc);
}
