#include "providers/aws/xml.h"

#include <errno.h>
#include <expat.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "planner/base/memory.h"
#include "planner/base/text.h"

struct level {
    struct xml_node *node;
    struct xml_node *last; /* its newest child */
};

struct reader {
    XML_Parser parser;
    struct arena *arena;
    struct xml_node *root;
    struct level levels[XML_DEPTH_MAX];
    unsigned depth;
    size_t elements;
    struct text text;    /* of the open element, as long as it has no child */
    const char *refused; /* why the reading was stopped here; NULL: expat says why */
};

static void stop(struct reader *r, const char *why)
{
    r->refused = why;
    XML_StopParser(r->parser, XML_FALSE);
}

static void XMLCALL on_start(void *self, const XML_Char *name, const XML_Char **attributes)
{
    struct reader *r = self;
    (void)attributes;
    if (r->depth == XML_DEPTH_MAX) {
        stop(r, "it is nested too deeply");
        return;
    }
    if (++r->elements > XML_ELEMENTS_MAX) {
        stop(r, "it has too many elements");
        return;
    }
    const char *colon = strchr(name, ':');
    struct xml_node *node = arena_alloc(r->arena, sizeof *node);
    node->name = arena_strdup(r->arena, colon ? colon + 1 : name);
    node->text = "";
    if (r->depth) {
        struct level *parent = &r->levels[r->depth - 1];
        if (parent->last)
            parent->last->next = node;
        else
            parent->node->first = node;
        parent->last = node;
    } else {
        r->root = node;
    }
    r->levels[r->depth++] = (struct level){.node = node};
    text_cut(&r->text, 0);
}

static void XMLCALL on_end(void *self, const XML_Char *name)
{
    struct reader *r = self;
    (void)name;
    if (r->refused) /* expat still ends an empty element whose start was refused */
        return;
    struct xml_node *node = r->levels[--r->depth].node;
    if (!node->first && r->text.len)
        node->text = arena_strndup(r->arena, r->text.data, r->text.len);
    text_cut(&r->text, 0);
}

static void XMLCALL on_text(void *self, const XML_Char *bytes, int n)
{
    struct reader *r = self;
    if (!r->levels[r->depth - 1].last)
        text_add_bytes(&r->text, bytes, (size_t)n);
}

static void XMLCALL on_doctype(void *self, const XML_Char *name, const XML_Char *system_id,
                               const XML_Char *public_id, int has_internal_subset)
{
    (void)name, (void)system_id, (void)public_id, (void)has_internal_subset;
    stop(self, "it declares a document type");
}

static bool parse(struct reader *r, const char *bytes, size_t n, struct error *err)
{
    if (XML_Parse(r->parser, bytes, (int)n, 1) == XML_STATUS_OK)
        return true;
    const char *why = r->refused ? r->refused : XML_ErrorString(XML_GetErrorCode(r->parser));
    return error_set(err, ERROR_SERVICE, "not readable as XML at line %lu, column %lu: %s",
                     (unsigned long)XML_GetCurrentLineNumber(r->parser),
                     (unsigned long)XML_GetCurrentColumnNumber(r->parser) + 1, why);
}

static bool read_as(struct xml_document *doc, const char *bytes, size_t n, bool secret,
                    struct error *err)
{
    static const XML_Memory_Handling_Suite wiping = {malloc, memory_wiping_realloc,
                                                     memory_wiping_free};
    *doc = (struct xml_document){.arena.secret = secret};
    if (n > XML_BYTES_MAX)
        return error_set(err, ERROR_SERVICE, "XML is larger than %d bytes", XML_BYTES_MAX);

    struct reader r = {.parser = XML_ParserCreate_MM(NULL, secret ? &wiping : NULL, NULL),
                       .arena = &doc->arena,
                       .text.secret = secret};
    if (!r.parser)
        memory_exhausted();
    XML_SetUserData(r.parser, &r);
    XML_SetElementHandler(r.parser, on_start, on_end);
    XML_SetCharacterDataHandler(r.parser, on_text);
    XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
    bool whole = parse(&r, bytes, n, err);
    XML_ParserFree(r.parser);
    text_clear(&r.text);
    doc->root = whole ? r.root : NULL;
    return whole;
}

bool xml_read(struct xml_document *doc, const char *bytes, size_t n, struct error *err)
{
    return read_as(doc, bytes, n, false, err);
}

bool xml_read_secret(struct xml_document *doc, const char *bytes, size_t n, struct error *err)
{
    return read_as(doc, bytes, n, true, err);
}

void xml_document_clear(struct xml_document *doc)
{
    arena_clear(&doc->arena);
    doc->root = NULL;
}

bool xml_is(const struct xml_node *node, const char *name)
{
    return node && strcmp(node->name, name) == 0;
}

static const struct xml_node *first_named(const struct xml_node *node, const char *name, size_t n)
{
    while (node && (strncmp(node->name, name, n) != 0 || node->name[n]))
        node = node->next;
    return node;
}

const struct xml_node *xml_child(const struct xml_node *node, const char *name)
{
    if (!node)
        return NULL;
    return name ? first_named(node->first, name, strlen(name)) : node->first;
}

const struct xml_node *xml_next(const struct xml_node *node, const char *name)
{
    if (!node)
        return NULL;
    return name ? first_named(node->next, name, strlen(name)) : node->next;
}

const struct xml_node *xml_find(const struct xml_node *node, const char *path)
{
    while (node && *path) {
        size_t n = strcspn(path, "/");
        node = first_named(node->first, path, n);
        path += n + (path[n] == '/');
    }
    return node;
}

const char *xml_text(const struct xml_node *node, const char *path)
{
    const struct xml_node *found = xml_find(node, path);
    return found ? found->text : NULL;
}

bool xml_int(int64_t *out, const struct xml_node *node, const char *path)
{
    const char *s = xml_text(node, path);
    if (!s || !s[strspn(s, "-")] || s[strspn(s, "-0123456789")])
        return false;
    char *end;
    errno = 0;
    long long value = strtoll(s, &end, 10);
    if (errno || *end)
        return false;
    *out = value;
    return true;
}

bool xml_number(double *out, const struct xml_node *node, const char *path)
{
    const char *s = xml_text(node, path);
    if (!s || !*s || s[strspn(s, "-+.0123456789eE")])
        return false;
    char *end;
    double value = strtod(s, &end);
    if (*end || !isfinite(value))
        return false;
    *out = value;
    return true;
}

bool xml_bool(bool *out, const struct xml_node *node, const char *path)
{
    const char *s = xml_text(node, path);
    bool yes = text_same(s, "true");
    if (!yes && !text_same(s, "false"))
        return false;
    *out = yes;
    return true;
}
