#include "tests/unit.h"

#include <stdalign.h>

#include "planner/base/arena.h"

static struct arena arena;

static int clear(void **state)
{
    (void)state;
    arena_clear(&arena);
    return 0;
}

/* Sizes around and above a block: each piece is zeroed, aligned and its own. */
static void pieces_are_zeroed_aligned_and_apart(void **state)
{
    enum { PIECES = 300 };
    unsigned char *pieces[PIECES];
    size_t sizes[PIECES];
    (void)state;
    for (size_t i = 0; i < PIECES; i++) {
        sizes[i] = i % 7 == 0 ? 5000 + i : i;
        pieces[i] = arena_alloc(&arena, sizes[i]);
        assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(pieces[i][k], 0);
        memset(pieces[i], (int)(i % 255) + 1, sizes[i]);
    }
    for (size_t i = 0; i < PIECES; i++)
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(pieces[i][k], i % 255 + 1);
}

static void strings_are_copies(void **state)
{
    (void)state;
    char original[] = "abcdef";
    char *copy = arena_strdup(&arena, original), *part = arena_strndup(&arena, original, 3);
    original[0] = 'X';
    assert_string_equal(copy, "abcdef");
    assert_string_equal(part, "abc");
    assert_string_equal(arena_strndup(&arena, NULL, 0), "");
    assert_null(arena_strdup(&arena, NULL));
    assert_string_equal(arena_printf(&arena, "%d %s", 7, "x"), "7 x");
    assert_string_equal(arena_printf(&arena, "%s", ""), "");
}

static void appended_items_keep_their_place_and_value(void **state)
{
    int *items = NULL;
    size_t count = 0;
    (void)state;
    for (int i = 0; i < 1000; i++) {
        int *item = arena_append(&arena, &items, &count, sizeof *items);
        assert_int_equal(*item, 0);
        *item = i;
        assert_int_equal(count, i + 1);
        assert_ptr_equal(item, &items[i]);
    }
    for (int i = 0; i < 1000; i++)
        assert_int_equal(items[i], i);
}

static void is_ready_again_when_cleared(void **state)
{
    (void)state;
    arena_alloc(&arena, 10000);
    arena_clear(&arena);
    assert_null(arena.newest);
    arena_clear(&arena);
    assert_string_equal(arena_strdup(&arena, "again"), "again");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(pieces_are_zeroed_aligned_and_apart, clear),
        cmocka_unit_test_teardown(strings_are_copies, clear),
        cmocka_unit_test_teardown(appended_items_keep_their_place_and_value, clear),
        cmocka_unit_test_teardown(is_ready_again_when_cleared, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
