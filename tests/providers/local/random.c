#include "tests/unit.h"

#include <regex.h>

#include "providers/local/random.h"

static void ids_have_their_form_and_differ(void **state)
{
    (void)state;
    enum { IDS = 200 };
    static char ids[IDS][LOCAL_UUID_SIZE];
    struct error err;
    regex_t uuid;
    bool variants[16] = {0};
    assert_int_equal(
        regcomp(&uuid, "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
                REG_EXTENDED | REG_NOSUB),
        0);
    for (size_t i = 0; i < IDS; i++) {
        assert_true(local_random_uuid(ids[i], &err));
        assert_int_equal(regexec(&uuid, ids[i], 0, NULL, 0), 0);
        variants[strtol((char[]){ids[i][19], '\0'}, NULL, 16)] = true;
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(ids[i], ids[j]);
    }
    assert_true(variants[8] && variants[9] && variants[10] && variants[11]);
    regfree(&uuid);

    char hex[17] = "................";
    assert_true(local_random_hex(hex, 6, &err));
    assert_int_equal(strspn(hex, "0123456789abcdef"), 6);
    assert_int_equal(hex[6], '\0');
    assert_int_equal(hex[7], '.');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_have_their_form_and_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
