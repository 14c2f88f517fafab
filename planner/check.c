#include "planner/check.h"

#include "planner/base/text.h"

void checks_ask(struct check_results *out, const struct prober *prober, const struct planfile *file,
                unsigned kinds, struct arena *arena, const struct subject *subject)
{
    *out = (struct check_results){0};
    if (!prober)
        return;
    for (size_t i = 0; i < file->check_count; i++)
        if (kinds & 1u << file->checks[i].kind)
            *(struct check_result *)arena_append(arena, &out->items, &out->count,
                                                 sizeof *out->items) =
                (struct check_result){.check = &file->checks[i]};
    if (out->count)
        prober->ask(prober->self, out->items, out->count, arena, subject);
}

const struct check_result *check_results_find(const struct check_results *results, const char *name)
{
    for (size_t i = 0; i < results->count; i++)
        if (text_same(results->items[i].check->name, name))
            return &results->items[i];
    return NULL;
}
