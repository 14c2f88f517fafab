/*
 * What AWS answers, all the way to a saved plan: a deployment is observed over answers of which
 * some are the input's, and planned for. NUL bytes part these; the first byte of each chooses its
 * operation. What is not given is as recorded.
 */
#include "tests/unit.h"

#include "planner/precondition.h"
#include "providers/aws/observe.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/plans.h"
#include "tests/providers/aws/wire.h"
#include "tests/snapshot_json.h"

enum { ANSWERS_MAX = 8, RECENT_MS = 600000 };

static const char plan_file[] = "switchover: 1\nstage: prod\n";

struct input {
    struct text texts[ANSWERS_MAX];
    struct wire_exception answers[ANSWERS_MAX];
    size_t count;
};

static void split(struct input *in, const uint8_t *data, size_t size)
{
    static const char *const operations[] = {
        "DescribeServices",  "DescribeLoadBalancers",          "DescribeTargetGroups",
        "DescribeListeners", "DescribeTargetHealth",           "DescribeTargetGroupAttributes",
        "DescribeTags",      "DescribeLoadBalancerAttributes", "DescribeRules",
        "GetMetricData",
    };
    const uint8_t *end = data + size;
    while (data < end && in->count < ANSWERS_MAX) {
        const uint8_t *stop = memchr(data, '\0', (size_t)(end - data));
        if (!stop)
            stop = end;
        if (stop > data) {
            size_t i = in->count++;
            in->texts[i] = fuzz_text(data + 1, (size_t)(stop - data) - 1);
            in->answers[i] = (struct wire_exception){
                .operation = operations[*data % 10], .answer = &in->texts[i], .once = true};
        }
        data = stop + 1;
    }
}

static void check_snapshot(const struct snapshot *live)
{
    struct text text = {0}, again = {0};
    struct json_writer w = {.out = &text}, w2 = {.out = &again};
    struct json_document doc;
    struct snapshot copy;
    struct error err;
    snapshot_write_json(&w, live);
    must_succeed(json_read(&doc, text.data, text.len, (struct json_limits){text.len, 32}, &err),
                 &err);
    must_succeed(snapshot_read_json(&copy, doc.root, &err), &err);
    snapshot_write_json(&w2, &copy);
    must_hold(text.len == again.len && memcmp(text.data, again.data, text.len) == 0);
    snapshot_clear(&copy);
    json_document_clear(&doc);
    text_clear(&text);
    text_clear(&again);
}

static void check_plan(const struct planfile *file, const struct snapshot *live)
{
    struct plan plan;
    struct surroundings around = {.now = live->taken_at};
    struct provenance provenance = {0};
    plan_make(&plan, file, live, NULL, &provenance, &around);
    must_hold(plan_is_possible(&plan) || !plan_changes_anything(&plan));
    must_hold(!plan_is_possible(&plan) == !plan.inverse);
    plans_check(&plan, NULL);
    plans_check_saved(&plan);
    plan_clear(&plan);
}

static void observe(struct input *in)
{
    struct wire wire = {.exceptions = in->answers, .exception_count = in->count, .fail_nth = -1};
    struct arena arena = {0};
    struct diagnostics list = {.arena = &arena};
    struct planfile file;
    struct subject subject;
    struct snapshot live;
    struct error err = {0};
    must_hold(planfile_read(&file, "prod.yaml", plan_file, strlen(plan_file), precondition_waivable,
                            &list));
    planfile_subject(&file, &subject);
    snapshot_init(&live);
    wire_use(&wire);
    if (aws_observe(wire_client(), wire_clock(), &live, &subject, FACTS_PLAN, RECENT_MS, &err)) {
        fuzz_accepted();
        check_snapshot(&live);
        check_plan(&file, &live);
    } else {
        fuzz_check_error(&err);
    }
    snapshot_clear(&live);
    planfile_clear(&file);
    arena_clear(&arena);
    wire_clear(&wire);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {0};
    split(&in, data, size);
    observe(&in);
    for (size_t i = 0; i < in.count; i++)
        text_clear(&in.texts[i]);
    return 0;
}
