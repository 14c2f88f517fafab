#include "tests/unit.h"

#include "tests/planner/fixture.h"

/* DESIGN, section 3: with a port, that port's listener; else the one whose default rule forwards to
 * both groups; several or none: candidates are listed. */
static void the_listener_row_by_row(void **state)
{
    (void)state;
    static const struct {
        const char *patch;
        int port; /* 0: none is chosen */
        const char *why;
    } rows[] = {
        {"", 9200, NULL},
        {"listener=9201:S1, listener=9202:T1", 9200, NULL},
        {"default=S0 T1", 9200, NULL},
        {"default=T1 S0 X0", 9200, NULL},
        {"default=single S, listener=443:S1 T0", 443, NULL},
        {"listener=443:S0 T1", 0, "2 listeners' default rules forward to both groups"},
        {"listener=443:S0 T1, port=443", 443, NULL},
        {"listener=443:S0 T1, port=9200", 9200, NULL},
        {"default=single S", 0, "no listener's default rule forwards to both groups"},
        {"default=single S, port=9200", 9200, NULL},
        {"default=single T, port=9200", 9200, NULL},
        {"default=X1, port=9200", 0, "the listener on port 9200 forwards to other groups"},
        {"default=X1", 0, "port 9200"},
        {"port=9300", 0, "no listener on port 9300"},
        {"default=redirect, port=9200", 9200, NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f;
        fixture_init(&f, "");
        fixture_patch(&f, rows[i].patch);
        const struct snapshot *s = &f.live;
        int port = s->listener ? s->listener->port : 0;
        if (port != rows[i].port)
            fail_msg("[%s]: chose %d, should be %d (%s)", rows[i].patch, port, rows[i].port,
                     s->why_no_listener ? s->why_no_listener : "");
        if (port) {
            assert_string_equal(s->subject.listener_arn, s->listener->arn);
            assert_int_equal(s->subject.listener_port, port);
        } else {
            assert_null(s->subject.listener_arn);
            if (!strstr(s->why_no_listener, rows[i].why))
                fail_msg("[%s]: \"%s\" does not say \"%s\"", rows[i].patch, s->why_no_listener,
                         rows[i].why);
        }
        fixture_clear(&f);
    }
}

static void facts_are_named_by_their_operation(void **state)
{
    (void)state;
    assert_string_equal(fact_name(FACT_HEALTH_TARGET), "DescribeTargetHealth (target)");
    assert_string_equal(fact_name(FACT_METRICS), "GetMetricData");
    for (int i = 0; i < FACT_COUNT; i++)
        assert_string_not_equal(fact_name((enum fact)(1u << i)), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_listener_row_by_row),
        cmocka_unit_test(facts_are_named_by_their_operation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
