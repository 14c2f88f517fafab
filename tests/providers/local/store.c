/* Two stores of one path in one process stand for two runs: the lock is per open file. */
#include "tests/unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "providers/local/store.h"
#include "tests/folder.h"
#include "tests/still_clock.h"

static const int64_t two_oclock = 1796090400000; /* 2026-12-01T02:00:00Z */

struct scene {
    char *folder, *path;
    struct still_clock clock;
    struct store a, b;
    struct text text;
    struct error err;
    bool found;
};

static void open_scene(struct scene *s)
{
    *s = (struct scene){.folder = folder_new()};
    s->path = folder_path(s->folder, "prod.state.json");
    still_clock_init(&s->clock, two_oclock);
    local_store_open(&s->a, s->path, &s->clock.port);
    local_store_open(&s->b, s->path, &s->clock.port);
}

static void close_scene(struct scene *s)
{
    local_store_close(&s->a);
    local_store_close(&s->b);
    text_clear(&s->text);
    free(s->path);
    folder_remove(s->folder);
}

static void says(const struct error *err, const char *part)
{
    if (!strstr(err->message, part))
        fail_msg("\"%s\" does not say \"%s\"", err->message, part);
}

static bool load(struct scene *s, struct store *store)
{
    return store->load(store->self, &s->text, &s->found, &s->err);
}

static bool replace(struct scene *s, struct store *store, const char *bytes)
{
    return store->replace(store->self, bytes, strlen(bytes), &s->err);
}

static bool lock(struct scene *s, struct store *store)
{
    return store->lock(store->self, "apply prod.yaml", 0, &s->err);
}

static void expect(const struct scene *s, const char *name, const char *content)
{
    char *found = folder_read(s->folder, name);
    if (!text_same(found, content))
        fail_msg("%s holds \"%s\", not \"%s\"", name, found ? found : "(nothing)", content);
    free(found);
}

static void keeps_what_is_written(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    assert_string_equal(s.a.location, s.path);
    assert_true(load(&s, &s.a));
    assert_false(s.found);
    assert_int_equal(folder_count(s.folder), 0); /* reading leaves no trace */

    assert_true(lock(&s, &s.a));
    assert_true(replace(&s, &s.a, "one\n"));
    assert_true(replace(&s, &s.a, "two\n"));
    expect(&s, "prod.state.json", "two\n");
    expect(&s, "prod.state.json.backup", "one\n");
    assert_true(load(&s, &s.b)); /* a reader does not need the lock */
    assert_true(s.found);
    assert_string_equal(s.text.data, "two\n");
    s.a.unlock(s.a.self);
    assert_int_equal(folder_count(s.folder), 2);

    assert_true(lock(&s, &s.b));
    assert_true(replace(&s, &s.b, "three\n"));
    assert_true(replace(&s, &s.b, ""));
    assert_true(replace(&s, &s.b, "four\n"));
    close_scene(&s);
}

static void writes_only_under_the_lock(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    assert_false(replace(&s, &s.a, "one\n"));
    assert_int_equal(s.err.kind, ERROR_LOCKED);
    assert_true(lock(&s, &s.a));
    assert_true(s.a.holds_lock(s.a.self, &s.err));
    assert_false(lock(&s, &s.b));
    assert_int_equal(s.err.kind, ERROR_LOCKED);
    says(&s.err, "running `apply prod.yaml`");
    assert_false(s.b.holds_lock(s.b.self, &s.err));
    assert_true(replace(&s, &s.a, "one\n"));

    char *lock_path = folder_path(s.folder, "prod.state.json.lock");
    assert_int_equal(unlink(lock_path), 0);
    assert_true(lock(&s, &s.b)); /* now there are two, and the first one knows it */
    assert_false(s.a.holds_lock(s.a.self, &s.err));
    assert_false(replace(&s, &s.a, "two\n"));
    assert_int_equal(s.err.kind, ERROR_LOCKED);
    s.a.unlock(s.a.self);
    assert_true(s.b.holds_lock(s.b.self, &s.err));
    expect(&s, "prod.state.json", "one\n");
    free(lock_path);
    close_scene(&s);
}

