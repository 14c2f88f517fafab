#include "cmd/newer.h"

#include <string.h>

#include "cmd/shell.h"

/* Takes `state` over. Of two with one serial the choice does not hang on the folder's order. */
static void consider(struct newer *newer, struct state *state, const char *where,
                     const struct state *than)
{
    const struct state *best = newer->state ? newer->state : than;
    bool better = strcmp(state->lineage, than->lineage) == 0 &&
                  (state->serial > best->serial || (newer->state && state->serial == best->serial &&
                                                    strcmp(where, text_cstr(&newer->where)) < 0));
    if (!better) {
        state_free(state);
        return;
    }
    newer_clear(newer);
    newer->state = state;
    text_add(&newer->where, where);
}

void newer_find(struct newer *out, const struct store *store, const struct state *than)
{
    struct arena arena = {0};
    struct store_copy *copies;
    size_t count = store->copies(store->self, &copies, &arena);
    *out = (struct newer){0};
    for (size_t i = 0; i < count; i++) {
        struct state *state;
        struct error ignored; /* a copy that is torn or of another version is none */
        if (state_read(&state, copies[i].where, copies[i].bytes, copies[i].n, &ignored))
            consider(out, state, copies[i].where, than);
    }
    arena_clear(&arena);
}

void newer_clear(struct newer *newer)
{
    state_free(newer->state);
    text_clear(&newer->where);
    *newer = (struct newer){0};
}

bool newer_refuse(const struct newer *newer, const struct state *older, const char *location,
                  struct error *err)
{
    struct text move = {0};
    if (!newer->state)
        return true;
    text_add(&move, "mv ");
    shell_add(&move, text_cstr(&newer->where));
    text_add_char(&move, ' ');
    shell_add(&move, location);
    error_set(err, ERROR_INPUT,
              "%s is an older state of this cutover (serial %lld) than %s (serial %lld)", location,
              (long long)older->serial, text_cstr(&newer->where), (long long)newer->state->serial);
    error_hint(err, "put the newer one in its place, then run again: %s", text_cstr(&move));
    text_clear(&move);
    return false;
}
