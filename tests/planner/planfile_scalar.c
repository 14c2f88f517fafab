#include "tests/planner/planfile_case.h"

#include "planner/planfile_scalar.h"

/* A value in its place: what it is read as, or the fragment of what is said about it. */
struct value_row {
    const char *value;
    int64_t is;
    const char *wrong;
};

static int64_t hold_of(const struct planfile *f)
{
    return f->steps[0].hold_ms;
}

static int64_t share_of(const struct planfile *f)
{
    return f->steps[0].target_permille;
}

static int64_t port_of(const struct planfile *f)
{
    return f->listener_port;
}

static int64_t min_count_of(const struct planfile *f)
{
    return f->min_count;
}

static int64_t count_of(const struct planfile *f)
{
    return f->target_count;
}

static int64_t baseline_of(const struct planfile *f)
{
    return f->baseline_ms;
}

static int64_t opens_of(const struct planfile *f)
{
    return f->window_opens_at;
}

static int64_t restore_of(const struct planfile *f)
{
    return f->restore_counts;
}

static void expect_values(const char *format, int64_t (*value_of)(const struct planfile *),
                          const struct value_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char text[512];
        struct planfile_case c;
        int n = snprintf(text, sizeof text, "switchover: 1\nstage: prod\n");
        unsigned column = (unsigned)(strstr(format, "@") - format) + 1;
        n += snprintf(text + n, sizeof text - (size_t)n, "%.*s%s%s\n", (int)column - 1, format,
                      rows[i].value, format + column);
        bool good = planfile_case_read(&c, "plan.yaml", text, (size_t)n);
        const struct diagnostic *d = c.list.count ? &c.list.items[0] : NULL;
        if (good != !rows[i].wrong || (d && !strstr(d->message, rows[i].wrong)))
            fail_msg("%s: \"%s\"", text, d ? d->message : "accepted");
        if (good && value_of(&c.file) != rows[i].is)
            fail_msg("%s: read as %lld", text, (long long)value_of(&c.file));
        if (d) {
            assert_int_equal(c.list.count, 1);
            assert_int_equal(d->span.line, 3);
            assert_int_equal(d->span.column, column);
        }
        planfile_case_clear(&c);
    }
}

#define WHOLE "expected a whole number from 1 to"

static void counts_and_ports(void **state)
{
    (void)state;
    static const struct value_row ports[] = {
        {"1", 1, NULL},
        {"9200", 9200, NULL},
        {"65535", 65535, NULL},
        {"0", 0, WHOLE " 65535, found 0"},
        {"65536", 0, WHOLE},
        {"\"9200\"", 0, WHOLE " 65535, found \"9200\""},
        {"'9200'", 0, WHOLE},
        {"-1", 0, WHOLE},
        {"+1", 0, WHOLE},
        {"09200", 0, WHOLE},
        {"0o17", 0, WHOLE},
        {"017", 0, WHOLE},
        {"0x50", 0, WHOLE},
        {"1_000", 0, WHOLE},
        {"1e3", 0, WHOLE},
        {"1:30", 0, WHOLE},
        {"443.0", 0, WHOLE},
        {".5", 0, WHOLE},
        {"443 # comment", 443, NULL},
        {"no", 0, WHOLE},
        {"~", 0, WHOLE " 65535, found nothing"},
        {"[443]", 0, WHOLE " 65535, found a list"},
        {"{a: 443}", 0, WHOLE " 65535, found a mapping"},
        {"99999999999999999999999", 0, WHOLE},
        {"\xD9\xA1", 0, WHOLE}, /* a digit elsewhere */
    };
    static const struct value_row least[] = {
        {"1", 1, NULL}, {"10000", 10000, NULL}, {"0", 0, WHOLE}, {"10001", 0, WHOLE}};
    static const struct value_row target[] = {
        {"at-least-source", PLANFILE_COUNT_AT_LEAST_SOURCE, NULL},
        {"4", 4, NULL},
        {"0", 0, "expected at-least-source or a whole number"},
        {"-1", 0, "expected at-least-source"},
        {"\"4\"", 0, "expected at-least-source"},
        {"at_least_source", 0, "expected at-least-source"},
        {"", 0, "found nothing"},
    };
    expect_values("listener: {port: @\n}", port_of, ports, COUNT(ports));
    expect_values("source: {min_count: @}", min_count_of, least, COUNT(least));
    expect_values("target: {count: @}", count_of, target, COUNT(target));
}