static void overwrites_only_what_it_knows(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    assert_true(lock(&s, &s.a));
    folder_write(s.folder, "prod.state.json", "theirs\n");
    assert_false(replace(&s, &s.a, "ours\n")); /* never loaded */
    assert_int_equal(s.err.kind, ERROR_STORAGE);
    says(&s.err, "created by somebody else");

    assert_true(load(&s, &s.a));
    folder_write(s.folder, "prod.state.json", "theirs again\n");
    assert_false(replace(&s, &s.a, "ours\n"));
    says(&s.err, "changed by somebody else");
    expect(&s, "prod.state.json", "theirs again\n");
    assert_false(folder_has(s.folder, "prod.state.json.backup"));

    folder_write(s.folder, "prod.state.json", "theirs\n"); /* the same bytes are the same state */
    assert_true(replace(&s, &s.a, "ours\n"));
    assert_int_equal(unlink(s.path), 0);
    assert_false(replace(&s, &s.a, "ours, too\n"));
    says(&s.err, "removed by somebody else");
    assert_true(load(&s, &s.a));
    assert_false(s.found);
    assert_true(replace(&s, &s.a, "ours, too\n"));

    assert_int_equal(unlink(s.path), 0);
    assert_int_equal(symlink("prod.state.json.backup", s.path), 0);
    assert_false(replace(&s, &s.a, "ours\n"));
    says(&s.err, "symbolic link");
    assert_false(load(&s, &s.a));
    close_scene(&s);
}

static void refuses_a_state_beyond_its_cap(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    char *large = malloc(LOCAL_STATE_MAX + 1);
    assert_non_null(large);
    memset(large, ' ', LOCAL_STATE_MAX + 1);
    assert_true(lock(&s, &s.a));
    assert_false(s.a.replace(s.a.self, large, LOCAL_STATE_MAX + 1, &s.err));
    assert_int_equal(s.err.kind, ERROR_STORAGE);
    assert_false(folder_has(s.folder, "prod.state.json"));
    assert_true(s.a.replace(s.a.self, large, LOCAL_STATE_MAX, &s.err));
    assert_true(load(&s, &s.b));
    assert_int_equal(s.text.len, LOCAL_STATE_MAX);
    free(large);
    close_scene(&s);
}

static void sweeps_what_a_crash_left(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    folder_write(s.folder, ".prod.state.json.0123456789abcdef.tmp", "half");
    folder_write(s.folder, ".prod.state.json.stop.0123456789abcdef.tmp", "half");
    folder_write(s.folder, ".other.state.json.0123456789abcdef.tmp", "of another state");
    assert_true(lock(&s, &s.a));
    s.a.unlock(s.a.self);
    assert_int_equal(folder_count(s.folder), 1);
    close_scene(&s);
}

/* ---- rescue ---- */

static void rescue(struct scene *s, const struct store *store, const char *bytes)
{
    if (!store->rescue(store->self, bytes, strlen(bytes), &s->text, &s->err))
        fail_msg("%s", s->err.message);
}

static void rescues_without_overwriting(void **state)
{
    (void)state;
    struct scene s;
    struct stat st;
    open_scene(&s);
    rescue(&s, &s.a, "one\n");
    assert_true(text_starts(s.text.data, s.folder));
    assert_true(text_ends(s.text.data, "/errored.state.json"));
    assert_int_equal(stat(s.text.data, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);

    char *link = folder_path(s.folder, "errored-2.state.json");
    assert_int_equal(symlink("victim", link), 0);
    rescue(&s, &s.b, "three\n");
    assert_true(text_ends(s.text.data, "/errored-3.state.json"));
    expect(&s, "errored.state.json", "one\n");
    expect(&s, "errored-3.state.json", "three\n");
    assert_false(folder_has(s.folder, "victim"));
    free(link);
    close_scene(&s);
}

static void rescues_into_what_it_rescued_itself(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    rescue(&s, &s.a, "one\n");
    rescue(&s, &s.a, "two\n");
    assert_true(text_ends(s.text.data, "/errored.state.json"));
    expect(&s, "errored.state.json", "two\n");
    assert_false(folder_has(s.folder, "errored-2.state.json"));

    folder_write(s.folder, "errored.state.json", "somebody else's\n");
    rescue(&s, &s.a, "three\n");
    assert_true(text_ends(s.text.data, "/errored-2.state.json"));
    expect(&s, "errored.state.json", "somebody else's\n");
    expect(&s, "errored-2.state.json", "three\n");
    close_scene(&s);
}

static void rescues_into_the_current_folder_then(void **state)
{
    (void)state;
    struct scene s;
    char *before = getcwd(NULL, 0);
    struct store lost;
    assert_non_null(before);
    open_scene(&s);
    local_store_open(&lost, "/nowhere/at/all.state.json", &s.clock.port);
    assert_int_equal(chdir(s.folder), 0);
    rescue(&s, &lost, "one\n");
    assert_string_equal(s.text.data, "errored.state.json");
    expect(&s, "errored.state.json", "one\n");

    char *gone = folder_new();
    assert_int_equal(chdir(gone), 0);
    folder_remove(gone);
    assert_false(lost.rescue(lost.self, "two\n", 4, &s.text, &s.err));
    assert_int_equal(s.err.kind, ERROR_STORAGE);
    assert_int_equal(s.text.len, 0);
    assert_int_equal(chdir(before), 0);
    free(before);
    local_store_close(&lost);
    close_scene(&s);
}

/* ---- copies ---- */

static void has_copy(struct scene *s, const struct store_copy *list, size_t count, const char *name,
                     const char *bytes)
{
    char *path = folder_path(s->folder, name);
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].where, path) == 0) {
            assert_int_equal(list[i].n, strlen(bytes));
            assert_memory_equal(list[i].bytes, bytes, list[i].n);
            free(path);
            return;
        }
    fail_msg("no copy %s", path);
}

