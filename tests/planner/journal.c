#include "tests/unit.h"

#include "planner/base/time.h"
#include "planner/journal.h"
#include "tests/planner/make.h"

static const char uuid[] = "01234567-89ab-4cde-8fff-0123456789ab";

/* A store that fails when it is told to. */
struct disk {
    bool full, cannot_rescue;
    unsigned writes;
    struct text bytes, rescued;
};

static bool disk_replace(void *self, const char *bytes, size_t n, struct error *err)
{
    struct disk *disk = self;
    if (disk->full)
        return error_set(err, ERROR_STORAGE, "no space left");
    disk->writes++;
    text_cut(&disk->bytes, 0);
    text_add_bytes(&disk->bytes, bytes, n);
    return true;
}

static bool disk_rescue(void *self, const char *bytes, size_t n, struct text *where,
                        struct error *err)
{
    struct disk *disk = self;
    if (disk->cannot_rescue)
        return error_set(err, ERROR_STORAGE, "not there either");
    text_cut(&disk->rescued, 0);
    text_add_bytes(&disk->rescued, bytes, n);
    text_add(where, "errored.state.json");
    return true;
}

struct fixture {
    struct disk disk;
    struct store store;
    struct journal journal;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->store = (struct store){.self = &f->disk, .replace = disk_replace, .rescue = disk_rescue};
    f->journal = (struct journal){.state = state_new(uuid, make_plan()), .store = &f->store};
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    state_free(f->journal.state);
    journal_clear(&f->journal);
    text_clear(&f->disk.bytes);
    text_clear(&f->disk.rescued);
    free(f);
    return 0;
}

static int64_t serial_of(const struct text *bytes)
{
    struct state *state;
    struct error err;
    assert_true(state_read(&state, "stored", bytes->data, bytes->len, &err));
    int64_t serial = state->serial;
    state_free(state);
    return serial;
}

static void every_write_raises_the_serial(void **state)
{
    struct fixture *f = *state;
    struct error err;
    assert_true(journal_write(&f->journal, &err));
    assert_int_equal(serial_of(&f->disk.bytes), 1);
    assert_true(journal_write(&f->journal, &err));
    assert_int_equal(serial_of(&f->disk.bytes), 2);
    assert_false(f->journal.broken);
}

/* DESIGN, section 5: a failed fsync is final; the state goes to errored.state.json. */
static void a_failed_write_is_final(void **state)
{
    struct fixture *f = *state;
    struct error err;
    assert_true(journal_write(&f->journal, &err));
    f->disk.full = true;
    assert_false(journal_write(&f->journal, &err));
    assert_int_equal(err.kind, ERROR_STORAGE);
    assert_string_equal(err.message, "the state cannot be written: no space left");
    assert_true(f->journal.broken);
    assert_string_equal(text_cstr(&f->journal.rescued), "errored.state.json");
    assert_int_equal(serial_of(&f->disk.rescued), 2);

    f->disk.full = false;
    assert_false(journal_write(&f->journal, &err));
    assert_string_equal(err.message, "the state cannot be written: no space left");
    assert_int_equal(f->disk.writes, 1);
    assert_int_equal(serial_of(&f->disk.bytes), 1);
    assert_int_equal(serial_of(&f->disk.rescued), 3); /* what is rescued stays the newest */
}

static void says_when_nothing_could_be_rescued(void **state)
{
    struct fixture *f = *state;
    struct error err;
    f->disk.full = f->disk.cannot_rescue = true;
    assert_false(journal_write(&f->journal, &err));
    assert_string_equal(text_cstr(&f->journal.rescued), "");
    assert_int_equal(serial_of(&f->journal.unkept), 1);
}

/* What an earlier failure rescued is not where the newest is. */
static void what_went_nowhere_is_kept_for_the_caller(void **state)
{
    struct fixture *f = *state;
    struct error err;
    f->disk.full = true;
    assert_false(journal_write(&f->journal, &err));
    assert_string_equal(text_cstr(&f->journal.unkept), "");
    f->disk.cannot_rescue = true;
    assert_false(journal_write(&f->journal, &err));
    assert_string_equal(text_cstr(&f->journal.rescued), "");
    assert_int_equal(serial_of(&f->journal.unkept), 2);
    f->disk.cannot_rescue = false;
    assert_false(journal_write(&f->journal, &err));
    assert_string_equal(text_cstr(&f->journal.rescued), "errored.state.json");
    assert_string_equal(text_cstr(&f->journal.unkept), "");
}

static void writes_soon_at_most_once_a_minute(void **state)
{
    struct fixture *f = *state;
    const int64_t now = 1780000000000;
    journal_write_soon(&f->journal, now);
    journal_write_soon(&f->journal, now + MINUTE_MS - 1);
    assert_int_equal(f->disk.writes, 1);
    journal_write_soon(&f->journal, now + MINUTE_MS);
    assert_int_equal(f->disk.writes, 2);
    f->disk.full = true;
    journal_write_soon(&f->journal, now + 2 * MINUTE_MS);
    assert_true(f->journal.broken);
    f->disk.full = false;
    journal_write_soon(&f->journal, now + 4 * MINUTE_MS);
    assert_int_equal(f->disk.writes, 2);
}

/* Else nothing would be written until the clock is where it was. */
static void a_clock_set_back_keeps_it_from_nothing(void **state)
{
    struct fixture *f = *state;
    const int64_t now = 1780000000000;
    journal_write_soon(&f->journal, now);
    journal_write_soon(&f->journal, now - HOUR_MS);
    assert_int_equal(f->disk.writes, 2);
    journal_write_soon(&f->journal, now - HOUR_MS + 1);
    assert_int_equal(f->disk.writes, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_write_raises_the_serial, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_failed_write_is_final, set_up, tear_down),
        cmocka_unit_test_setup_teardown(says_when_nothing_could_be_rescued, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_went_nowhere_is_kept_for_the_caller, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(writes_soon_at_most_once_a_minute, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_clock_set_back_keeps_it_from_nothing, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
