#include "tests/fault/wire_verb.h"

#include <string.h>

#define PLAN_FILE "switchover: 1\nstage: sandbox\nbaseline: 5m\n"
#define PATIENT   "target: {ready_timeout: 6h}\n"
#define HASTY     "target: {ready_timeout: 2m}\n"
#define NO_HOLD   "traffic: {steps: [{target: 100, hold: 0s}]}\n"
#define HOLD      "traffic: {steps: [{target: 100, hold: 6m}]}\n"
#define NO_DRAIN  "drain: {quiet_for: 0s}\n"
#define CHECKS                                                                                     \
    "checks:\n"                                                                                    \
    "  - http:\n      name: green\n"                                                               \
    "      url: http://127.0.0.1:@PORT@/clusters/target/_cluster/health\n"                         \
    "      json: /status\n      one_of: [green]\n"                                                 \
    "  - metric:\n      name: lag\n      namespace: OpenSearchMigrations\n"                        \
    "      metric: lagBetweenSourceAndTargetRequests\n"                                            \
    "      dimensions: {OTelLib: replayer, qualifier: sandbox}\n"                                  \
    "      statistic: Maximum\n      over: 5m\n      below: 60000\n"                               \
    "  - documents:\n      name: in-sync\n"                                                        \
    "      source: http://127.0.0.1:@PORT@/clusters/source\n"                                      \
    "      target: http://127.0.0.1:@PORT@/clusters/target\n"                                      \
    "      tolerate: 1%\n"

/* 6 minutes of a hold are most of a second. */
enum { SPEED = 300, SPEED_LATER = 600 };

static const char apply[] = "apply prod.yaml --auto-approve";
static const char plain[] = PLAN_FILE PATIENT NO_HOLD NO_DRAIN;
static const char held[] = PLAN_FILE PATIENT HOLD NO_DRAIN
    "gates: {min_requests: 50, on_failure: stop, on_inconclusive: stop}\n" CHECKS;
static const char falls_back[] = PLAN_FILE PATIENT HOLD NO_DRAIN
    "gates: {min_requests: 50, on_failure: revert, on_inconclusive: stop}\n";
static const char fails[] = PLAN_FILE PATIENT HOLD NO_DRAIN
    "gates: {min_requests: 50, on_failure: stop, on_inconclusive: stop}\n";

static const struct {
    struct wire_verb verb;
    const char *plan_file;
} verbs[VERB_KEYS] = {
    [VERB_PLAN] = {{"plan", "plan prod.yaml", 0, false, false}, plain},
    [VERB_APPLY] = {{"apply", apply, 0, false, false}, plain},
    [VERB_RESUME] = {{"resumed apply", apply, 0, false, false}, plain},
    [VERB_REVERT] = {{"revert", "revert prod.yaml --auto-approve", 0, false, false}, plain},
    [VERB_STARVED] = {{"starved apply", apply, 6, false, false}, PLAN_FILE HASTY NO_HOLD NO_DRAIN},
    [VERB_HELD] = {{"apply with a hold", apply, 0, true, true}, held},
    [VERB_STOPPED] = {{"stopped apply", apply, 0, true, true}, held},
    [VERB_RENEWED] = {{"apply with keys that end", apply, 0, true, true}, held},
    [VERB_FALLBACK] = {{"apply that falls back", apply, 5, true, false}, falls_back},
    [VERB_FAILED] = {{"apply whose gate fails", apply, 8, true, false}, fails},
    [VERB_DRAINED] = {{"apply with a drain", apply, 0, true, false},
                      PLAN_FILE PATIENT NO_HOLD "drain: {quiet_for: 1m, timeout: 20m}\n"},
    [VERB_UNPROVEN] = {{"apply without a proof", apply, 6, true, false},
                       PLAN_FILE PATIENT NO_HOLD "drain: {quiet_for: 1m, timeout: 6m}\n"},
};

static const struct wire_verb plans[KEY_SOURCE_COUNT] = {
    [KEYS_ENVIRONMENT] = {"plan with keys of the environment", "plan prod.yaml", 0, false, false},
    [KEYS_ROLE] = {"plan with keys of a role", "plan prod.yaml", 0, false, false},
    [KEYS_WEB_IDENTITY] = {"plan with keys by a token", "plan prod.yaml", 0, false, false},
    [KEYS_METADATA] = {"plan with an instance's keys", "plan prod.yaml", 0, false, false},
    [KEYS_CONTAINER] = {"plan with a container's keys", "plan prod.yaml", 0, false, false},
    [KEYS_SSO] = {"plan with keys of a sign-in", "plan prod.yaml", 0, false, false},
};

const struct wire_verb *wire_verb(enum verb verb)
{
    return verb < VERB_KEYS ? &verbs[verb].verb : &plans[verb - VERB_KEYS];
}

/* Half of what the target answers is a 5XX as soon as it has the traffic. */
static void spoil(struct world_setup *setup, struct change_setup *change)
{
    *change = (struct change_setup){.trigger.at_permille = 1000, .conditions = setup->conditions};
    change->conditions.groups[ARM_TARGET].rate_5xx = 0.5;
    setup->changes = change;
    setup->change_count = 1;
}

void wire_verb_open(struct wire_stage *stage, const char *program, enum verb verb, bool hasty,
                    int slower)
{
    struct world_setup setup;
    struct change_setup change;
    bool later = wire_verb(verb)->later;
    struct wire_setting setting = {.setup = &setup,
                                   .speed = (later ? SPEED_LATER : SPEED) / slower};
    setting.plan_file = verb < VERB_KEYS ? verbs[verb].plan_file : plain;
    if (hasty && setting.plan_file == plain)
        setting.plan_file = verbs[VERB_STARVED].plan_file;
    setting.keys = verb >= VERB_KEYS      ? verb - VERB_KEYS
                   : verb == VERB_RENEWED ? KEYS_CONTAINER
                                          : KEYS_ENVIRONMENT;
    wire_stage_setup(&setup);
    if (verb == VERB_STARVED)
        setup.conditions.services[ARM_TARGET].failing_starts = -1;
    if (verb == VERB_FALLBACK || verb == VERB_FAILED)
        spoil(&setup, &change);
    if (verb == VERB_UNPROVEN) /* somebody goes past the switchover listener */
        setup.conditions.direct[setup.conditions.direct_count++] =
            (struct direct_traffic){.port = 9201, .rps = 5};
    wire_stage_open(stage, program, &setting);
}
