#include "planner/planfile_later.h"

#include "planner/planfile_text.h"

/* Every value read here lands in the same place: nothing is kept. */
union scratch {
    bool flag;
    const char *text;
};

bool later_keys(struct reader *r, const struct key *key, const struct yaml_node *node, void *out)
{
    union scratch scratch;
    (void)out;
    return reader_keys(r, key->under, node, &scratch);
}

static const struct key require_rows[] = {
    {.name = "clean", .read = value_bool},
    {"branch", value_text, .max = 200},
    {.name = "signed", .read = value_bool},
};
const struct keys require_keys = {KEYS(require_rows)};
