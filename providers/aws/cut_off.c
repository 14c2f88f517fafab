#include "providers/aws/cut_off.h"

#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Past the string that begins at s, or `end`. */
static const char *skip_string(const char *s, const char *end)
{
    for (s++; s < end && *s != '"'; s++)
        if (*s == '\\' && s + 1 < end)
            s++;
    return s < end ? s + 1 : end;
}

static bool is_whole_object(const char *s, const char *end)
{
    size_t depth = 0;
    while (s < end) {
        if (*s == '"') {
            s = skip_string(s, end);
            continue;
        }
        if (*s == '{' || *s == '[')
            depth++;
        else if ((*s == '}' || *s == ']') && --depth == 0)
            return s + 1 == end;
        s++;
    }
    return false;
}

/* The XML declaration, if there is one. */
static const char *skip_declaration(const char *s, const char *end)
{
    const char *close = NULL;
    if (end - s > 2 && s[1] == '?')
        close = memchr(s, '>', (size_t)(end - s));
    for (s = close ? close + 1 : s; s < end && is_space(*s);)
        s++;
    return s;
}

static bool is_whole_element(const char *s, const char *end)
{
    s = skip_declaration(s, end);
    if (end - s < 4 || *s != '<' || end[-1] != '>')
        return false;
    const char *name = s + 1, *first = memchr(s, '>', (size_t)(end - s));
    size_t n = strcspn(name, " \t\r\n/>");
    if (first + 1 == end)
        return first[-1] == '/';
    const char *last = end - 1 - n;
    return n && last - 2 > first && last[-2] == '<' && last[-1] == '/' &&
           memcmp(last, name, n) == 0;
}

bool aws_answer_is_cut_off(enum aws_service service, const struct text *body)
{
    const char *s = text_cstr(body), *end = s + body->len;
    while (s < end && is_space(*s))
        s++;
    while (end > s && is_space(end[-1]))
        end--;
    if (s == end)
        return true;
    if (service == AWS_ECS)
        return *s == '{' && !is_whole_object(s, end);
    return *s == '<' && s[1] != '!' && !is_whole_element(s, end); /* a page's <!DOCTYPE */
}
