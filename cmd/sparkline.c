#include "cmd/sparkline.h"

#include <stdlib.h>
#include <strings.h>

static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char *const letters[] = {"_", ".", ":", "-", "=", "+", "*", "#", "@"};

int64_t spark_most(const struct spark *sparks, size_t n)
{
    int64_t most = 0;
    for (size_t i = 0; i < n; i++)
        if (sparks[i].known && sparks[i].value > most)
            most = sparks[i].value;
    return most;
}

size_t spark_fold(struct spark *out, const struct spark *in, size_t n, size_t fold)
{
    size_t columns = (n + fold - 1) / fold, missing = columns * fold - n;
    for (size_t i = 0; i < columns; i++)
        out[i] = (struct spark){0};
    for (size_t i = 0; i < n; i++) {
        struct spark *column = &out[(i + missing) / fold];
        if (in[i].known && (!column->known || in[i].value > column->value))
            *column = in[i];
    }
    return columns;
}

/* Zero is level 0; the highest value the last one; all else lies between, rounded up. */
static size_t level_of(int64_t value, int64_t most, size_t levels)
{
    if (value <= 0)
        return 0;
    if (value >= most)
        return levels - 1;
    double level = (double)value / (double)most * (double)(levels - 1);
    size_t whole = (size_t)level;
    return whole + ((double)whole < level);
}

void sparkline_add(struct text *out, const struct spark *sparks, size_t n, int64_t most, bool ascii)
{
    const char *const *bars = ascii ? letters : blocks;
    size_t levels = ascii ? sizeof letters / sizeof *letters : sizeof blocks / sizeof *blocks;
    while (n && !sparks[n - 1].known)
        n--;
    for (size_t i = 0; i < n; i++)
        text_add(out, sparks[i].known ? bars[level_of(sparks[i].value, most, levels)] : " ");
}

static bool names_utf8(const char *locale)
{
    for (; *locale; locale++)
        if (strncasecmp(locale, "utf-8", 5) == 0 || strncasecmp(locale, "utf8", 4) == 0)
            return true;
    return false;
}

bool sparkline_has_blocks(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return names_utf8(value);
    }
    return false;
}
