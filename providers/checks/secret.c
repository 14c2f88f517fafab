#include "providers/checks/secret.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "planner/base/memory.h"

static const char bearer_scheme[] = "Bearer ", basic_scheme[] = "Basic ";

/* ---- reading ---- */

static bool find_value(struct secret *out, const char *variable, struct error *err)
{
    out->variable = variable;
    out->value = getenv(variable);
    if (!out->value)
        return error_set(err, ERROR_CREDENTIALS, "%s is not set", variable);
    if (!*out->value)
        return error_set(err, ERROR_CREDENTIALS, "%s is empty", variable);
    if (strlen(out->value) > SECRET_LENGTH_MAX)
        return error_set(err, ERROR_CREDENTIALS, "%s is longer than %d bytes", variable,
                         SECRET_LENGTH_MAX);
    for (const unsigned char *s = (const unsigned char *)out->value; *s; s++)
        if (*s < 0x20 || *s == 0x7f)
            return error_set(err, ERROR_CREDENTIALS,
                             "%s holds a control character, such as the end of a line", variable);
    return true;
}

static bool read_bearer(struct secret *out, struct error *err)
{
    for (const unsigned char *s = (const unsigned char *)out->value; *s; s++)
        if (*s == ' ' || *s > 0x7e)
            return error_set(err, ERROR_CREDENTIALS, "%s holds a character that no token has",
                             out->variable);
    size_t n = strlen(out->value), scheme = strlen(bearer_scheme);
    out->size = scheme + n + 1;
    out->authorization = memory_new(out->size);
    memcpy(out->authorization, bearer_scheme, scheme);
    memcpy(out->authorization + scheme, out->value, n);
    return true;
}

static bool read_basic(struct secret *out, struct error *err)
{
    const char *colon = strchr(out->value, ':');
    size_t n = strlen(out->value), scheme = strlen(basic_scheme);
    if (!colon)
        return error_set(err, ERROR_CREDENTIALS, "%s is not of the form user:password",
                         out->variable);
    out->password = colon + 1;
    out->size = scheme + (n + 2) / 3 * 4 + 1;
    out->authorization = memory_new(out->size);
    memcpy(out->authorization, basic_scheme, scheme);
    EVP_EncodeBlock((unsigned char *)out->authorization + scheme, (const unsigned char *)out->value,
                    (int)n);
    return true;
}

bool secret_read(struct secret *out, const char *bearer, const char *basic, struct error *err)
{
    *out = (struct secret){0};
    if (!bearer && !basic)
        return true;
    if (!find_value(out, bearer ? bearer : basic, err))
        return false;
    return bearer ? read_bearer(out, err) : read_basic(out, err);
}

void secret_clear(struct secret *secret)
{
    if (secret->authorization)
        explicit_bzero(secret->authorization, secret->size);
    free(secret->authorization);
    *secret = (struct secret){0};
}

/* ---- hiding ---- */

static size_t common_length(const char *a, const char *b)
{
    size_t n = 0;
    while (a[n] && a[n] == b[n])
        n++;
    return n;
}

/* The longest run of `part` that stands at `at`; 0 where it is shorter than asked. */
static size_t run_of(const char *at, const char *part, size_t run)
{
    size_t len = part ? strlen(part) : 0, longest = 0;
    if (run > len)
        run = len;
    for (size_t i = 0; i + run <= len && len; i++) {
        size_t n = common_length(at, part + i);
        if (n > longest)
            longest = n;
    }
    return longest >= run ? longest : 0;
}

static size_t secret_at(const char *at, const struct secret *secret, size_t run)
{
    const char *encoded = secret->password ? secret->authorization + sizeof basic_scheme - 1 : NULL;
    const char *parts[] = {secret->value, secret->password, encoded};
    size_t longest = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        size_t n = run_of(at, parts[i], run);
        if (n > longest)
            longest = n;
    }
    return longest;
}

void secret_hide(struct text *out, const struct secret *secret, const char *text, size_t run)
{
    if (!secret->authorization) {
        text_add(out, text);
        return;
    }
    while (*text) {
        size_t n = secret_at(text, secret, run);
        if (n)
            text_addf(out, "[%s]", secret->variable);
        else
            text_add_char(out, *text);
        text += n ? n : 1;
    }
}
