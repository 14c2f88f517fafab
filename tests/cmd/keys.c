#include "tests/unit.h"

#include "cmd/keys.h"

/* What came together, when, and what it must mean. */
struct row {
    const char *bytes;
    int64_t at;
    enum wish wish;
    bool asks; /* then */
};

static void play(struct keys_mind mind, const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        enum wish wish = keys_hear(&mind, rows[i].bytes, strlen(rows[i].bytes), rows[i].at);
        if (wish != rows[i].wish || mind.asks != rows[i].asks)
            fail_msg("\"%s\" at %lld: wish %d, asks %d", rows[i].bytes, (long long)rows[i].at,
                     (int)wish, (int)mind.asks);
    }
}

static void a_key_is_one_key(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"", 0, WISH_NONE, false},         {"c", 10, WISH_END_WAIT, false},
        {"ccc", 20, WISH_END_WAIT, false}, {"p", 30, WISH_STOP, false},
        {"y", 40, WISH_NONE, false},       {"C", 50, WISH_NONE, false},
        {"cp", 60, WISH_NONE, false},      {"\x1bOp", 70, WISH_NONE, false},
        {"\x1b[A", 80, WISH_NONE, false},  {"reboot\ny", 90, WISH_NONE, false},
        {"c\n", 100, WISH_NONE, false},    {"\n", 110, WISH_NONE, false},
    };
    play((struct keys_mind){0}, rows, COUNT(rows));
}

static void a_revert_is_asked_for_once(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"r", 0, WISH_NONE, true},      {"", 100, WISH_NONE, true},
        {"n", 1000, WISH_NONE, false},  {"y", 2000, WISH_NONE, false},
        {"rrr", 3000, WISH_NONE, true}, {"y", 4000, WISH_REVERT, false},
        {"r", 5000, WISH_NONE, true},   {"r", 6000, WISH_NONE, false}, /* only y is a yes */
        {"r", 7000, WISH_NONE, true},   {"Y", 8000, WISH_NONE, false},
        {"r", 9000, WISH_NONE, true},   {"p", 10000, WISH_NONE, false},
        {"r", 11000, WISH_NONE, true},  {"yes\n", 12000, WISH_NONE, false},
        {"r", 13000, WISH_NONE, true},  {"yy", 14000, WISH_REVERT, false},
    };
    play((struct keys_mind){0}, rows, COUNT(rows));
}

/* A pasted text that came in pieces: nobody has read the question yet. */
static void an_answer_that_came_too_soon_is_none(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"r", 0, WISH_NONE, true},
        {"y", 1, WISH_NONE, true},
        {"y", KEYS_TOO_SOON_MS - 1, WISH_NONE, true},
        {"y", KEYS_TOO_SOON_MS, WISH_REVERT, false},
    };
    play((struct keys_mind){0}, rows, COUNT(rows));
    static const struct row word[] = {
        {"r", 0, WISH_NONE, true},   {"e", 200, WISH_NONE, true},    {"p", 400, WISH_NONE, true},
        {"l", 600, WISH_NONE, true}, {"y", 800, WISH_NONE, true}, /* not of "reply" */
        {"y", 899, WISH_NONE, true}, {"y", 900, WISH_REVERT, false},
    };
    play((struct keys_mind){0}, word, COUNT(word));
}

static void the_question_does_not_stand_for_ever(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"r", 0, WISH_NONE, true},
        {"", KEYS_QUESTION_MS - 1, WISH_NONE, true},
        {"", KEYS_QUESTION_MS, WISH_NONE, false},
        {"y", KEYS_QUESTION_MS + 1, WISH_NONE, false},
        {"r", 2 * KEYS_QUESTION_MS, WISH_NONE, true},
        {"y", 3 * KEYS_QUESTION_MS, WISH_NONE, false},
    };
    play((struct keys_mind){0}, rows, COUNT(rows));
}

static void a_revert_is_not_reverted(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"r", 0, WISH_NONE, false},
        {"y", 1000, WISH_NONE, false},
        {"c", 2000, WISH_END_WAIT, false},
    };
    play((struct keys_mind){.cannot_revert = true}, rows, COUNT(rows));
}

/* What a run that would go on waits for: an answer that can still come. */
static void it_is_asked_where_somebody_can_answer(void **state)
{
    (void)state;
    struct local_clock clock = {0};
    struct keys keys;
    keys_init(&keys, &clock, false);
    struct wishes wishes = keys_wishes(&keys);
    assert_false(wishes.asks(wishes.self));
    keys.ours = true;
    keys.mind.asks = true;
    assert_true(wishes.asks(wishes.self));
    keys.ours = false; /* suspended, or the window is gone */
    assert_false(wishes.asks(wishes.self));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_one_key),
        cmocka_unit_test(a_revert_is_asked_for_once),
        cmocka_unit_test(an_answer_that_came_too_soon_is_none),
        cmocka_unit_test(the_question_does_not_stand_for_ever),
        cmocka_unit_test(a_revert_is_not_reverted),
        cmocka_unit_test(it_is_asked_where_somebody_can_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
