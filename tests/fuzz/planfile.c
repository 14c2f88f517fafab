/*
 * The plan file. What is accepted reads the same from its own copy, gives a plan of a live
 * deployment whose saved form can be read again, and that plan has a way back.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "planner/inverse.h"
#include "planner/plan_json.h"
#include "planner/precondition.h"
#include "tests/fuzz/plans.h"
#include "tests/planner/fixture.h"

static void check_values(const struct planfile *f)
{
    must_hold(f->name && f->cluster && f->load_balancer);
    for (int arm = 0; arm < ARM_COUNT; arm++)
        must_hold(f->arms[arm].service && f->arms[arm].target_group);
    must_hold(f->min_count >= 1 && f->ready_timeout_ms > 0 && f->baseline_ms > 0);
    must_hold(f->target_count >= 1 || f->target_count == PLANFILE_COUNT_AT_LEAST_SOURCE);
    must_hold(f->quiet_for_ms >= 0 && f->quiet_for_ms <= f->drain_timeout_ms);
    must_hold(!f->has_window || f->window_opens_at < f->window_closes_at);
    must_hold(f->listener_port >= 0 && f->listener_port <= 65535);
    must_hold(f->step_count >= 1 && f->step_count <= PLANFILE_MAX_STEPS);
    int before = 0;
    for (size_t i = 0; i < f->step_count; i++) {
        must_hold(f->steps[i].target_permille > before && f->steps[i].target_permille <= 1000);
        must_hold(f->steps[i].hold_ms == 0 || f->steps[i].hold_ms >= 360000);
        before = f->steps[i].target_permille;
    }
    for (size_t i = 0; i < f->allowance_count; i++)
        must_hold((precondition_waivable(f->allowances[i].id) == 1 ||
                   planfile_check_of(f, f->allowances[i].id)) &&
                  f->allowances[i].because[0]);
}

static void check_gates(const struct planfile_gates *g)
{
    must_hold(g->errors.tolerate >= 1000 && g->client_errors.tolerate >= 1000);
    must_hold(g->errors.ignore_below >= 0 && g->errors.ignore_below <= 1000000);
    must_hold(g->client_errors.ignore_below >= 0 && g->client_errors.ignore_below <= 1000000);
    must_hold(g->max_rate >= 1 && g->max_rate <= 1000000 && g->min_requests >= 0);
    must_hold(g->latency_percentile == 50 || g->latency_percentile == 90 ||
              g->latency_percentile == 99);
    must_hold(g->latency_tolerate >= 1000 && g->latency_slack_us >= 0);
    must_hold(g->on_failure == ON_STOP || g->on_failure == ON_REVERT);
    must_hold(g->on_failure == ON_STOP || g->on_failure_written);
    must_hold(g->on_inconclusive <= ON_CONTINUE);
}

static void check_auth(const char *bearer, const char *basic)
{
    must_hold(!bearer || text_starts(bearer, "SWITCHOVER_SECRET_"));
    must_hold(!basic || text_starts(basic, "SWITCHOVER_SECRET_"));
    must_hold(!bearer || !basic);
}

static void check_check(const struct planfile_check *c)
{
    if (c->kind == CHECK_HTTP) {
        must_hold(c->http.url && c->http.status >= 100 && c->http.status <= 599);
        must_hold(!c->http.pointer == !(c->http.one_of || c->http.below || c->http.at_least));
        must_hold(!c->http.one_of || c->http.one_of[0]);
        check_auth(c->http.bearer, c->http.basic);
    } else if (c->kind == CHECK_METRIC) {
        must_hold(c->metric.namespace && c->metric.metric && c->metric.statistic);
        must_hold(c->metric.below && c->metric.over_ms >= 60000 && c->metric.over_ms % 60000 == 0);
        for (size_t i = 0; i < c->metric.dimension_count; i++)
            must_hold(c->metric.dimensions[i].name[0] && c->metric.dimensions[i].value[0]);
    } else {
        must_hold(c->documents.source && c->documents.target && c->documents.indices);
        must_hold(c->documents.tolerate >= 0 && c->documents.tolerate <= 1000000);
        check_auth(c->documents.bearer, c->documents.basic);
    }
}

static void check_checks(const struct planfile *f)
{
    for (size_t i = 0; i < f->check_count; i++) {
        must_hold(f->checks[i].name && f->checks[i].span.line);
        for (size_t k = 0; k < i; k++)
            must_hold(!text_same(f->checks[i].name, f->checks[k].name));
        check_check(&f->checks[i]);
    }
}

static void check_names(const struct planfile *a, const struct planfile *b)
{
    struct subject of_a, of_b;
    must_hold(text_same(a->name, b->name) && text_same(a->stage, b->stage));
    must_hold(text_same(a->region, b->region) && text_same(a->account, b->account));
    must_hold(text_same(a->profile, b->profile) && text_same(a->cluster, b->cluster));
    must_hold(text_same(a->load_balancer, b->load_balancer) && text_same(a->state, b->state));
    for (int arm = 0; arm < ARM_COUNT; arm++)
        must_hold(text_same(a->arms[arm].service, b->arms[arm].service) &&
                  text_same(a->arms[arm].target_group, b->arms[arm].target_group));
    for (int i = 0; i < ATTESTATION_COUNT; i++)
        must_hold(text_same(a->attested[i], b->attested[i]));
    planfile_subject(a, &of_a);
    planfile_subject(b, &of_b);
    must_hold(subject_equal(&of_a, &of_b));
}

static void check_same_checks(const struct planfile *a, const struct planfile *b)
{
    must_hold(a->check_count == b->check_count);
    must_hold(a->gates.on_failure == b->gates.on_failure && a->gates.max_rate == b->gates.max_rate);
    must_hold(a->gates.latency_slack_us == b->gates.latency_slack_us);
    for (size_t i = 0; i < a->check_count; i++)
        must_hold(a->checks[i].kind == b->checks[i].kind &&
                  text_same(a->checks[i].name, b->checks[i].name));
}

static void check_same(const struct planfile *a, const struct planfile *b)
{
    must_hold(strcmp(a->digest, b->digest) == 0 && a->source_len == b->source_len);
    check_names(a, b);
    check_same_checks(a, b);
    must_hold(a->listener_port == b->listener_port && a->min_count == b->min_count);
    must_hold(a->target_count == b->target_count && a->ready_timeout_ms == b->ready_timeout_ms);
    must_hold(a->baseline_ms == b->baseline_ms && a->quiet_for_ms == b->quiet_for_ms);
    must_hold(a->drain_timeout_ms == b->drain_timeout_ms && a->has_window == b->has_window);
    must_hold(a->window_opens_at == b->window_opens_at);
    must_hold(a->window_closes_at == b->window_closes_at && a->restore_counts == b->restore_counts);
    must_hold(a->step_count == b->step_count && a->allowance_count == b->allowance_count);
    for (size_t i = 0; i < a->step_count; i++)
        must_hold(a->steps[i].target_permille == b->steps[i].target_permille &&
                  a->steps[i].hold_ms == b->steps[i].hold_ms);
    for (size_t i = 0; i < a->allowance_count; i++)
        must_hold(text_same(a->allowances[i].id, b->allowances[i].id) &&
                  text_same(a->allowances[i].because, b->allowances[i].because));
}

static void check_plan(const struct planfile *file)
{
    const struct fixture *f = plans_fixture();
    struct plan plan;
    plan_make(&plan, file, &f->live, NULL, &f->provenance, &f->around);
    must_hold(plan_is_possible(&plan));
    must_hold(plan.inverse);
    plans_check(&plan, NULL);
    plans_check_saved(&plan);
    plan_clear(&plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct diagnostics list = {.arena = &arena};
    struct planfile file, copy;
    bool good = planfile_read(&file, "plans/prod.yaml", (const char *)data, size,
                              precondition_waivable, &list);
    fuzz_check_diagnostics(&list, good, data, size);
    if (good) {
        fuzz_accepted();
        check_values(&file);
        check_gates(&file.gates);
        check_checks(&file);
        planfile_copy(&copy, &file);
        check_same(&file, &copy);
        planfile_clear(&copy);
        check_plan(&file);
    }
    planfile_clear(&file);
    arena_clear(&arena);
    return 0;
}
