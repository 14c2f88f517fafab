#include "tests/unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "cmd/writer.h"
#include "planner/base/time.h"
#include "providers/local/store.h"
#include "tests/folder.h"
#include "tests/still_clock.h"

static const int64_t two_oclock = 1796090400000; /* 2026-12-01T02:00:00Z */

struct scene {
    char *folder, *path;
    struct still_clock clock;
    struct store holder, reader; /* of one state */
    struct arena arena;
};

static void open_scene(struct scene *s)
{
    *s = (struct scene){.folder = folder_new()};
    s->path = folder_path(s->folder, "prod.state.json");
    still_clock_init(&s->clock, two_oclock);
    local_store_open(&s->holder, s->path, &s->clock.port);
    local_store_open(&s->reader, s->path, NULL);
}

static void close_scene(struct scene *s)
{
    local_store_close(&s->reader);
    local_store_close(&s->holder);
    arena_clear(&s->arena);
    free(s->path);
    folder_remove(s->folder);
}

static void the_lock_is_only_looked_at(void **state)
{
    (void)state;
    struct scene s;
    struct writer writer;
    struct error err;
    open_scene(&s);
    writer_find(&writer, &s.arena, &s.reader);
    assert_null(writer.why_unknown);
    assert_false(writer.held);
    assert_int_equal(folder_count(s.folder), 0);

    assert_true(s.holder.lock(s.holder.self, "apply prod.yaml", 0, &err));
    writer_find(&writer, &s.arena, &s.reader);
    assert_null(writer.why_unknown);
    assert_true(writer.held);
    const char *shown = writer_describe(&s.arena, &writer);
    const char *tail = ") since 2026-12-01T02:00:00Z, `apply prod.yaml`";
    assert_non_null(strstr(shown, tail));
    assert_true(s.holder.holds_lock(s.holder.self, &err));
    assert_int_equal(s.clock.waits, 0);
    close_scene(&s);
}

static void what_cannot_be_looked_at_is_said(void **state)
{
    (void)state;
    struct scene s;
    struct writer writer;
    open_scene(&s);
    char *lock = folder_path(s.folder, "prod.state.json.lock");
    assert_int_equal(symlink("elsewhere", lock), 0);
    writer_find(&writer, &s.arena, &s.reader);
    assert_non_null(writer.why_unknown);
    assert_false(writer.held);
    assert_int_equal(unlink(lock), 0);
    free(lock);
    close_scene(&s);
}

static void a_life_is_told_from_the_end_the_lock_and_the_times(void **state)
{
    (void)state;
    static const struct {
        enum run_end end;
        struct writer writer;
        enum run_life life;
    } rows[] = {
        {RUN_DONE, {.held = false}, RUN_LIFE_OVER},
        {RUN_DRIFT, {.held = true}, RUN_LIFE_OVER},
        {RUN_OPEN, {.held = false}, RUN_LIFE_DEAD},
        {RUN_OPEN, {.held = true}, RUN_LIFE_ON},
        {RUN_OPEN, {.held = true, .holder = {.since = "2026-12-01T02:00:00Z"}}, RUN_LIFE_ON},
        {RUN_OPEN, {.held = true, .holder = {.since = "2026-12-01T01:00:00Z"}}, RUN_LIFE_ON},
        {RUN_OPEN, {.held = true, .holder = {.since = "2026-12-01T02:00:01Z"}}, RUN_LIFE_DEAD},
        {RUN_OPEN, {.held = true, .holder = {.since = "yesterday"}}, RUN_LIFE_ON},
        {RUN_OPEN, {.why_unknown = "not allowed"}, RUN_LIFE_UNKNOWN},
        {RUN_DONE, {.why_unknown = "not allowed"}, RUN_LIFE_OVER},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct run run = {.started_at = two_oclock, .end = rows[i].end};
        struct state cutover = {.runs = &run, .run_count = 1};
        assert_int_equal(writer_life(&rows[i].writer, &cutover), rows[i].life);
    }
    struct state fresh = {.run_count = 0};
    assert_int_equal(writer_life(&rows[3].writer, &fresh), RUN_LIFE_OVER);
    assert_int_equal(writer_life(&rows[3].writer, NULL), RUN_LIFE_OVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_lock_is_only_looked_at),
        cmocka_unit_test(what_cannot_be_looked_at_is_said),
        cmocka_unit_test(a_life_is_told_from_the_end_the_lock_and_the_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
