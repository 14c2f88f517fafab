#include "planner/planfile_scalar.h"

#include <stdio.h>
#include <string.h>

#include "planner/base/text.h"
#include "planner/base/time.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool decimal_parse(int64_t *out, const char *s, unsigned decimals)
{
    const int64_t most = 1000000000000;
    int64_t value = 0;
    unsigned behind = 0;

    if (!is_digit(s[0]) || (s[0] == '0' && is_digit(s[1])))
        return false;
    for (; is_digit(*s) && value <= most; s++)
        value = value * 10 + (*s - '0');
    if (*s == '.') {
        for (s++; is_digit(*s) && behind < decimals && value <= most; s++, behind++)
            value = value * 10 + (*s - '0');
        if (!behind)
            return false;
    }
    for (; behind < decimals && value <= most; behind++)
        value *= 10;
    *out = value;
    return !*s && value <= most;
}

/* A plain scalar, for what in quotes would be a text. */
static bool plain(struct reader *r, const struct yaml_node *node, const char *expected)
{
    if (!reader_scalar(r, node, expected))
        return false;
    if (node->plain)
        return true;
    reader_expected(r, node, "%s", expected);
    return reader_hint(r, "in quotes it is a text");
}

bool value_bool(struct reader *r, const struct key *key, const struct yaml_node *node, void *out)
{
    static const char expected[] = "true or false";
    (void)key;
    if (!plain(r, node, expected))
        return false;
    bool yes = strcmp(node->text, "true") == 0;
    if (!yes && strcmp(node->text, "false") != 0)
        return reader_expected(r, node, "%s", expected);
    *(bool *)out = yes;
    return true;
}

bool value_int(struct reader *r, const struct key *key, const struct yaml_node *node, void *out)
{
    char expected[96];
    snprintf(expected, sizeof expected, "a whole number from %lld to %lld", (long long)key->min,
             (long long)key->max);
    int64_t value;
    if (!plain(r, node, expected))
        return false;
    if (!decimal_parse(&value, node->text, 0) || value < key->min || value > key->max)
        return reader_expected(r, node, "%s", expected);
    *(int64_t *)out = value;
    return true;
}

bool value_number(struct reader *r, const struct key *key, const struct yaml_node *node, void *out)
{
    static const char expected[] = "a number such as 60000 or 0.5";
    int64_t value;
    (void)key;
    if (!plain(r, node, expected))
        return false;
    if (!decimal_parse(&value, node->text, NUMBER_DECIMALS))
        return reader_expected(r, node, "%s", expected);
    *(const char **)out = node->text;
    return true;
}

static void describe_range(char out[128], const struct key *key)
{
    char least[TIME_TEXT_SIZE], most[TIME_TEXT_SIZE];
    duration_format(least, key->min);
    duration_format(most, key->max);
    if (key->max)
        snprintf(out, 128, "a duration from %s to %s", least, most);
    else if (key->min)
        snprintf(out, 128, "a duration of at least %s", least);
    else
        snprintf(out, 128, "a duration such as 10m or 1h30m");
}

bool value_duration(struct reader *r, const struct key *key, const struct yaml_node *node,
                    void *out)
{
    char expected[128];
    int64_t ms;
    describe_range(expected, key);
    if (!reader_scalar(r, node, expected))
        return false;
    if (!duration_parse(&ms, node->text)) {
        reader_expected(r, node, "%s", expected);
        return reader_hint(r, decimal_parse(&ms, node->text, 0)
                                  ? "write the unit: h, m or s, as in 90s"
                                  : "whole numbers with h, m, s in that order, as in 90s, 10m or "
                                    "1h30m");
    }
    if (ms < key->min || (key->max && ms > key->max))
        return reader_expected(r, node, "%s", expected);
    *(int64_t *)out = ms;
    return true;
}

