#include "tests/sim/shelf.h"

#include <stdlib.h>
#include <string.h>

enum { PLACES = 512 };

static struct place {
    struct text bytes;
    struct state *state; /* NULL: the place is free */
    unsigned takers;
} places[PLACES];

/* A state's place is its digest's. */
static struct place *place_of(const char *digest)
{
    char start[9] = {0};
    memcpy(start, digest, sizeof start - 1);
    return &places[strtoul(start, NULL, 16) % PLACES];
}

static struct state *read_new(const struct text *bytes, struct error *err)
{
    struct state *state;
    return state_read(&state, "stored", bytes->data, bytes->len, err) ? state : NULL;
}

static void put(struct place *place, const struct text *bytes, struct state *state)
{
    state_free(place->state);
    text_cut(&place->bytes, 0);
    text_add_bytes(&place->bytes, bytes->data, bytes->len);
    place->state = state;
}

const struct state *shelf_take(const struct text *bytes, struct error *err)
{
    static const char end[] = "\"\n}\n";
    size_t behind = DIGEST_HEX_SIZE - 1 + strlen(end); /* its beginning, from the end */
    if (bytes->len < behind)
        return read_new(bytes, err);
    struct place *place = place_of(bytes->data + bytes->len - behind);
    bool known = place->state && place->bytes.len == bytes->len &&
                 memcmp(place->bytes.data, bytes->data, bytes->len) == 0;
    if (!known) {
        struct state *state = read_new(bytes, err);
        if (!state || place->takers) /* somebody still looks at another that has this place */
            return state;
        put(place, bytes, state);
    }
    place->takers++;
    return place->state;
}

void shelf_give_back(const struct state *state)
{
    if (!state)
        return;
    struct place *place = place_of(state->digest);
    if (place->state == state)
        place->takers--;
    else
        state_free((struct state *)(uintptr_t)state);
}
