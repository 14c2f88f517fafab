#include "cmd/verbs.h"

#include "cmd/args.h"
#include "cmd/commands.h"
#include "cmd/exit_code.h"
#include "planner/base/text.h"

/* Options that several commands share. */
#define HELP_OPTION                                                                                \
    {                                                                                              \
        .id = OPT_HELP, .name = "help", .help = "Show this text."                                  \
    }
#define JSON_OPTION(text)                                                                          \
    {                                                                                              \
        .id = OPT_JSON, .name = "json", .help = text                                               \
    }
#define STATE_OPTION                                                                               \
    {                                                                                              \
        .id = OPT_STATE, .kind = OPTION_TEXT, .name = "state", .value = "S",                       \
        .help = "The state file. Default: the plan file's 'state', else NAME.state.json beside "   \
                "the plan file."                                                                   \
    }
#define APPROVE_OPTION                                                                             \
    {                                                                                              \
        .id = OPT_AUTO_APPROVE, .name = "auto-approve",                                            \
        .help = "Do not ask. Needed where there is no terminal."                                   \
    }
#define EVENTS_OPTION                                                                              \
    JSON_OPTION("Print what happens as JSON, one event a line, on standard output.")
#define JSON_INTO_OPTION                                                                           \
    {                                                                                              \
        .id = OPT_JSON_INTO, .kind = OPTION_TEXT, .name = "json-into", .value = "F",               \
        .help = "Append the JSON events to the file F as well."                                    \
    }
#define EXITS(code) (1u << (code))

static const struct option validate_options[] = {
    JSON_OPTION("Print the findings as JSON."),
    HELP_OPTION,
};

static const struct option plan_options[] = {
    {.id = OPT_OUT,
     .kind = OPTION_TEXT,
     .name = "out",
     .value = "F",
     .help = "Save the plan as F, for 'switchover apply F'."},
    {.id = OPT_FORMAT,
     .kind = OPTION_CHOICE,
     .name = "format",
     .value = "FORMAT",
     .choices = "text|markdown|json",
     .help = "text (the default), markdown for a comment in a pull request, or json, the saved "
             "plan's own format."},
    JSON_OPTION("The same as --format json."),
    {.id = OPT_DETAILED_EXITCODE,
     .name = "detailed-exitcode",
     .help = "Exit 2 when there are changes, 3 when something blocks them now."},
    {.id = OPT_REVERT,
     .name = "revert",
     .help = "Show what 'switchover revert' would do. FILE may then be a saved plan or a state."},
    STATE_OPTION,
    {.id = OPT_CHECKS,
     .name = "checks",
     .help = "Ask the plan file's http and documents checks now. Without it they are asked right "
             "before each shift; metric checks always now too."},
    HELP_OPTION,
};

static const struct option apply_options[] = {
    APPROVE_OPTION,
    EVENTS_OPTION,
    JSON_INTO_OPTION,
    {.id = OPT_LOCK_TIMEOUT,
     .kind = OPTION_DURATION,
     .name = "lock-timeout",
     .value = "D",
     .help = "Wait so long for the state's lock, like 30s. Default: 0s."},
    STATE_OPTION,
    {.id = OPT_UNTIL,
     .kind = OPTION_CHOICE,
     .name = "until",
     .value = "shifted",
     .choices = "shifted",
     .help = "Stop once the last shift was read back; what holds and drains behind it is left for "
             "another apply."},
    {.id = OPT_ACCEPT,
     .kind = OPTION_TEXT,
     .name = "accept",
     .value = "GATE",
     .help = "Go on after the gate GATE, or check:NAME, has failed (exit code 8). Its hold begins "
             "anew. Needs --because."},
    {.id = OPT_BECAUSE,
     .kind = OPTION_TEXT,
     .name = "because",
     .value = "TEXT",
     .help = "Why that gate is accepted; recorded in the state, with who and when."},
    HELP_OPTION,
};

static const struct option revert_options[] = {
    {.id = OPT_TRAFFIC_ONLY,
     .name = "traffic-only",
     .help = "Only the listener's default action: no counts, no drain."},
    {.id = OPT_NOW,
     .name = "now",
     .help = "Do not read first: the recorded default action goes out at once, then it is read "
             "back."},
    {.id = OPT_FORCE,
     .kind = OPTION_TEXT,
     .name = "force",
     .value = "REASON",
     .help = "Send the traffic back even if the source has no healthy target. The reason is "
             "recorded."},
    APPROVE_OPTION,
    {.id = OPT_PRINT_AWS,
     .name = "print-aws",
     .help = "Change nothing: print the same fallback as AWS CLI commands."},
    EVENTS_OPTION,
    JSON_INTO_OPTION,
    STATE_OPTION,
    HELP_OPTION,
};