static void finds_its_copies(void **state)
{
    (void)state;
    static const char *const others[] = {"errored.json",          "errored-.state.json.tmp",
                                         "errored-2x.state.json", "erroredx.state.json",
                                         "other.state.json",      "other.state.json.backup",
                                         "prod.state.json.lock"};
    struct scene s;
    struct arena arena = {0};
    struct store_copy *list;
    open_scene(&s);
    assert_int_equal(s.a.copies(s.a.self, &list, &arena), 0);

    assert_true(lock(&s, &s.a) && load(&s, &s.a));
    assert_true(replace(&s, &s.a, "one\n") && replace(&s, &s.a, "two\n"));
    rescue(&s, &s.a, "three\n");
    rescue(&s, &s.b, "four\n");
    for (size_t i = 0; i < COUNT(others); i++)
        folder_write(s.folder, others[i], "something else\n");
    char *link = folder_path(s.folder, "errored-7.state.json");
    assert_int_equal(symlink("prod.state.json", link), 0);
    free(link);
    folder_write(s.folder, "errored-12.state.json", "five\n");

    size_t count = s.a.copies(s.a.self, &list, &arena);
    assert_int_equal(count, 4);
    has_copy(&s, list, count, "prod.state.json.backup", "one\n");
    has_copy(&s, list, count, "errored.state.json", "three\n");
    has_copy(&s, list, count, "errored-2.state.json", "four\n");
    has_copy(&s, list, count, "errored-12.state.json", "five\n");
    arena_clear(&arena);
    close_scene(&s);
}

static void finds_what_was_rescued_into_the_current_folder(void **state)
{
    (void)state;
    struct scene s;
    struct arena arena = {0};
    struct store_copy *list;
    struct store lost;
    char *before = getcwd(NULL, 0);
    assert_non_null(before);
    open_scene(&s);
    local_store_open(&lost, "/nowhere/at/all.state.json", &s.clock.port);
    assert_int_equal(chdir(s.folder), 0);
    rescue(&s, &lost, "one\n");
    assert_int_equal(lost.copies(lost.self, &list, &arena), 1);
    assert_string_equal(list[0].where, "errored.state.json");
    assert_int_equal(chdir(before), 0);
    free(before);
    local_store_close(&lost);
    arena_clear(&arena);
    close_scene(&s);
}

/* ---- asking the writer to stop ---- */

static bool stop_requested(const struct store *store)
{
    return store->stop_requested(store->self);
}

static void the_writer_hears_a_request(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    assert_true(s.b.request_stop(s.b.self, &s.err)); /* nobody is there: nothing is left behind */
    assert_int_equal(folder_count(s.folder), 0);

    assert_true(lock(&s, &s.a));
    assert_false(stop_requested(&s.a));
    assert_true(s.b.request_stop(s.b.self, &s.err));
    assert_true(stop_requested(&s.a));
    assert_true(stop_requested(&s.a));
    assert_false(stop_requested(&s.b)); /* it holds nothing */
    s.a.unlock(s.a.self);
    assert_int_equal(folder_count(s.folder), 0);
    assert_true(lock(&s, &s.b));
    assert_false(stop_requested(&s.b));
    close_scene(&s);
}

/* ---- what the other one does between two system calls ---- */

static struct scene *asks_meanwhile, *ends_meanwhile;

int __real_unlink(const char *path);
int __wrap_unlink(const char *path);
int __wrap_unlink(const char *path)
{
    struct scene *s = asks_meanwhile;
    asks_meanwhile = NULL;
    if (s)
        assert_true(s->b.request_stop(s->b.self, &s->err));
    return __real_unlink(path);
}

