#include "tests/unit.h"

#include "planner/routing_shape.h"

/* Paths behind "member.1.", parted by spaces. */
struct row {
    const char *paths;
    bool is_tree;
};

static bool judge(const char *paths)
{
    struct arena arena = {0};
    struct routing_member *members = NULL;
    size_t count = 0;
    char *copy = arena_strdup(&arena, paths), *rest;
    for (char *path = strtok_r(copy, " ", &rest); path; path = strtok_r(NULL, " ", &rest)) {
        struct routing_member *member = arena_append(&arena, &members, &count, sizeof *members);
        member->path = arena_printf(&arena, "member.1.%s", path);
    }
    bool is_tree = routing_shape_is_tree(members, count);
    arena_clear(&arena);
    return is_tree;
}

static void knows_a_tree(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"Type", true},
        {"Type Order ForwardConfig.TargetGroups.member.1.Weight", true},
        {"A.member.1.X A.member.2.X A.member.10.X", true},
        {"A.member.1 A.member.2", true},
        {"A.entry.1.key A.entry.1.value A.entry.2.value A.entry.2.key", true},
        {"A.X B A.Y", true}, /* in any order */
        {"A AB.C ABC", true},
        /* what no answer can be flattened to */
        {"Type Type", false},
        {"A A.B", false},
        {"A.B.C A.B", false},
        {"A.member.1.X A.member.1", false},
        {"A.member.1.X A.Y", false},
        {"A.member.1.X A.entry.1.key A.entry.1.value", false},
        {"A.entry.1.key", false},
        {"A.entry.1.value", false},
        {"A.entry.1.key A.entry.2.value", false},
        {"A.entry.1.key A.entry.1.value A.entry.1.other", false},
        {"A.entry.1", false},
        {"A.entry.1.key.X A.entry.1.value", false},
        {"member.1.X", true}, /* a list of lists */
        /* paths that are no parameter names */
        {"A.member", false},
        {"A.member.X", false},
        {"A.member.0", false},
        {"A.member.01.X", false},
        {"A.1.X", false},
        {"A..B", false},
        {"A.", false},
        {".A", false},
        {"A-B", false},
        {"A\xc3\xa4", false},
        {"A&Action=DeleteListener", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (judge(rows[i].paths) != rows[i].is_tree)
            fail_msg("%s", rows[i].paths);
}

static void needs_no_members(void **state)
{
    (void)state;
    assert_true(routing_shape_is_tree(NULL, 0));
}

/* The default rule is not ours to change when it could not be put back. */
static void a_routing_that_is_no_tree_is_not_understood(void **state)
{
    (void)state;
    static const struct routing_member members[] = {
        {"member.1.Type", "forward"},
        {"member.1.TargetGroupArn", "arn:a"},
        {"member.1.ForwardConfig.TargetGroupStickinessConfig.Enabled", "false"},
        {"member.1.ForwardConfig.TargetGroupStickinessConfig", "x"},
    };
    struct arena arena = {0};
    struct routing routing;
    routing_interpret(&routing, &arena, members, COUNT(members) - 1);
    assert_true(routing.understood);
    routing_interpret(&routing, &arena, members, COUNT(members));
    assert_false(routing.understood);
    assert_string_equal(routing.why_not,
                        "the default rule holds something that cannot be sent back");
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_a_tree),
        cmocka_unit_test(needs_no_members),
        cmocka_unit_test(a_routing_that_is_no_tree_is_not_understood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
