#include "tests/unit.h"

#include "cmd/view_markdown_plan.h"
#include "cmd/view_text_plan.h"
#include "tests/cmd/golden.h"
#include "tests/cmd/prod.h"
#include "tests/planner/make.h"

static char *shown_for(const char *yaml, const struct snapshot *live)
{
    struct plan plan;
    struct text out = {0};
    prod_plan(&plan, yaml, live, NULL);
    view_markdown_plan(&out, &plan, REQUESTS_UNKNOWN);
    plan_clear(&plan);
    return text_steal(&out);
}

/* Lines that begin with a bar: one a row, each with as many cells as the head. */
static size_t rows_of_table(const char *text)
{
    size_t rows = 0;
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
        size_t bars = 0, n = strcspn(line, "\n");
        if (*line != '|')
            continue;
        for (size_t i = 0; i < n; i++)
            bars += line[i] == '|' && (i == 0 || line[i - 1] != '\\');
        assert_int_equal(bars, 6);
        rows++;
    }
    return rows;
}

static void says_what_a_reviewer_looks_for(void **state)
{
    (void)state;
    static const char *const facts[] = {
        "### switchover plan of prod",
        "**Plan: 5 actions, 2 changes; nothing blocks; takes",
        "| 1 | `scale[target]` | desired count 0 -\\> 2 | 10m | 2 |",
        "| 3 | `shift[100%]` | source 1, target 0 -\\> source 0, target 1 | | 10 |",
        "| 4 | `hold[100%]` | 10m with 100 % of the traffic on the target | 13m | 12 |",
        "Gates of each hold: errors, client\\_errors, latency, health, traffic; one that fails "
        "stops "
        "the run at once and leaves the traffic as it is \\(exit 8\\); an inconclusive end stops "
        "here \\(exit 6\\).",
        "- warns `shared-target-group`: port 9201 \\(source 1, target 0\\);",
        "- too short `hold[100%]`: about 180 requests",
        "it ends inconclusive; hold: 18m, or min\\_requests: 150",
        "<details>",
        "```text",
        "Switchover plan of prod",
        "Fallback: at any time",
        "```",
        "</details>",
    };
    struct snapshot live;
    prod_snapshot(&live);
    char *text = shown_for("switchover: 1\nstage: prod\n", &live);
    golden_check("plan.md", text);
    facts_in_order(text, facts, COUNT(facts));
    assert_int_equal(rows_of_table(text), 7);
    free(text);
    snapshot_clear(&live);
}

static void what_blocks_comes_first(void **state)
{
    (void)state;
    struct snapshot live;
    prod_snapshot(&live);
    prod_routing(&live, "S1 T0 sticky=600");
    char *text = shown_for("switchover: 1\nstage: prod\n", &live);
    const char *blocks = strstr(text, "- **blocks** `stickiness`: "),
               *warns = strstr(text, "- warns ");
    assert_non_null(blocks);
    assert_non_null(warns);
    assert_true(blocks < warns);
    free(text);
    snapshot_clear(&live);
}

/* A reason in the plan file or an answer of AWS ends no cell, list, fence or fold. */
static void nothing_from_outside_becomes_markup(void **state)
{
    (void)state;
    struct snapshot live;
    prod_snapshot(&live);
    prod_routing(&live, "S1 T0 sticky=600");
    char *text = shown_for("switchover: 1\nstage: prod\n"
                           "allow: {stickiness: \"| <b>x</b> ``` </details> [a](b) @all\"}\n",
                           &live);
    assert_non_null(strstr(text, "allowed: \\| \\<b\\>x\\</b\\> \\`\\`\\` \\</details\\> "
                                 "\\[a\\]\\(b\\) \\@all\n"));
    assert_non_null(strstr(text, "\n````text\n"));
    const char *fence_end = strstr(text, "\n````\n");
    assert_non_null(fence_end);
    assert_string_equal(fence_end + strlen("\n````\n"), "\n</details>\n");
    assert_int_equal(rows_of_table(text), 7);
    free(text);
    snapshot_clear(&live);
}

static void fits_a_comment(void **state)
{
    (void)state;
    struct snapshot live;
    struct text yaml = {0};
    prod_snapshot(&live);
    text_add(&yaml, "switchover: 1\nstage: prod\ntraffic:\n  steps:\n");
    for (int i = 1; i <= 100; i++)
        text_addf(&yaml, "    - {target: %d, hold: 6m}\n", i);
    char *text = shown_for(yaml.data, &live);
    assert_true(strlen(text) <= MARKDOWN_MAX_BYTES);
    assert_non_null(strstr(text, "\n```\n... and more: `switchover plan` shows the whole.\n"));
    assert_true(text_ends(text, "\n</details>\n"));
    free(text);
    text_clear(&yaml);
    snapshot_clear(&live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_a_reviewer_looks_for),
        cmocka_unit_test(what_blocks_comes_first),
        cmocka_unit_test(nothing_from_outside_becomes_markup),
        cmocka_unit_test(fits_a_comment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