int __real_renameat(int from_folder, const char *from, int to_folder, const char *to);
int __wrap_renameat(int from_folder, const char *from, int to_folder, const char *to);
int __wrap_renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    struct scene *s = ends_meanwhile;
    ends_meanwhile = NULL;
    if (s)
        s->a.unlock(s->a.self);
    return __real_renameat(from_folder, from, to_folder, to);
}

/* Who holds the lock is known as soon as it is signed: then it may be asked to stop. */
static void a_request_while_the_lock_is_taken_is_heard(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    folder_write(s.folder, "prod.state.json.stop", "{\"stop\": \"of an earlier run\"}");
    asks_meanwhile = &s;
    assert_true(lock(&s, &s.a));
    if (asks_meanwhile) /* nothing was removed on the way */
        assert_true(s.b.request_stop(s.b.self, &s.err));
    asks_meanwhile = NULL;
    assert_true(stop_requested(&s.a));
    close_scene(&s);
}

static void a_request_to_who_just_ends_is_no_error(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    assert_true(lock(&s, &s.a));
    ends_meanwhile = &s;
    assert_true(s.b.request_stop(s.b.self, &s.err));
    assert_null(ends_meanwhile);
    assert_int_equal(folder_count(s.folder), 0);
    close_scene(&s);
}

/* Written down too late: for the run before, whose lock is gone. */
static void a_stale_request_stops_nobody(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    assert_true(lock(&s, &s.a));
    assert_true(s.b.request_stop(s.b.self, &s.err));
    char *stale = folder_read(s.folder, "prod.state.json.stop");
    assert_non_null(stale);
    s.a.unlock(s.a.self);

    folder_write(s.folder, "prod.state.json.stop", stale); /* before the next run */
    assert_true(lock(&s, &s.a));
    assert_false(stop_requested(&s.a));
    folder_write(s.folder, "prod.state.json.stop", stale); /* and while it runs */
    assert_false(stop_requested(&s.a));
    assert_true(s.b.request_stop(s.b.self, &s.err)); /* a fresh one replaces it */
    assert_true(stop_requested(&s.a));
    free(stale);
    close_scene(&s);
}

static void garbage_requests_nothing(void **state)
{
    (void)state;
    static const char *const contents[] = {
        "", "{", "{}", "[]", "{\"stop\": 1}", "{\"stop\": \"\"}"};
    struct scene s;
    open_scene(&s);
    assert_true(lock(&s, &s.a));
    for (size_t i = 0; i < COUNT(contents); i++) {
        folder_write(s.folder, "prod.state.json.stop", contents[i]);
        assert_false(stop_requested(&s.a));
    }
    s.a.unlock(s.a.self);
    assert_int_equal(folder_count(s.folder), 0);
    folder_write(s.folder, "prod.state.json.stop", "{\"stop\": \"\"}");
    assert_false(stop_requested(&s.a)); /* the id of nobody's holding */
    close_scene(&s);
}

static void a_holder_that_says_nothing_cannot_be_asked(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    assert_true(lock(&s, &s.a));
    folder_write(s.folder, "prod.state.json.lock", "");
    assert_false(s.b.request_stop(s.b.self, &s.err));
    assert_int_equal(s.err.kind, ERROR_LOCKED);
    assert_false(folder_has(s.folder, "prod.state.json.stop"));
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_is_written),
        cmocka_unit_test(writes_only_under_the_lock),
        cmocka_unit_test(overwrites_only_what_it_knows),
        cmocka_unit_test(refuses_a_state_beyond_its_cap),
        cmocka_unit_test(sweeps_what_a_crash_left),
        cmocka_unit_test(rescues_without_overwriting),
        cmocka_unit_test(rescues_into_what_it_rescued_itself),
        cmocka_unit_test(rescues_into_the_current_folder_then),
        cmocka_unit_test(finds_its_copies),
        cmocka_unit_test(finds_what_was_rescued_into_the_current_folder),
        cmocka_unit_test(the_writer_hears_a_request),
        cmocka_unit_test(a_request_while_the_lock_is_taken_is_heard),
        cmocka_unit_test(a_request_to_who_just_ends_is_no_error),
        cmocka_unit_test(a_stale_request_stops_nobody),
        cmocka_unit_test(garbage_requests_nothing),
        cmocka_unit_test(a_holder_that_says_nothing_cannot_be_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