static const struct option status_options[] = {
    JSON_OPTION("Print it as JSON."),
    STATE_OPTION,
    HELP_OPTION,
};

static const struct option watch_options[] = {
    {.id = OPT_ONCE,
     .name = "once",
     .help = "Print a single frame, for a log. Needed where there is no terminal."},
    {.id = OPT_ASCII,
     .name = "ascii",
     .help = "Draw bars with ASCII characters, as where the locale is not UTF-8."},
    STATE_OPTION,
    HELP_OPTION,
};

static const struct option show_options[] = {
    JSON_OPTION("Print the document as it is."),
    HELP_OPTION,
};

static const struct option policy_options[] = {
    {.id = OPT_FOR,
     .kind = OPTION_CHOICE,
     .name = "for",
     .value = "plan|apply",
     .choices = "plan|apply",
     .help = "apply (the default): everything, revert included. plan: what plan, status and watch "
             "need, which changes nothing."},
    HELP_OPTION,
};

static const struct option sandbox_options[] = {
    {.id = OPT_SPEED,
     .kind = OPTION_NUMBER,
     .name = "speed",
     .value = "N",
     .least = 1,
     .most = 3600,
     .help = "Simulated seconds in one real second. Default: 60."},
    {.id = OPT_PORT,
     .kind = OPTION_NUMBER,
     .name = "port",
     .value = "N",
     .least = 0,
     .most = 65535,
     .help = "The TCP port on 127.0.0.1. Default: 0, a free one."},
    {.id = OPT_SCENARIO,
     .kind = OPTION_TEXT,
     .name = "scenario",
     .value = "F",
     .help = "A YAML file with counts, weights, traffic, errors, latency and faults."},
    HELP_OPTION,
};

static const struct option version_options[] = {
    JSON_OPTION("Print it as JSON."),
    HELP_OPTION,
};

static const struct option help_options[] = {
    HELP_OPTION,
};

#define OPTIONS(rows) .options = (rows), .option_count = sizeof(rows) / sizeof *(rows)
#define RUN_EXITS                                                                                  \
    (EXITS(EXIT_DONE) | EXITS(EXIT_ERROR) | EXITS(EXIT_BLOCKED) | EXITS(EXIT_DRIFT) |              \
     EXITS(EXIT_INCOMPLETE) | EXITS(EXIT_LOCKED))
#define READ_EXITS (EXITS(EXIT_DONE) | EXITS(EXIT_ERROR))

