#include "tests/unit.h"

#include "planner/snapshot.h"
#include "providers/aws/observe_reads.h"
#include "providers/aws/operation.h"

/* AWS's own habit with names tells what only looks. */
static bool only_looks(const char *name)
{
    return text_starts(name, "Describe") || text_starts(name, "List") || text_starts(name, "Get");
}

static void calls_are_as_the_table_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < AWS_OPERATION_COUNT; i++) {
        const struct aws_operation *operation = &aws_operations[i];
        struct aws_call call = aws_call_of(operation);
        assert_non_null(operation->name);
        assert_string_equal(call.operation, operation->name);
        assert_int_equal(call.service, operation->service);
        assert_int_equal(call.mutation, !only_looks(operation->name));
        assert_false(call.optional || call.ok || call.body.len);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(aws_operations[k].name, operation->name);
    }
}

static void actions_have_the_prefix_of_iam(void **state)
{
    (void)state;
    struct text out = {0};
    aws_add_action(&out, &aws_operations[OPERATION_GET_METRIC_DATA]);
    text_add_char(&out, ' ');
    aws_add_action(&out, &aws_operations[OPERATION_MODIFY_LISTENER]);
    assert_string_equal(out.data, "cloudwatch:GetMetricData elasticloadbalancing:ModifyListener");
    text_clear(&out);
}

/* plan reads with these, so the policy for plan must have them. */
static void every_fact_of_a_plan_has_its_operation(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < FACT_COUNT; bit++) {
        const struct aws_operation *operation = observe_operation((enum fact)(1u << bit));
        assert_int_equal(operation != NULL, (FACTS_PLAN & 1u << bit) != 0);
        if (!operation)
            continue;
        assert_false(operation->apply_only || operation->mutation);
        assert_true(text_starts(fact_name((enum fact)(1u << bit)), operation->name));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_are_as_the_table_says),
        cmocka_unit_test(actions_have_the_prefix_of_iam),
        cmocka_unit_test(every_fact_of_a_plan_has_its_operation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
