#include "cmd/args.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "planner/base/text.h"
#include "planner/base/time.h"

enum { NEAR = 2, NAME_MAX_LEN = 64 };

bool args_unknown_verb(const char *name, struct error *err)
{
    error_set(err, ERROR_USAGE, "there is no command \"%s\"", name);
    unsigned best = NEAR + 1;
    for (size_t i = 0; i < verb_count; i++) {
        unsigned distance = text_distance(name, verbs[i].name, NEAR);
        if (distance < best) {
            best = distance;
            error_hint(err, "did you mean \"%s\"?", verbs[i].name);
        }
    }
    return false;
}

static bool unknown_option(const struct verb *verb, const char *name, struct error *err)
{
    error_set(err, ERROR_USAGE, "%s has no option --%s", verb->name, name);
    unsigned best = NEAR + 1;
    for (size_t i = 0; i < verb->option_count; i++) {
        unsigned distance = text_distance(name, verb->options[i].name, NEAR);
        if (distance < best) {
            best = distance;
            error_hint(err, "did you mean --%s?", verb->options[i].name);
        }
    }
    return false;
}

static bool read_flag(struct option_value *value, const struct option *option, struct error *err)
{
    value->flag = !value->text || text_same(value->text, "true");
    if (value->flag || text_same(value->text, "false"))
        return true;
    return error_set(err, ERROR_USAGE, "--%s takes true or false, not \"%s\"", option->name,
                     value->text);
}

static bool read_choice(const struct option_value *value, const struct option *option,
                        struct error *err)
{
    size_t n = strlen(value->text);
    for (const char *at = option->choices; at; at = strchr(at, '|')) {
        at += *at == '|';
        if (strncmp(at, value->text, n) == 0 && (at[n] == '|' || at[n] == '\0'))
            return true;
    }
    return error_set(err, ERROR_USAGE, "--%s takes one of %s, not \"%s\"", option->name,
                     option->choices, value->text);
}

static bool read_number(struct option_value *value, const struct option *option, struct error *err)
{
    char *end;
    errno = 0;
    long long number = strtoll(value->text, &end, 10);
    bool digits = strspn(value->text, "0123456789") == strlen(value->text);
    value->number = number;
    if (digits && !errno && number >= option->least && number <= option->most)
        return true;
    return error_set(err, ERROR_USAGE, "--%s takes a whole number from %lld to %lld, not \"%s\"",
                     option->name, (long long)option->least, (long long)option->most, value->text);
}

static bool read_value(struct option_value *value, const struct option *option, struct error *err)
{
    if (option->kind == OPTION_FLAG)
        return read_flag(value, option, err);
    if (!*value->text)
        return error_set(err, ERROR_USAGE, "--%s needs a value: %s", option->name, option->value);
    switch (option->kind) {
    case OPTION_CHOICE:
        return read_choice(value, option, err);
    case OPTION_NUMBER:
        return read_number(value, option, err);
    case OPTION_DURATION:
        if (duration_parse(&value->number, value->text))
            return true;
        return error_set(err, ERROR_USAGE, "--%s takes a duration like 40s or 1h30m, not \"%s\"",
                         option->name, value->text);
    default:
        return true;
    }
}

/* The value that stands behind the option as an argument of its own. What begins with a dash is
 * rather a forgotten value than one: `revert --force --now` must not take "--now" as the reason. */
static bool next_value(const char **text, const struct option *option, char *const argv[], int argc,
                       int *at, struct error *err)
{
    const char *next = *at + 1 < argc ? argv[*at + 1] : NULL;
    if (!next || (next[0] == '-' && next[1])) {
        error_set(err, ERROR_USAGE, "--%s needs a value: %s", option->name, option->value);
        if (next)
            error_hint(err, "a value that begins with a dash is written --%s=%s", option->name,
                       next);
        return false;
    }
    *text = next;
    ++*at;
    return true;
}

static bool read_option(struct args *out, char *const argv[], int argc, int *at, struct error *err)
{
    const char *arg = argv[*at] + (argv[*at][1] == '-' ? 2 : 1);
    size_t len = strcspn(arg, "=");
    char name[NAME_MAX_LEN];
    if (len >= sizeof name)
        return error_set(err, ERROR_USAGE, "%s has no option %s", out->verb->name, argv[*at]);
    memcpy(name, arg, len);
    name[len] = '\0';

    const struct option *option = verb_option(out->verb, name);
    if (!option)
        return unknown_option(out->verb, name, err);
    struct option_value *value = &out->values[option->id];
    if (value->given)
        return error_set(err, ERROR_USAGE, "--%s is given twice", option->name);
    value->given = true;
    value->text = arg[len] == '=' ? arg + len + 1 : NULL;
    if (!value->text && option->kind != OPTION_FLAG &&
        !next_value(&value->text, option, argv, argc, at, err))
        return false;
    return read_value(value, option, err);
}

static bool add_operand(struct args *out, const char *operand, struct error *err)
{
    if (out->operand_count < out->verb->most_operands && out->operand_count < ARGS_OPERANDS_MAX) {
        out->operands[out->operand_count++] = operand;
        return true;
    }
    return error_set(err, ERROR_USAGE, "%s takes %s; \"%s\" is too much", out->verb->name,
                     *out->verb->operands ? out->verb->operands : "no operand", operand);
}

static bool read_rest(struct args *out, int argc, char *const argv[], struct error *err)
{
    bool options_ended = false;
    for (int at = 2; at < argc; at++) {
        const char *arg = argv[at];
        if (!options_ended && text_same(arg, "--"))
            options_ended = true;
        else if (options_ended || arg[0] != '-' || !arg[1]) {
            if (!add_operand(out, arg, err))
                return false;
        } else if (!read_option(out, argv, argc, &at, err)) {
            return false;
        }
    }
    return true;
}

/* What people type before they know the commands. */
static const char *verb_name(const char *arg)
{
    if (!arg || text_same(arg, "--help") || text_same(arg, "-help") || text_same(arg, "-h"))
        return "help";
    if (text_same(arg, "--version") || text_same(arg, "-version"))
        return "version";
    return arg;
}

bool args_parse(struct args *out, int argc, char *const argv[], struct error *err)
{
    *out = (struct args){0};
    const char *name = verb_name(argc > 1 ? argv[1] : NULL);
    if (name[0] == '-') {
        error_set(err, ERROR_USAGE, "the command comes first, then its options");
        return error_hint(err, "switchover COMMAND %s ...", name);
    }
    out->verb = verb_find(name);
    if (!out->verb)
        return args_unknown_verb(name, err);
    if (verb_is_reserved(out->verb))
        return error_set(err, ERROR_NOT_YET, "%s is not available yet", name);
    if (!read_rest(out, argc, argv, err))
        return false;
    if (args_flag(out, OPT_HELP) || out->operand_count >= out->verb->least_operands)
        return true;
    return error_set(err, ERROR_USAGE, "%s needs a file: %s", name, out->verb->operands);
}

bool args_flag(const struct args *args, enum option_id id)
{
    return args->values[id].flag;
}

const char *args_text(const struct args *args, enum option_id id)
{
    return args->values[id].given ? args->values[id].text : NULL;
}

int64_t args_number(const struct args *args, enum option_id id, int64_t otherwise)
{
    return args->values[id].given ? args->values[id].number : otherwise;
}
