#include "tests/unit.h"

#include "cmd/wire.h"
#include "tests/cmd/prod.h"

static const char *now_clock(char out[64], const char *speed)
{
    snprintf(out, 64, "%s@%lld", speed, (long long)(local_clock_real_now() / 1000));
    return out;
}

static void set(const char *name, const char *value)
{
    value ? setenv(name, value, 1) : unsetenv(name);
}

/* A faster clock is for endpoints on this machine only. */
static void the_clock_is_scaled_on_loopback_only(void **state)
{
    (void)state;
    static const struct {
        const char *endpoint, *ecs_endpoint, *speed;
        bool opens;
        int64_t wanted_speed;
    } rows[] = {
        {NULL, NULL, NULL, true, 1},
        {"http://127.0.0.1:1", NULL, NULL, true, 1},
        {"http://127.0.0.1:1", NULL, "60", true, 60},
        {"http://[::1]:1", NULL, "60", true, 60},
        {NULL, NULL, "60", false, 0},
        {"https://aws.example.org", NULL, "60", false, 0},
        {"http://127.0.0.1:1", "https://ecs.example.org", "60", false, 0},
        {"http://127.0.0.1:1", NULL, "fast", false, 0},
    };
    struct planfile file;
    prod_planfile(&file, "switchover: 1\nstage: prod\n");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct wire wire;
        struct error err;
        char clock[64];
        set("AWS_ENDPOINT_URL", rows[i].endpoint);
        set("AWS_ENDPOINT_URL_ECS", rows[i].ecs_endpoint);
        set("SWITCHOVER_CLOCK", rows[i].speed ? now_clock(clock, rows[i].speed) : NULL);
        bool opens = wire_open(&wire, &file, file.region, &err);
        if (opens != rows[i].opens)
            fail_msg("row %zu: %s", i, opens ? "opens" : err.message);
        if (opens)
            assert_int_equal(wire.speed, rows[i].wanted_speed);
        else
            assert_non_null(strstr(err.message, "SWITCHOVER_CLOCK"));
        wire_close(&wire);
    }
    planfile_clear(&file);
}

static void requests_name_the_plan(void **state)
{
    (void)state;
    struct planfile file;
    struct wire wire;
    struct error err;
    char wanted[64];
    set("AWS_ENDPOINT_URL", NULL);
    set("AWS_ENDPOINT_URL_ECS", NULL);
    set("SWITCHOVER_CLOCK", NULL);
    prod_planfile(&file, "switchover: 1\nstage: prod\n");
    assert_true(wire_open(&wire, &file, file.region, &err));
    snprintf(wanted, sizeof wanted, "switchover/" SWITCHOVER_VERSION " plan/%.12s", file.digest);
    assert_string_equal(wire.user_agent, wanted);
    wire_close(&wire);
    planfile_clear(&file);
}

static void without_credentials_it_says_so(void **state)
{
    (void)state;
    struct planfile file;
    struct wire wire;
    struct error err;
    prod_planfile(&file, "switchover: 1\nstage: prod\n");
    set("AWS_ACCESS_KEY_ID", NULL);
    assert_false(wire_open(&wire, &file, file.region, &err));
    assert_int_equal(err.kind, ERROR_CREDENTIALS);
    wire_close(&wire);

    wire_open_offline(&wire, &file, "eu-west-1"); /* needs none */
    assert_string_equal(wire.config.region, "eu-west-1");
    assert_true(wire.clock.wall(wire.clock.self) > 0);
    wire_close(&wire);
    planfile_clear(&file);
}

int main(void)
{
    set("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
    set("AWS_SECRET_ACCESS_KEY", "secret");
    set("AWS_REGION", "us-east-1");
    set("AWS_CONFIG_FILE", "/dev/null");
    set("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_clock_is_scaled_on_loopback_only),
        cmocka_unit_test(requests_name_the_plan),
        cmocka_unit_test(without_credentials_it_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