bool value_latency(struct reader *r, const struct key *key, const struct yaml_node *node, void *out)
{
    static const char expected[] = "a time such as 50ms or 1s";
    int64_t ms;
    char number[16];
    (void)key;
    if (!reader_scalar(r, node, expected))
        return false;
    size_t len = strlen(node->text);
    bool millis = text_ends(node->text, "ms") && len - 2 < sizeof number;
    if (millis) {
        memcpy(number, node->text, len - 2);
        number[len - 2] = '\0';
    }
    if (millis ? !decimal_parse(&ms, number, 0) : !duration_parse(&ms, node->text))
        return reader_expected(r, node, "%s", expected);
    *(int64_t *)out = ms;
    return true;
}

bool value_instant(struct reader *r, const struct key *key, const struct yaml_node *node, void *out)
{
    static const char expected[] = "an instant such as 2026-12-01T02:00:00Z";
    (void)key;
    if (!reader_scalar(r, node, expected))
        return false;
    if (!time_parse(out, node->text)) {
        reader_expected(r, node, "%s", expected);
        return reader_hint(r, "date, T, time with seconds, and Z or an offset such as +02:00");
    }
    return true;
}

bool value_choice(struct reader *r, const struct key *key, const struct yaml_node *node, void *out)
{
    char expected[128] = "";
    size_t at = 0, count = 0;
    while (key->choices[count])
        count++;
    for (size_t i = 0; i < count && at < sizeof expected; i++)
        at += (size_t)snprintf(expected + at, sizeof expected - at, "%s%s",
                               i == 0          ? ""
                               : i + 1 < count ? ", "
                                               : " or ",
                               key->choices[i]);
    if (!reader_scalar(r, node, expected))
        return false;
    for (size_t i = 0; i < count; i++)
        if (strcmp(node->text, key->choices[i]) == 0) {
            *(int *)out = (int)i;
            return true;
        }
    return reader_expected(r, node, "%s", expected);
}

bool value_share(struct reader *r, const struct key *key, const struct yaml_node *node, void *out)
{
    static const char expected[] = "a percentage from 0.1 to 100 with at most one decimal";
    int64_t permille;
    (void)key;
    if (!plain(r, node, expected))
        return false;
    if (!decimal_parse(&permille, node->text, 1) || permille < 1 || permille > 1000) {
        reader_expected(r, node, "%s", expected);
        return text_ends(node->text, "%") && reader_hint(r, "write it without the percent sign");
    }
    *(int *)out = (int)permille;
    return true;
}

bool value_rate(struct reader *r, const struct key *key, const struct yaml_node *node, void *out)
{
    const char *expected = key->min ? "a rate above 0% and at most 100%, such as 1% or 0.5%"
                                    : "a rate from 0% to 100%, such as 1% or 0.5%";
    char number[16];
    int64_t millionths;
    if (!reader_scalar(r, node, expected))
        return false;
    size_t len = strlen(node->text);
    if (!text_ends(node->text, "%") || len > sizeof number) {
        reader_expected(r, node, "%s", expected);
        return decimal_parse(&millionths, node->text, 4) &&
               reader_hint(r, "write the percent sign");
    }
    memcpy(number, node->text, len - 1);
    number[len - 1] = '\0';
    if (!decimal_parse(&millionths, number, 4) || millionths < key->min || millionths > 1000000)
        return reader_expected(r, node, "%s", expected);
    *(int64_t *)out = millionths;
    return true;
}

bool value_factor(struct reader *r, const struct key *key, const struct yaml_node *node, void *out)
{
    static const char expected[] = "a factor from 1 to 1000 with at most three decimals";
    int64_t thousandths;
    (void)key;
    if (!plain(r, node, expected))
        return false;
    if (!decimal_parse(&thousandths, node->text, 3) || thousandths < 1000 || thousandths > 1000000)
        return reader_expected(r, node, "%s", expected);
    *(int64_t *)out = thousandths;
    return true;
}
