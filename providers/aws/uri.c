#include "providers/aws/uri.h"

#include <stdbool.h>
#include <string.h>

static bool is_unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           (c && strchr("-_.~", c));
}

void uri_encode(struct text *out, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (is_unreserved(s[i]))
            text_add_char(out, s[i]);
        else
            text_addf(out, "%%%02X", (unsigned)(unsigned char)s[i]);
}
