/*
 * Changes JSON as a tree, because bytes that were changed at random are hardly ever a document
 * that a reader lets in: a value becomes another one of its kind or one that stands elsewhere, an
 * item goes, comes twice, or changes places. One change in four is still libFuzzer's own, of bytes.
 */
#include <cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

enum { NODES_MAX = 4000 };

struct nodes {
    cJSON *list[NODES_MAX];
    size_t count;
};

static unsigned next_random(unsigned *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static void collect(struct nodes *nodes, cJSON *value)
{
    for (cJSON *child = value->child; child && nodes->count < NODES_MAX; child = child->next) {
        nodes->list[nodes->count++] = child;
        collect(nodes, child);
    }
}

/* Another value of the document, one under the same name where there is one. */
static const cJSON *another(const struct nodes *nodes, const cJSON *node, unsigned *seed)
{
    size_t from = next_random(seed) % nodes->count;
    for (size_t i = 0; node->string && i < nodes->count; i++) {
        const cJSON *other = nodes->list[(from + i) % nodes->count];
        if (other != node && other->string && strcmp(other->string, node->string) == 0)
            return other;
    }
    return nodes->list[from];
}

static double another_number(double n, unsigned *seed)
{
    static const double edges[] = {
        0, 1, -1, 999, 1000, 1001, 65535, 2147483648.0, 9007199254740992.0};
    switch (next_random(seed) % 4) {
    case 0:
        return edges[next_random(seed) % (sizeof edges / sizeof *edges)];
    case 1:
        return n + 1;
    case 2:
        return n - 1;
    default:
        return next_random(seed) % 2000;
    }
}

static void change_text(cJSON *node, unsigned *seed)
{
    char text[4096];
    size_t n = strlen(node->valuestring);
    if (n >= sizeof text)
        return;
    memcpy(text, node->valuestring, n);
    n = next_random(seed) % 8 ? LLVMFuzzerMutate((uint8_t *)text, n, sizeof text - 1) : 0;
    text[n] = '\0';
    cJSON_SetValuestring(node, text);
}

static void change_value(cJSON *node, unsigned *seed)
{
    if (cJSON_IsNumber(node))
        cJSON_SetNumberValue(node, another_number(node->valuedouble, seed));
    else if (cJSON_IsBool(node))
        node->type ^= cJSON_True | cJSON_False;
    else if (cJSON_IsString(node))
        change_text(node, seed);
}

static cJSON *parent_of(cJSON *value, const cJSON *node)
{
    for (cJSON *child = value->child; child; child = child->next) {
        if (child == node)
            return value;
        cJSON *found = parent_of(child, node);
        if (found)
            return found;
    }
    return NULL;
}

static void put_in_place(cJSON *parent, cJSON *node, const cJSON *value)
{
    cJSON *copy = cJSON_Duplicate(value, 1);
    if (cJSON_IsArray(parent)) {
        cJSON_ReplaceItemViaPointer(parent, node, copy);
    } else {
        char *name = strdup(node->string);
        cJSON_ReplaceItemInObjectCaseSensitive(parent, name, copy);
        free(name);
    }
}

static void change_list(cJSON *list, cJSON *node, const cJSON *other, unsigned *seed)
{
    switch (next_random(seed) % 3) {
    case 0:
        cJSON_Delete(cJSON_DetachItemViaPointer(list, node));
        break;
    case 1:
        cJSON_AddItemToArray(list, cJSON_Duplicate(node, 1));
        break;
    default:
        put_in_place(list, node, other);
        break;
    }
}

static void change_tree(cJSON *root, unsigned *seed)
{
    static struct nodes nodes;
    nodes.count = 0;
    collect(&nodes, root);
    if (!nodes.count)
        return;
    cJSON *node = nodes.list[next_random(seed) % nodes.count];
    cJSON *parent = parent_of(root, node);
    const cJSON *other = another(&nodes, node, seed);
    if (cJSON_IsArray(parent))
        change_list(parent, node, other, seed);
    else if (next_random(seed) % 3 == 0 && !parent_of(node, other))
        put_in_place(parent, node, other);
    else
        change_value(node, seed);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    cJSON *root = next_random(&seed) % 4 ? cJSON_ParseWithLength((const char *)data, size) : NULL;
    if (!root)
        return LLVMFuzzerMutate(data, size, max_size);
    for (unsigned n = next_random(&seed) % 3 + 1; n; n--)
        change_tree(root, &seed);
    char *text = cJSON_PrintUnformatted(root);
    size_t n = text ? strlen(text) : 0;
    if (n && n <= max_size)
        memcpy(data, text, n);
    cJSON_free(text);
    cJSON_Delete(root);
    return n && n <= max_size ? n : LLVMFuzzerMutate(data, size, max_size);
}
