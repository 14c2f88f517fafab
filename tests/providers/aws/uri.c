#include "tests/unit.h"

#include "providers/aws/uri.h"

/* RFC 3986, section 2.3: these stay, every other byte of all 256 is encoded. */
static void encodes_every_byte_but_the_unreserved(void **state)
{
    (void)state;
    static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                     "0123456789-_.~";
    for (int byte = 0; byte < 256; byte++) {
        struct text out = {0};
        char c = (char)byte, expected[4];
        if (byte && strchr(unreserved, byte))
            snprintf(expected, sizeof expected, "%c", byte);
        else
            snprintf(expected, sizeof expected, "%%%02X", (unsigned)byte);
        uri_encode(&out, &c, 1);
        assert_string_equal(out.data, expected);
        text_clear(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes_every_byte_but_the_unreserved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
