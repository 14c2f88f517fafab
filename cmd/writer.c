#include "cmd/writer.h"

#include "planner/base/time.h"

void writer_find(struct writer *out, struct arena *arena, const struct store *store)
{
    struct error err;
    *out = (struct writer){0};
    if (!store->holder(store->self, &out->holder, &out->held, arena, &err))
        out->why_unknown = arena_strdup(arena, err.message);
}

/* A lock that was taken after that run began is another run's, which has written nothing yet. */
static bool is_of(const struct lock_holder *holder, const struct run *run)
{
    int64_t since;
    return !holder->since || !time_parse(&since, holder->since) || since <= run->started_at;
}

enum run_life writer_life(const struct writer *writer, const struct state *state)
{
    const struct run *last = state && state->run_count ? &state->runs[state->run_count - 1] : NULL;
    if (!last || last->end != RUN_OPEN)
        return RUN_LIFE_OVER;
    if (writer->why_unknown)
        return RUN_LIFE_UNKNOWN;
    return writer->held && is_of(&writer->holder, last) ? RUN_LIFE_ON : RUN_LIFE_DEAD;
}

const char *writer_describe(struct arena *arena, const struct writer *writer)
{
    const struct lock_holder *holder = &writer->holder;
    if (!holder->who)
        return "somebody who has not said who it is";
    return arena_printf(arena, "%s (pid %lld) since %s, `%s`", holder->who, (long long)holder->pid,
                        holder->since ? holder->since : "?",
                        holder->command ? holder->command : "?");
}