const struct verb verbs[] = {
    {.name = "validate",
     .operands = "FILE",
     .least_operands = 1,
     .most_operands = 1,
     .summary = "Check a plan file; read nothing else",
     .description = "Reads the plan file FILE and prints everything that is wrong with it, each "
                    "with its line. Needs neither network nor credentials.",
     OPTIONS(validate_options),
     .exit_codes = READ_EXITS,
     .run = cmd_validate},
    {.name = "plan",
     .operands = "FILE",
     .least_operands = 1,
     .most_operands = 1,
     .summary = "Show what apply would do, and the way back",
     .description =
         "Reads the plan file FILE and what AWS holds right now, and shows each action with its "
         "before and after, the preconditions it waits for and how each stands, how long "
         "everything can take, and the fallback. Changes nothing.",
     OPTIONS(plan_options),
     .exit_codes = READ_EXITS | EXITS(EXIT_CHANGES),
     .run = cmd_plan},
    {.name = "apply",
     .operands = "FILE|SAVED",
     .least_operands = 1,
     .most_operands = 1,
     .summary = "Carry a plan out, or resume it",
     .description =
         "Shows the plan, asks, and carries it out, action by action; each change is recorded in "
         "the state before it is sent. An apply that ended early goes on where it stopped. With a "
         "saved plan (plan --out) exactly that plan runs, or nothing if AWS no longer holds what "
         "it was made from. On a terminal a hold or drain shows what it sees; there, r takes the "
         "traffic back (it asks first), c ends the wait and goes on, p stops.",
     OPTIONS(apply_options),
     .exit_codes = RUN_EXITS | EXITS(EXIT_GATE_REVERTED) | EXITS(EXIT_GATE_STOPPED) |
                   EXITS(EXIT_REVERT_UNCONFIRMED),
     .run = cmd_apply},
    {.name = "revert",
     .operands = "FILE|SAVED|STATE",
     .least_operands = 1,
     .most_operands = 1,
     .summary = "Take the traffic back to where it was",
     .description =
         "Puts the routing back exactly as it was before this cutover's first change. A plan file "
         "means its state; a saved plan means the state beside it, or its own fallback; a state "
         "means itself. A running apply is asked to stop first. Writes that the target served "
         "meanwhile are not on the source: plan shows how many requests that can be.",
     OPTIONS(revert_options),
     .exit_codes = RUN_EXITS | EXITS(EXIT_REVERT_UNCONFIRMED),
     .run = cmd_revert},
    {.name = "status",
     .operands = "FILE|SAVED|STATE",
     .least_operands = 1,
     .most_operands = 1,
     .summary = "Show who gets the traffic now, and what comes next",
     .description = "Reads counts, targets, weights and the last minutes' requests from AWS, and "
                    "shows them beside what the state records. Changes nothing.",
     OPTIONS(status_options),
     .exit_codes = READ_EXITS,
     .run = cmd_status},
    {.name = "watch",
     .operands = "FILE|SAVED|STATE",
     .least_operands = 1,
     .most_operands = 1,
     .summary = "Look on: weights, targets, and the last hour of both groups",
     .description =
         "Draws what apply draws in a hold or drain, and more: each target's health, and the last "
         "hour of both groups with a bar a minute. Reads the listener, services and targets every "
         "30 seconds, metrics once a minute, and the state; locks nothing and changes nothing, so "
         "anybody may look on while somebody else applies. q leaves.",
     OPTIONS(watch_options),
     .exit_codes = READ_EXITS,
     .run = cmd_watch},
    {.name = "show",
     .operands = "SAVED|STATE",
     .least_operands = 1,
     .most_operands = 1,
     .summary = "Print a saved plan or a state for people",
     .description = "Reads the file and nothing else: neither network nor credentials are needed.",
     OPTIONS(show_options),
     .exit_codes = READ_EXITS,
     .run = cmd_show},
    {.name = "policy",
     .operands = "FILE",
     .least_operands = 1,
     .most_operands = 1,
     .summary = "Print the IAM policy that a plan file needs",
     .description =
         "Prints the least IAM policy that is enough for the plan file FILE, as JSON, each action "
         "on as few resources as AWS lets a policy name. What would make it narrower, and what is "
         "not part of it, is said on standard error. Needs neither network nor credentials.",
     OPTIONS(policy_options),
     .exit_codes = READ_EXITS,
     .run = cmd_policy},
    {.name = "sandbox",
     .operands = "",
     .summary = "Run an AWS stand-in on this machine, to try things on",
     .description =
         "Serves one simulated deployment on 127.0.0.1 until it is interrupted, over the wire "
         "protocols that AWS speaks, and prints the environment that switchover and the AWS CLI "
         "need to reach it, ready for a shell; the last line, '# ready', says that all is there. "
         "Nothing is kept. With AWS_SESSION_TOKEN=sandbox-until-2026-12-01T02:00:00Z beside them "
         "its keys end at that instant of real time, to rehearse credentials that expire.\n"
         "\n"
         "  switchover sandbox > sandbox.env &\n"
         "  . ./sandbox.env && switchover plan plans/quickstart.yaml",
     OPTIONS(sandbox_options),
     .exit_codes = READ_EXITS,
     .run = cmd_sandbox},
    {.name = "version",
     .operands = "",
     .summary = "Print the version",
     .description = "Prints the version of this program and of the formats it reads and writes.",
     OPTIONS(version_options),
     .exit_codes = READ_EXITS,
     .run = cmd_version},
    {.name = "help",
     .operands = "[COMMAND]",
     .most_operands = 1,
     .summary = "Explain a command",
     .description = "Without a command: all of them, the exit codes and the environment.",
     OPTIONS(help_options),
     .exit_codes = READ_EXITS,
     .run = cmd_help},
    {.name = "init"},
    {.name = "report"},
    {.name = "approve"},
    {.name = "state"},
    {.name = "completion"},
    {.name = "rehearse"},
};
const size_t verb_count = sizeof verbs / sizeof *verbs;

bool verb_is_reserved(const struct verb *verb)
{
    return !verb->summary;
}

const struct verb *verb_find(const char *name)
{
    for (size_t i = 0; i < verb_count; i++)
        if (text_same(verbs[i].name, name))
            return &verbs[i];
    return NULL;
}

const struct option *verb_option(const struct verb *verb, const char *name)
{
    for (size_t i = 0; i < verb->option_count; i++)
        if (text_same(verb->options[i].name, name))
            return &verb->options[i];
    return NULL;
}
