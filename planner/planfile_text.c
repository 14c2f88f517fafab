#include "planner/planfile_text.h"

#include <string.h>

#include "planner/base/text.h"

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static bool only(const char *s, const char *characters)
{
    return s[strspn(s, characters)] == '\0';
}

/* YAML 1.1's booleans, as other readers of this file see them (none takes y and n for such). */
static bool is_boolean_word(const char *s)
{
    static const char *const words[] = {"yes", "Yes", "YES", "true",  "True",  "TRUE",
                                        "on",  "On",  "ON",  "no",    "No",    "NO",
                                        "off", "Off", "OFF", "false", "False", "FALSE"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(s, words[i]) == 0)
            return true;
    return false;
}

static bool text(struct reader *r, const struct yaml_node *node, const char *expected)
{
    if (!reader_scalar(r, node, expected))
        return false;
    if (!node->plain || !is_boolean_word(node->text))
        return true;
    reader_expected(r, node, "%s", expected);
    return reader_hint(r, "YAML reads this word as true or false: put it in quotes");
}

static size_t characters(const char *s)
{
    size_t n = 0;
    for (; *s; s++)
        n += ((unsigned char)*s & 0xC0) != 0x80;
    return n;
}

bool value_text(struct reader *r, const struct key *key, const struct yaml_node *node, void *out)
{
    if (!text(r, node, "a text"))
        return false;
    if (!node->text[strspn(node->text, " \t\n")])
        return reader_expected(r, node, "a text that is not empty");
    if (strpbrk(node->text, "\n\t")) {
        reader_expected(r, node, "a text of one line, without tabs");
        return reader_hint(r, "a text that is folded over several lines begins with >-");
    }
    if (characters(node->text) > (size_t)key->max)
        return reader_expected(r, node, "a text of at most %lld characters", (long long)key->max);
    *(const char **)out = node->text;
    return true;
}

/* ---- names ---- */

bool plan_name_fits(const char *name)
{
    size_t n = strlen(name);
    return n >= 1 && n <= 40 && name[0] != '-' && only(name, LOWER DIGITS "-");
}

/* NAME of .../NAME/ID for ELBv2, the last part of any other ARN. */
static void hint_arn_name(struct reader *r, const char *arn)
{
    const char *last = strrchr(arn, '/');
    if (!last || !last[1])
        return;
    size_t n = strlen(last + 1);
    const char *name = last + 1;
    if (strstr(arn, ":elasticloadbalancing:")) {
        const char *before = memrchr(arn, '/', (size_t)(last - arn));
        if (!before)
            return;
        name = before + 1;
        n = (size_t)(last - name);
    }
    if (n && n <= 255)
        reader_hint(r, "the name in this ARN is %.*s", (int)n, name);
}

static bool named(struct reader *r, const struct yaml_node *node, void *out, const char *expected,
                  bool (*fits)(const char *))
{
    if (!text(r, node, expected))
        return false;
    if (!fits(node->text)) {
        reader_expected(r, node, "%s", expected);
        if (text_starts(node->text, "arn:"))
            hint_arn_name(r, node->text);
        return false;
    }
    *(const char **)out = node->text;
    return true;
}

bool value_plan_name(struct reader *r, const struct key *key, const struct yaml_node *node,
                     void *out)
{
    (void)key;
    return named(r, node, out,
                 "a name of 1 to 40 lower-case letters, digits and hyphens, no hyphen first",
                 plan_name_fits);
}

static bool stage_fits(const char *s)
{
    size_t n = strlen(s);
    return n >= 1 && n <= 13 && only(s, LOWER DIGITS "-");
}

bool value_stage(struct reader *r, const struct key *key, const struct yaml_node *node, void *out)
{
    (void)key;
    return named(r, node, out, "1 to 13 lower-case letters, digits and hyphens", stage_fits);
}

static bool ecs_name_fits(const char *s)
{
    size_t n = strlen(s);
    return n >= 1 && n <= 255 && only(s, LOWER UPPER DIGITS "_-");
}

