/* How a sandbox begins and ends; what it answers is wire's, how it bears clients server_hostile's.
 */
#include "tests/unit.h"

#include "planner/base/time.h"
#include "providers/local/clock.h"
#include "providers/sandbox/server.h"

static void starts_on_a_free_port(void **state)
{
    (void)state;
    struct sandbox *a, *b;
    struct error err;
    char clock[SANDBOX_CLOCK_SIZE], expected[SANDBOX_CLOCK_SIZE];
    int64_t before = local_clock_real_now();
    assert_true(sandbox_start(&a, &(struct sandbox_options){.speed = 60}, &err));
    assert_true(sandbox_start(&b, &(struct sandbox_options){.port = 0}, &err));
    assert_true(sandbox_port(a) != 0 && sandbox_port(a) != sandbox_port(b));
    assert_int_equal(sandbox_speed(b), 1);
    assert_true(sandbox_epoch_at(a) >= before && sandbox_epoch_at(a) <= local_clock_real_now());
    snprintf(expected, sizeof expected, "60@%lld.%03d", (long long)(sandbox_epoch_at(a) / 1000),
             (int)(sandbox_epoch_at(a) % 1000));
    assert_string_equal(sandbox_clock(a, clock), expected);

    /* The clock that it prints is the one that the tool reads. */
    struct local_clock_scale scale;
    assert_true(local_clock_scale_parse(&scale, clock, local_clock_real_now(), &err));
    assert_int_equal(scale.speed, 60);
    assert_int_equal(scale.epoch_at, sandbox_epoch_at(a));
    sandbox_stop(a);
    sandbox_stop(b);
    sandbox_stop(NULL);
}

static void refuses_what_it_cannot_do(void **state)
{
    (void)state;
    struct sandbox *sandbox, *second;
    struct error err;
    static const struct sandbox_options wrong[] = {
        {.speed = -1}, {.speed = SANDBOX_SPEED_MAX + 1}, {.speed = 10, .epoch_at = 1000}};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_false(sandbox_start(&sandbox, &wrong[i], &err));
        assert_int_equal(err.kind, ERROR_USAGE);
        assert_null(sandbox);
    }
    assert_true(sandbox_start(&sandbox, &(struct sandbox_options){.port = 0}, &err));
    struct sandbox_options same = {.port = sandbox_port(sandbox)};
    assert_false(sandbox_start(&second, &same, &err));
    assert_int_equal(err.kind, ERROR_NETWORK);
    assert_non_null(strstr(err.message, "127.0.0.1"));
    sandbox_stop(sandbox);
    assert_true(sandbox_start(&sandbox, &same, &err)); /* at once: nothing holds the port */
    sandbox_stop(sandbox);
}

static void look(void *self, struct world *world)
{
    *(int64_t *)self = world->now_at;
}

static void the_world_follows_its_clock(void **state)
{
    (void)state;
    struct sandbox *sandbox;
    struct error err;
    struct sandbox_options options = {.speed = 100,
                                      .epoch_at = local_clock_real_now() - 10 * SECOND_MS};
    assert_true(sandbox_start(&sandbox, &options, &err));
    int64_t before = sandbox_now(sandbox), now = 0;
    sandbox_inspect(sandbox, look, &now);
    int64_t after = sandbox_now(sandbox);
    assert_true(now > before - 2 * SECOND_MS && now <= after);
    assert_true(now >= options.epoch_at + 999 * SECOND_MS);
    sandbox_stop(sandbox);
}

static bool third_time(void *self)
{
    return ++*(int *)self == 3;
}

static void waits_until_it_is_told(void **state)
{
    (void)state;
    struct sandbox *sandbox;
    struct error err;
    int asked = 0;
    assert_true(sandbox_start(&sandbox, &(struct sandbox_options){.port = 0}, &err));
    sandbox_wait(sandbox, third_time, &asked);
    assert_int_equal(asked, 3);
    sandbox_stop(sandbox);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_on_a_free_port),
        cmocka_unit_test(refuses_what_it_cannot_do),
        cmocka_unit_test(the_world_follows_its_clock),
        cmocka_unit_test(waits_until_it_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
