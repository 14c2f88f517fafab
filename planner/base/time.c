#include "planner/base/time.h"

#include <stdio.h>
#include <string.h>

/* Days since 1970-01-01 of a proleptic Gregorian date (era arithmetic; March begins the year). */
static int64_t days_from_date(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void date_from_days(int64_t days, int *year, int *month, int *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    *month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2));
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

const char *time_format(char out[TIME_TEXT_SIZE], int64_t at)
{
    int64_t days = floor_div(at, 24 * (int64_t)HOUR_MS);
    int64_t rest = at - days * 24 * HOUR_MS;
    int year, month, day;
    date_from_days(days, &year, &month, &day);
    int n =
        snprintf(out, TIME_TEXT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d", year, month, day,
                 (int)(rest / HOUR_MS), (int)(rest / MINUTE_MS % 60), (int)(rest / SECOND_MS % 60));
    if (rest % SECOND_MS)
        snprintf(out + n, TIME_TEXT_SIZE - (size_t)n, ".%03dZ", (int)(rest % SECOND_MS));
    else
        snprintf(out + n, TIME_TEXT_SIZE - (size_t)n, "Z");
    return out;
}

const char *time_of_day(char out[TIME_TEXT_SIZE], int64_t at)
{
    int64_t day = 24 * (int64_t)HOUR_MS, rest = at - floor_div(at, day) * day;
    snprintf(out, TIME_TEXT_SIZE, "%02d:%02d", (int)(rest / HOUR_MS), (int)(rest / MINUTE_MS % 60));
    return out;
}

/* Reads exactly `digits` digits at *s, at most `max`. */
static bool read_digits(const char **s, int digits, int max, int *value)
{
    int v = 0;
    for (int i = 0; i < digits; i++) {
        char c = (*s)[i];
        if (c < '0' || c > '9')
            return false;
        v = v * 10 + (c - '0');
    }
    *s += digits;
    *value = v;
    return v <= max;
}

static bool read_char(const char **s, char c)
{
    if (**s != c)
        return false;
    (*s)++;
    return true;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* The part behind the seconds: a fraction, of which milliseconds are kept, then Z or an offset. */
static bool read_tail(const char *s, int *millis, int *offset_minutes)
{
    *millis = 0;
    *offset_minutes = 0;
    if (read_char(&s, '.')) {
        int scale = 100, digits = 0;
        for (; *s >= '0' && *s <= '9'; s++, digits++, scale /= 10)
            *millis += (*s - '0') * scale;
        if (digits == 0 || digits > 9)
            return false;
    }
    if (read_char(&s, 'Z'))
        return *s == '\0';
    int sign = *s == '-' ? -1 : 1, hours, minutes;
    if (*s != '+' && *s != '-')
        return false;
    s++;
    if (!read_digits(&s, 2, 23, &hours) || !read_char(&s, ':') ||
        !read_digits(&s, 2, 59, &minutes) || *s)
        return false;
    *offset_minutes = sign * (hours * 60 + minutes);
    return true;
}

bool time_parse(int64_t *at, const char *s)
{
    int year, month, day, hour, minute, second, millis, offset;
    if (!read_digits(&s, 4, 9999, &year) || !read_char(&s, '-') ||
        !read_digits(&s, 2, 12, &month) || !read_char(&s, '-') || !read_digits(&s, 2, 31, &day) ||
        !read_char(&s, 'T') || !read_digits(&s, 2, 23, &hour) || !read_char(&s, ':') ||
        !read_digits(&s, 2, 59, &minute) || !read_char(&s, ':') || !read_digits(&s, 2, 59, &second))
        return false;
    if (!read_tail(s, &millis, &offset))
        return false;
    if (year < 1970 || month < 1 || day < 1 || day > days_in_month(year, month))
        return false;
    *at = days_from_date(year, month, day) * 24 * HOUR_MS + hour * (int64_t)HOUR_MS +
          (minute - offset) * (int64_t)MINUTE_MS + second * (int64_t)SECOND_MS + millis;
    return true;
}

const char *duration_format(char out[TIME_TEXT_SIZE], int64_t ms)
{
    char *at = out, *end = out + TIME_TEXT_SIZE;
    if (ms < 0) {
        *at++ = '-';
        ms = -ms;
    }
    if (ms % SECOND_MS && ms < 10 * SECOND_MS) {
        snprintf(at, (size_t)(end - at), "%lldms", (long long)ms);
        return out;
    }
    int64_t h = ms / HOUR_MS, m = ms / MINUTE_MS % 60, s = ms / SECOND_MS % 60;
    if (h)
        at += snprintf(at, (size_t)(end - at), "%lldh", (long long)h);
    if (m)
        at += snprintf(at, (size_t)(end - at), "%lldm", (long long)m);
    if (s || (!h && !m))
        snprintf(at, (size_t)(end - at), "%llds", (long long)s);
    return out;
}

bool duration_parse(int64_t *ms, const char *s)
{
    static const struct {
        char unit;
        int64_t ms;
    } units[] = {{'h', HOUR_MS}, {'m', MINUTE_MS}, {'s', SECOND_MS}};
    const int64_t most = (int64_t)10000 * HOUR_MS;
    size_t next = 0;
    int64_t total = 0;

    if (!*s)
        return false;
    while (*s) {
        int64_t n = 0;
        if (*s < '0' || *s > '9')
            return false;
        for (; *s >= '0' && *s <= '9'; s++) {
            n = n * 10 + (*s - '0');
            if (n > most)
                return false;
        }
        while (next < 3 && units[next].unit != *s)
            next++;
        if (next == 3)
            return false;
        total += n * units[next++].ms;
        s++;
        if (total > most)
            return false;
    }
    *ms = total;
    return true;
}

int64_t minute_floor(int64_t at)
{
    return floor_div(at, MINUTE_MS) * MINUTE_MS;
}
