#include "tests/unit.h"

#include "planner/base/digest.h"

/* FIPS 180-4's examples, as NIST publishes them. */
static void agrees_with_the_published_values(void **state)
{
    static const struct {
        const char *text, *digest;
    } rows[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char hex[DIGEST_HEX_SIZE];
        digest_sha256_hex(hex, rows[i].text, strlen(rows[i].text));
        assert_string_equal(hex, rows[i].digest);
    }
}

static void writes_bytes_as_lower_case_hex(void **state)
{
    (void)state;
    char hex[9];
    digest_hex(hex, (const unsigned char[]){0x00, 0x0f, 0xf0, 0xab}, 4);
    assert_string_equal(hex, "000ff0ab");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_published_values),
        cmocka_unit_test(writes_bytes_as_lower_case_hex),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
