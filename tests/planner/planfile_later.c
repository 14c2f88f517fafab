#include "tests/planner/planfile_case.h"

#define HEAD "switchover: 1\nstage: prod\n"

/* A reserved key is answered on its own line; bad values in it are ordinary errors behind it. */
#define NOT_YET(key)                                                                               \
    {                                                                                              \
        3, 1, key " is not available yet", "take it out"                                           \
    }

static void requirements_are_judged(void **state)
{
    (void)state;
    static const struct planfile_row rows[] = {
        {"require: {clean: false}\n", {NOT_YET("require")}},
        {"require: {clean: 1, branch: '', signed: no}\n",
         {NOT_YET("require"),
          {3, 18, "require.clean: expected true or false", NULL},
          {3, 29, "require.branch: expected a text that is not empty", NULL},
          {3, 41, "require.signed: expected true or false", NULL}}},
    };
    planfile_case_expect(HEAD, rows, COUNT(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requirements_are_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
