/*
 * The saved plan. The bytes as they are, and then sealed, so that the digest does not keep the
 * fuzzer from what lies behind it. What is accepted is written to the same bytes again, and its way
 * back can be made.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "planner/plan_json.h"
#include "tests/fuzz/plans.h"

static void try_bytes(const char *bytes, size_t n)
{
    struct plan plan;
    struct error err = {0};
    struct text again = {0};
    if (plan_read(&plan, "saved.plan", bytes, n, &err)) {
        fuzz_accepted();
        plan_write(&again, &plan);
        must_hold(again.len == n && memcmp(again.data, bytes, n) == 0);
        plans_check(&plan, NULL);
        text_clear(&again);
    } else {
        fuzz_check_error(&err);
    }
    plan_clear(&plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_try_sealed(try_bytes, data, size);
    return 0;
}
