#include "providers/checks/secret.h"
#include "tests/unit.h"

#define TOKEN    "SWITCHOVER_SECRET_TOKEN"
#define PASSWORD "SWITCHOVER_SECRET_LOGIN"

static void says_what_is_wrong_and_not_with_what(void **state)
{
    static char long_value[SECRET_LENGTH_MAX + 2];
    static const struct {
        const char *value; /* NULL: not set */
        bool basic;
        const char *words;
    } rows[] = {
        {NULL, false, "is not set"},
        {NULL, true, "is not set"},
        {"", false, "is empty"},
        {"canary\n", false, "control character"},
        {"can\rary", false, "control character"},
        {"can\tary", true, "control character"},
        {"user:canary\x7f", true, "control character"},
        {"can ary", false, "a character that no token has"},
        {"canary\xC3\xA4", false, "a character that no token has"},
        {"canary", true, "is not of the form user:password"},
        {long_value, false, "is longer than"},
    };
    (void)state;
    memset(long_value, 'c', sizeof long_value - 1);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct secret secret;
        struct error err = {0};
        if (rows[i].value)
            setenv(TOKEN, rows[i].value, 1);
        else
            unsetenv(TOKEN);
        assert_false(
            secret_read(&secret, rows[i].basic ? NULL : TOKEN, rows[i].basic ? TOKEN : NULL, &err));
        assert_int_equal(err.kind, ERROR_CREDENTIALS);
        if (!strstr(err.message, rows[i].words) || !strstr(err.message, TOKEN) ||
            strstr(err.message, "can") || strstr(err.message, "ccc"))
            fail_msg("row %zu: %s", i, err.message);
        secret_clear(&secret);
    }
}

/* RFC 7617, section 2, has the pair and its encoding. */
static void the_headers(void **state)
{
    static const struct {
        const char *bearer, *basic, *value, *header;
    } rows[] = {
        {TOKEN, NULL, "mF_9.B5f-4.1JqM", "Bearer mF_9.B5f-4.1JqM"}, /* RFC 6750, section 2.1 */
        {NULL, PASSWORD, "Aladdin:open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
        {NULL, PASSWORD, "test:123\xC2\xA3", "Basic dGVzdDoxMjPCow=="}, /* its section 2.1 */
        {NULL, PASSWORD, ":", "Basic Og=="},
        {NULL, PASSWORD, "a:b:c", "Basic YTpiOmM="},
        {NULL, NULL, "anything", NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct secret secret;
        struct error err = {0};
        setenv(TOKEN, rows[i].value, 1);
        setenv(PASSWORD, rows[i].value, 1);
        assert_true(secret_read(&secret, rows[i].bearer, rows[i].basic, &err));
        if (!text_same(secret.authorization, rows[i].header))
            fail_msg("%s: %s", rows[i].value, secret.authorization);
        if (secret.authorization)
            assert_int_equal(secret.size, strlen(secret.authorization) + 1);
        secret_clear(&secret);
        assert_null(secret.authorization);
    }
}

static void an_answer_that_repeats_it_is_not_repeated(void **state)
{
    static const struct {
        const char *bearer, *value, *text;
        size_t run;
        const char *shown;
    } rows[] = {
        {TOKEN, "0123456789abcdef", "x 0123456789abcdef y", 8, "x [" TOKEN "] y"},
        {TOKEN, "0123456789abcdef", "0123456789abcdef", SIZE_MAX, "[" TOKEN "]"},
        {TOKEN, "0123456789abcdef", "01234567", 8, "[" TOKEN "]"},            /* a piece of it */
        {TOKEN, "0123456789abcdef", "8 789abcde!", 8, "8 [" TOKEN "]!"},      /* from the middle */
        {TOKEN, "0123456789abcdef", "0123456 89abcde", 8, "0123456 89abcde"}, /* too little */
        {TOKEN, "0123456789abcdef", "01234567", SIZE_MAX, "01234567"},
        {TOKEN, "abc", "xabcx ab", 8, "x[" TOKEN "]x ab"}, /* a short one, whole */
        {TOKEN, "abcabcabc", "abcabcabcabc", 8, "[" TOKEN "]abc"},
        {NULL, "user:open sesame", "open sesame, user", 8, "[" PASSWORD "], user"},
        {NULL, "user:pw", "the pw", 8, "the [" PASSWORD "]"},
        {NULL, "Aladdin:open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", 8,
         "Basic [" PASSWORD "]"},
        {NULL, "user:", "user", 8, "user"},
        {NULL, "", "nothing is secret", 8, "nothing is secret"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct secret secret;
        struct error err = {0};
        struct text out = {0};
        const char *basic = !rows[i].bearer && *rows[i].value ? PASSWORD : NULL;
        setenv(TOKEN, rows[i].value, 1);
        setenv(PASSWORD, rows[i].value, 1);
        assert_true(secret_read(&secret, rows[i].bearer, basic, &err));
        secret_hide(&out, &secret, rows[i].text, rows[i].run);
        assert_string_equal(text_cstr(&out), rows[i].shown);
        text_clear(&out);
        secret_clear(&secret);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_is_wrong_and_not_with_what),
        cmocka_unit_test(the_headers),
        cmocka_unit_test(an_answer_that_repeats_it_is_not_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
