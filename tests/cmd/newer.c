#include "tests/unit.h"

#include "cmd/newer.h"
#include "planner/base/memory.h"
#include "planner/plan_json.h"
#include "tests/planner/make.h"

#define OURS  "1a2b3c4d-0000-4000-8000-000000000000"
#define OTHER "ffffffff-0000-4000-8000-000000000000"

enum { COPIES_MAX = 4 };

struct near { /* a store with these copies */
    struct store_copy list[COPIES_MAX];
    size_t count;
};

static size_t copies(void *self, struct store_copy **out, struct arena *arena)
{
    const struct near *near = self;
    struct store_copy *list = NULL;
    size_t count = 0;
    for (size_t i = 0; i < near->count; i++) {
        struct store_copy *copy = arena_append(arena, &list, &count, sizeof *list);
        *copy = near->list[i];
    }
    *out = list;
    return count;
}

static struct state *make_state(const char *lineage, int64_t serial)
{
    struct plan *plan = make_plan();
    struct text document = {0};
    plan_write(&document, plan);
    text_clear(&document);
    struct state *state = state_new(lineage, plan);
    state->serial = serial;
    return state;
}

/* `cut`: so many bytes are missing at its end. */
static void add(struct near *near, struct arena *arena, const char *where, const char *lineage,
                int64_t serial, size_t cut)
{
    struct state *state = make_state(lineage, serial);
    struct text bytes = {0};
    state_write(&bytes, state);
    near->list[near->count++] =
        (struct store_copy){where, arena_strndup(arena, bytes.data, bytes.len), bytes.len - cut};
    text_clear(&bytes);
    state_free(state);
}

static void the_newest_copy_of_the_same_cutover_is_found(void **state)
{
    (void)state;
    static const struct {
        struct {
            const char *where, *lineage;
            int64_t serial;
            size_t cut;
        } copies[COPIES_MAX];
        const char *found; /* NULL: none; the state has serial 7 */
        int64_t serial;
    } rows[] = {
        {{{NULL}}, NULL, 0},
        {{{"backup", OURS, 6, 0}}, NULL, 0},
        {{{"backup", OURS, 7, 0}}, NULL, 0},
        {{{"backup", OURS, 8, 0}}, "backup", 8},
        {{{"backup", OURS, 6, 0}, {"errored", OURS, 8, 0}}, "errored", 8},
        {{{"errored", OURS, 8, 0}, {"errored-2", OURS, 9, 0}, {"backup", OURS, 6, 0}},
         "errored-2",
         9},
        {{{"errored-2", OURS, 9, 0}, {"errored", OURS, 8, 0}}, "errored-2", 9},
        {{{"errored-2", OURS, 9, 0}, {"errored", OURS, 9, 0}}, "errored", 9},
        {{{"errored", OTHER, 9, 0}}, NULL, 0},
        {{{"errored", OURS, 9, 1}}, NULL, 0},
        {{{"errored", OURS, 9, 1}, {"errored-2", OURS, 8, 0}}, "errored-2", 8},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena arena = {0};
        struct near near = {.count = 0};
        struct store store = {.self = &near, .copies = copies};
        struct state *than = make_state(OURS, 7);
        struct newer newer;
        for (size_t c = 0; c < COPIES_MAX && rows[i].copies[c].where; c++)
            add(&near, &arena, rows[i].copies[c].where, rows[i].copies[c].lineage,
                rows[i].copies[c].serial, rows[i].copies[c].cut);
        newer_find(&newer, &store, than);
        if ((newer.state != NULL) != (rows[i].found != NULL))
            fail_msg("row %zu", i);
        if (newer.state) {
            assert_string_equal(text_cstr(&newer.where), rows[i].found);
            assert_int_equal(newer.state->serial, rows[i].serial);
        }
        newer_clear(&newer);
        state_free(than);
        arena_clear(&arena);
    }
}

static void what_to_do_is_said_as_a_command(void **state)
{
    (void)state;
    struct state *older = make_state(OURS, 7);
    struct newer newer = {0};
    struct error err = {0};
    assert_true(newer_refuse(&newer, older, "prod.state.json", &err));
    newer.state = make_state(OURS, 9);
    text_add(&newer.where, "my folder/errored.state.json");
    assert_false(newer_refuse(&newer, older, "my folder/prod.state.json", &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_non_null(strstr(err.message,
                           "my folder/prod.state.json is an older state of this cutover "
                           "(serial 7) than my folder/errored.state.json (serial 9)"));
    assert_non_null(
        strstr(err.hint, "mv 'my folder/errored.state.json' 'my folder/prod.state.json'"));
    newer_clear(&newer);
    state_free(older);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_copy_of_the_same_cutover_is_found),
        cmocka_unit_test(what_to_do_is_said_as_a_command),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
