#include "providers/checks/decimal.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

static const int64_t exponent_max = 1000000000;

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Behind the digits; NULL where there are none. */
static const char *skip_digits(const char *s)
{
    if (!is_digit(*s))
        return NULL;
    while (is_digit(*s))
        s++;
    return s;
}

bool decimal_is(const char *s)
{
    s += *s == '-';
    if (s[0] == '0' && is_digit(s[1]))
        return false;
    s = skip_digits(s);
    if (s && *s == '.')
        s = skip_digits(s + 1);
    if (s && (*s == 'e' || *s == 'E')) {
        s++;
        s += *s == '+' || *s == '-';
        s = skip_digits(s);
    }
    return s && !*s;
}

/* 0.DIGITS times ten to the power of `magnitude`; the first digit is not 0. */
struct decimal {
    int sign; /* 0: the number is zero */
    int64_t magnitude;
    const char *digits; /* a point may stand among them */
};

static int64_t exponent_of(const char *s)
{
    int64_t value = 0;
    bool negative = *s == '-';
    for (s += *s == '-' || *s == '+'; is_digit(*s); s++)
        if (value < exponent_max)
            value = value * 10 + (*s - '0');
    return negative ? -value : value;
}

static struct decimal decimal_of(const char *s)
{
    struct decimal d = {.sign = 1};
    bool behind_point = false;
    if (*s == '-') {
        d.sign = -1;
        s++;
    }
    for (; is_digit(*s) || *s == '.'; s++) {
        if (*s == '.') {
            behind_point = true;
            continue;
        }
        if (!d.digits && *s != '0')
            d.digits = s;
        if (d.digits && !behind_point)
            d.magnitude++;
        else if (!d.digits && behind_point)
            d.magnitude--;
    }
    if (*s)
        d.magnitude += exponent_of(s + 1);
    if (!d.digits)
        d.sign = 0;
    return d;
}

/* The next digit; 0 for ever behind the last. */
static int take_digit(const char **at)
{
    if (**at == '.')
        ++*at;
    return is_digit(**at) ? *(*at)++ - '0' : 0;
}

static int compare_digits(const char *a, const char *b)
{
    while (is_digit(*a) || *a == '.' || is_digit(*b) || *b == '.') {
        int x = take_digit(&a), y = take_digit(&b);
        if (x != y)
            return x < y ? -1 : 1;
    }
    return 0;
}

int decimal_compare(const char *a, const char *b)
{
    assert(decimal_is(a) && decimal_is(b));
    struct decimal x = decimal_of(a), y = decimal_of(b);
    if (x.sign != y.sign)
        return x.sign < y.sign ? -1 : 1;
    if (x.sign == 0)
        return 0;
    if (x.magnitude != y.magnitude)
        return x.magnitude < y.magnitude ? -x.sign : x.sign;
    return x.sign * compare_digits(x.digits, y.digits);
}
