/* Pages and ARNs, for all operations. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "planner/base/text.h"
#include "providers/sandbox/wire_parts.h"
#include "providers/sandbox/world_random.h"

enum { LOOKED_UP_AT_ONCE = 100 };

bool wire_list_is_short(struct wire_call *call, const char *name)
{
    return param_list(call->params, name) <= LOOKED_UP_AT_ONCE ||
           refuse(call->why, 400, "ValidationError", "%s may have at most %d members", name,
                  LOOKED_UP_AT_ONCE);
}

/* A token belongs to one kind of list of one world; any other is refused as AWS refuses it. */
static const char *token_for(struct wire_call *call, const char *name, size_t at)
{
    uint64_t key = 5381;
    for (const char *p = name; *p; p++)
        key = key * 33 + (unsigned char)*p;
    uint64_t seal = random_hash(call->world->setup->seed ^ key, at);
    return arena_printf(call->arena, "%zu.%016llx", at, (unsigned long long)seal);
}

bool page_read(struct page *out, struct wire_call *call, const char *token_name,
               const char *size_name, size_t total, size_t most)
{
    int64_t size;
    *out = (struct page){0};
    if (!param_int(&size, call->params, size_name, (int64_t)most, 1, (int64_t)most, call->why))
        return false;
    int64_t least = call->world->setup->page_items;
    if (least > 0 && size > least)
        size = least;
    const char *token = param_text(call->params, "%s", token_name);
    if (token && *token) {
        out->from = strtoul(token, NULL, 10);
        if (out->from == 0 || !text_same(token, token_for(call, token_name, out->from)))
            return refuse(call->why, 400,
                          call->params->json ? "InvalidParameterException" : "ValidationError",
                          "'%.80s' is no valid %s", token, token_name);
        if (out->from > total) /* the list has become shorter */
            out->from = total;
    }
    out->to = total - out->from > (size_t)size ? out->from + (size_t)size : total;
    out->next = out->to < total ? token_for(call, token_name, out->to) : NULL;
    return true;
}

const char *deployment_arn(const struct wire_call *call, const char *service, const char *resource)
{
    const struct world_setup *setup = call->world->setup;
    return arena_printf(call->arena, "arn:aws:%s:%s:%s:%s", service, setup->region, setup->account,
                        resource);
}

const char *zone_name(const struct wire_call *call, int zone)
{
    return arena_printf(call->arena, "%s%c", call->world->setup->region, zone ? 'b' : 'a');
}
