#include "tests/unit.h"

#include "tests/cmd/at_hand.h"

#include "tests/folder.h"

static const char other_yaml[] = "switchover: 1\nstage: prod\nname: prod\n"
                                 "cluster: another-cluster\n";

static void without_a_state_it_goes_by_names(void **state)
{
    (void)state;
    struct at_hand h;
    struct error err;
    at_hand_begin(&h);
    assert_true(at_hand_open(&h, "plan FILE", &err));
    assert_null(h.cutover.state);
    assert_null(cutover_ongoing(&h.cutover));
    struct subject subject = cutover_subject(&h.cutover);
    assert_string_equal(subject.cluster, "migration-prod-ecs-cluster");
    assert_string_equal(subject.region, "us-east-1");
    assert_false(subject_is_resolved(&subject));
    assert_string_equal(h.cutover.store.location, h.state);
    assert_false(folder_has(h.folder, "prod.state.json.lock")); /* readers never lock */
    at_hand_close(&h);
    at_hand_end(&h);
}

/* Which states a cutover takes, drops or refuses. */
static void a_state_is_taken_row_by_row(void **state)
{
    (void)state;
    static const struct {
        const char *subject; /* plan file of the state; NULL: the same */
        bool changed, ended;
        bool opens, taken, ongoing;
    } rows[] = {
        {NULL, true, false, true, true, true},
        {NULL, false, false, true, true, true},
        {NULL, true, true, true, true, false},
        {other_yaml, true, false, false, false, false}, /* unfinished, and somebody else's */
        {other_yaml, false, false, true, false, false},
        {other_yaml, true, true, true, false, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct at_hand h;
        struct error err = {0};
        at_hand_begin(&h);
        at_hand_store_state(&h, rows[i].subject, rows[i].changed, rows[i].ended);
        if (rows[i].subject) /* the state's names are prod's, so the file is made the other one */
            folder_write(h.folder, "prod.yaml", other_yaml);
        bool opens = at_hand_open(&h, "plan FILE", &err);
        if (opens != rows[i].opens || (h.cutover.state != NULL) != rows[i].taken ||
            (cutover_ongoing(&h.cutover) != NULL) != rows[i].ongoing)
            fail_msg("row %zu: %s", i, err.message);
        if (!opens) {
            assert_int_equal(err.kind, ERROR_INPUT);
            assert_non_null(strstr(err.message, "unfinished cutover of migration-prod"));
            assert_non_null(strstr(err.hint, "--state"));
        }
        at_hand_close(&h);
        at_hand_end(&h);
    }
}

static void an_ongoing_state_knows_the_arns(void **state)
{
    (void)state;
    struct at_hand h;
    struct error err;
    at_hand_begin(&h);
    at_hand_store_state(&h, NULL, true, false);
    assert_true(at_hand_open(&h, "plan FILE", &err));
    struct subject subject = cutover_subject(&h.cutover);
    assert_true(subject_is_resolved(&subject));
    at_hand_close(&h);
    at_hand_end(&h);
}

static void loading_again_tells_whether_it_changed(void **state)
{
    (void)state;
    struct at_hand h;
    struct error err;
    bool changed;
    at_hand_begin(&h);
    assert_true(at_hand_open(&h, "plan FILE", &err));
    assert_true(cutover_load(&h.cutover, &changed, &err));
    assert_false(changed);
    at_hand_store_state(&h, NULL, true, false);
    assert_true(cutover_load(&h.cutover, &changed, &err));
    assert_true(changed);
    assert_non_null(h.cutover.state);
    assert_true(cutover_load(&h.cutover, &changed, &err));
    assert_false(changed);
    at_hand_close(&h);
    at_hand_end(&h);
}

/* The state at hand with another serial, into the file `name`. */
static void store_serial(struct at_hand *h, const char *name, int64_t serial)
{
    struct state *state = h->cutover.state;
    struct text document = {0};
    int64_t kept = state->serial;
    state->serial = serial;
    state_write(&document, state);
    state->serial = kept;
    folder_write(h->folder, name, document.data);
    text_clear(&document);
}

static void an_older_state_is_for_the_way_back_only(void **state)
{
    (void)state;
    struct at_hand h;
    struct error err = {0};
    bool changed;
    at_hand_begin(&h);
    at_hand_store_state(&h, NULL, true, false);
    assert_true(at_hand_open(&h, "plan FILE", &err));
    assert_true(cutover_is_newest(&h.cutover, &err));
    cutover_take_newest(&h.cutover);
    assert_int_equal(h.cutover.state->serial, 0);

    store_serial(&h, "errored.state.json", 6);
    assert_true(cutover_load(&h.cutover, &changed, &err));
    assert_true(changed);
    assert_false(cutover_is_newest(&h.cutover, &err));
    assert_int_equal(h.cutover.state->serial, 0);
    cutover_take_newest(&h.cutover);
    assert_int_equal(h.cutover.state->serial, 6);
    assert_true(cutover_load(&h.cutover, &changed, &err));
    assert_false(changed);
    assert_int_equal(h.cutover.state->serial, 6);

    store_serial(&h, "prod.state.json", 7);
    assert_true(cutover_load(&h.cutover, &changed, &err));
    assert_true(changed && cutover_is_newest(&h.cutover, &err));
    assert_int_equal(h.cutover.state->serial, 7);
    at_hand_close(&h);
    at_hand_end(&h);
}

static struct {
    struct at_hand *h;
    size_t (*copies)(void *self, struct store_copy **out, struct arena *arena);
    int64_t next; /* 0: nobody writes */
} writer;

/* Somebody replaces the state twice before its copies are looked at. */
static size_t copies_after_a_write(void *self, struct store_copy **out, struct arena *arena)
{
    if (writer.next) {
        store_serial(writer.h, "prod.state.json.backup", writer.next++);
        store_serial(writer.h, "prod.state.json", writer.next++);
    }
    return writer.copies(self, out, arena);
}

static void a_state_that_is_replaced_meanwhile_has_no_newer_copy(void **state)
{
    (void)state;
    struct at_hand h;
    struct error err = {0};
    at_hand_begin(&h);
    at_hand_store_state(&h, NULL, true, false);
    assert_true(at_hand_open(&h, "plan FILE", &err));
    writer.h = &h;
    writer.copies = h.cutover.store.copies;
    writer.next = 1;
    h.cutover.store.copies = copies_after_a_write;
    assert_true(cutover_load(&h.cutover, NULL, &err));
    assert_true(cutover_is_newest(&h.cutover, &err));
    assert_true(h.cutover.state->serial > 0);
    at_hand_close(&h);
    at_hand_end(&h);
}

static void a_torn_state_is_an_error_that_names_it(void **state)
{
    (void)state;
    struct at_hand h;
    struct error err;
    at_hand_begin(&h);
    folder_write(h.folder, "prod.state.json", "{\n  \"kind\": \"switchover.state\",\n  \"se");
    assert_false(at_hand_open(&h, "plan FILE", &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_non_null(strstr(err.message, "prod.state.json"));
    at_hand_close(&h);
    at_hand_end(&h);
}

static void a_state_takes_no_state_option(void **state)
{
    (void)state;
    struct at_hand h;
    struct error err;
    at_hand_begin(&h);
    at_hand_store_state(&h, NULL, true, false);
    assert_false(at_hand_open(&h, "revert STATE --state other.json", &err));
    assert_int_equal(err.kind, ERROR_USAGE);
    at_hand_close(&h);
    at_hand_end(&h);
}

static void the_command_is_named_with_its_reason(void **state)
{
    (void)state;
    struct at_hand h;
    struct error err;
    at_hand_begin(&h);
    assert_true(at_hand_open(&h, "revert FILE --force outage", &err));
    char *command = cutover_command(&h.cutover);
    char wanted[512];
    snprintf(wanted, sizeof wanted, "revert %s --force \"outage\"", h.file);
    assert_string_equal(command, wanted);
    free(command);
    at_hand_close(&h);
    at_hand_end(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_state_it_goes_by_names),
        cmocka_unit_test(a_state_is_taken_row_by_row),
        cmocka_unit_test(an_ongoing_state_knows_the_arns),
        cmocka_unit_test(loading_again_tells_whether_it_changed),
        cmocka_unit_test(an_older_state_is_for_the_way_back_only),
        cmocka_unit_test(a_state_that_is_replaced_meanwhile_has_no_newer_copy),
        cmocka_unit_test(a_torn_state_is_an_error_that_names_it),
        cmocka_unit_test(a_state_takes_no_state_option),
        cmocka_unit_test(the_command_is_named_with_its_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