static void durations(void **state)
{
    (void)state;
    static const struct value_row baselines[] = {
        {"1m", 60000, NULL},
        {"24h", 86400000, NULL},
        {"1h30m", 5400000, NULL},
        {"\"90m\"", 5400000, NULL}, /* a duration is a text either way */
        {"59s", 0, "expected a duration from 1m to 24h, found 59s"},
        {"24h1s", 0, "from 1m to 24h"},
        {"3600", 0, "from 1m to 24h, found 3600"},
        {"1:30", 0, "found 1:30"},
        {"1d", 0, "from 1m to 24h"},
        {"1 h", 0, "from 1m to 24h"},
        {"-1h", 0, "from 1m to 24h"},
        {"1.5h", 0, "from 1m to 24h"},
        {"30m1h", 0, "from 1m to 24h"},
        {"99999999999999999999h", 0, "from 1m to 24h"},
        {"~", 0, "found nothing"},
    };
    static const struct value_row holds[] = {
        {"0s", 0, NULL},
        {"6m", 360000, NULL},
        {"5m59s", 0, "expected 0s or a duration of at least 6m, found 5m59s"},
        {"1s", 0, "expected 0s or"},
        {"0", 0, "expected a duration such as"},
        {"10000h", 36000000000, NULL},
    };
    expect_values("baseline: @", baseline_of, baselines, COUNT(baselines));
    expect_values("traffic: {steps: [{target: 100, hold: @}]}", hold_of, holds, COUNT(holds));
}

static void shares(void **state)
{
    (void)state;
    static const char range[] = "expected a percentage from 0.1 to 100 with at most one decimal";
    static const struct value_row rows[] = {
        {"100", 1000, NULL},   {"0.1", 1, NULL},     {"12.5", 125, NULL}, {"99.9", 999, NULL},
        {"100.0", 1000, NULL}, {"0", 0, range},      {"0.0", 0, range},   {"100.1", 0, range},
        {"0.05", 0, range},    {"12.50", 0, range},  {".5", 0, range},    {"5.", 0, range},
        {"1e1", 0, range},     {"1_0", 0, range},    {"010", 0, range},   {"+10", 0, range},
        {"-10", 0, range},     {"\"10\"", 0, range}, {"10%", 0, range},   {"1:30", 0, range},
        {"0o17", 0, range},    {"yes", 0, range},    {"", 0, range},      {"[10]", 0, range},
        {".inf", 0, range},    {".nan", 0, range},   {"10,", 100, NULL},
    };
    expect_values("traffic: {steps: [{target: @}]}", share_of, rows, COUNT(rows));
}

static void instants(void **state)
{
    (void)state;
    static const char wrong[] = "expected an instant such as 2026-12-01T02:00:00Z";
    static const struct value_row rows[] = {
        {"2026-12-01T02:00:00Z", 1796090400000, NULL},
        {"2026-12-01T04:30:00+02:30", 1796090400000, NULL},
        {"\"2026-12-01T02:00:00Z\"", 1796090400000, NULL},
        {"2026-12-01", 0, wrong},
        {"2026-12-01 02:00:00", 0, wrong},
        {"2026-12-01T02:00Z", 0, wrong},
        {"2026-12-01T02:00:00", 0, wrong},
        {"2026-02-29T02:00:00Z", 0, wrong},
        {"1796090400", 0, wrong},
        {"tomorrow", 0, wrong},
        {"", 0, wrong},
    };
    expect_values("window: {closes: 2030-01-01T00:00:00Z, opens: @}", opens_of, rows, COUNT(rows));
}

static void booleans(void **state)
{
    (void)state;
    static const struct value_row rows[] = {
        {"true", 1, NULL},
        {"false", 0, NULL},
        {"True", 0, "expected true or false, found True"},
        {"yes", 0, "expected true or false"},
        {"no", 0, "expected true or false"},
        {"on", 0, "expected true or false"},
        {"1", 0, "expected true or false"},
        {"\"true\"", 0, "expected true or false, found \"true\""},
        {"", 0, "found nothing"},
    };
    expect_values("revert: {restore_counts: @}", restore_of, rows, COUNT(rows));
}

static void reads_decimals(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned decimals;
        bool good;
        int64_t value;
    } rows[] = {
        {"0", 0, true, 0},
        {"7", 3, true, 7000},
        {"1.25", 3, true, 1250},
        {"1000000000000", 0, true, 1000000000000},
        {"1000000000001", 0, false, 0},
        {"1000000000000", 1, false, 0},
        {"99999999999999999999999999999999", 6, false, 0},
        {"1.2345", 3, false, 0},
        {"1.", 3, false, 0},
        {"01", 0, false, 0},
        {"", 0, false, 0},
        {"1 ", 0, false, 0},
        {"1.5", 0, false, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t value = 0;
        bool good = decimal_parse(&value, rows[i].text, rows[i].decimals);
        if (good != rows[i].good || (good && value != rows[i].value))
            fail_msg("\"%s\" with %u decimals: %lld", rows[i].text, rows[i].decimals,
                     (long long)value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_and_ports), cmocka_unit_test(durations),
        cmocka_unit_test(shares),           cmocka_unit_test(instants),
        cmocka_unit_test(booleans),         cmocka_unit_test(reads_decimals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