bool value_ecs_name(struct reader *r, const struct key *key, const struct yaml_node *node,
                    void *out)
{
    (void)key;
    return named(r, node, out, "a name of 1 to 255 letters, digits, underscores and hyphens",
                 ecs_name_fits);
}

static bool elb_name_fits(const char *s)
{
    size_t n = strlen(s);
    return n >= 1 && n <= 32 && only(s, LOWER UPPER DIGITS "-") && s[0] != '-' && s[n - 1] != '-';
}

static bool load_balancer_fits(const char *s)
{
    return elb_name_fits(s) && !text_starts(s, "internal-");
}

bool value_load_balancer(struct reader *r, const struct key *key, const struct yaml_node *node,
                         void *out)
{
    (void)key;
    return named(r, node, out,
                 "a name of 1 to 32 letters, digits and hyphens, no hyphen first or last, not "
                 "beginning with internal-",
                 load_balancer_fits);
}

bool value_target_group(struct reader *r, const struct key *key, const struct yaml_node *node,
                        void *out)
{
    (void)key;
    return named(r, node, out,
                 "a name of 1 to 32 letters, digits and hyphens, no hyphen first or last",
                 elb_name_fits);
}

static bool account_fits(const char *s)
{
    return strlen(s) == 12 && only(s, DIGITS);
}

bool value_account(struct reader *r, const struct key *key, const struct yaml_node *node, void *out)
{
    (void)key;
    return named(r, node, out, "an account of twelve digits, such as \"111122223333\"",
                 account_fits);
}

static bool region_fits(const char *s)
{
    unsigned parts = 0;
    if (strlen(s) > 32)
        return false;
    for (size_t n; (n = strspn(s, LOWER)) > 0 && s[n] == '-'; parts++)
        s += n + 1;
    return parts >= 2 && *s && only(s, DIGITS);
}

bool value_region(struct reader *r, const struct key *key, const struct yaml_node *node, void *out)
{
    (void)key;
    return named(r, node, out, "a region such as us-east-1", region_fits);
}

static bool role_arn_fits(const char *s)
{
    if (!text_starts(s, "arn:aws"))
        return false;
    s += strlen("arn:aws");
    s += strspn(s, LOWER "-");
    if (!text_starts(s, ":iam::"))
        return false;
    s += strlen(":iam::");
    if (strspn(s, DIGITS) != 12 || !text_starts(s + 12, ":role/"))
        return false;
    s += 12 + strlen(":role/");
    size_t n = strlen(s);
    return n >= 1 && n <= 576 && s[n - 1] != '/' && only(s, LOWER UPPER DIGITS "_+=,.@/-");
}

bool value_role_arn(struct reader *r, const struct key *key, const struct yaml_node *node,
                    void *out)
{
    (void)key;
    return named(r, node, out, "a role's ARN such as arn:aws:iam::111122223333:role/cutover",
                 role_arn_fits);
}

static bool json_pointer_fits(const char *s)
{
    if (s[0] != '/' || strlen(s) > 1024)
        return false;
    for (; *s; s++)
        if (*s == '~' && s[1] != '0' && s[1] != '1')
            return false;
    return true;
}

bool value_json_pointer(struct reader *r, const struct key *key, const struct yaml_node *node,
                        void *out)
{
    (void)key;
    return named(r, node, out, "a JSON pointer such as /status", json_pointer_fits);
}

static bool statistic_fits(const char *s)
{
    static const char *const names[] = {"Average", "Sum", "Minimum", "Maximum", "SampleCount"};
    int64_t percentile;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(s, names[i]) == 0)
            return true;
    return s[0] == 'p' && decimal_parse(&percentile, s + 1, 2) && percentile <= 10000;
}

bool value_statistic(struct reader *r, const struct key *key, const struct yaml_node *node,
                     void *out)
{
    (void)key;
    return named(r, node, out,
                 "Average, Sum, Minimum, Maximum, SampleCount or a percentile such as p90",
                 statistic_fits);
}
