/* Texts that say where something is: URLs, secrets' names, the state. */
#include <string.h>

#include "planner/base/text.h"
#include "planner/planfile_text.h"

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

enum { URL_MAX = 2048, PATH_LENGTH_MAX = 4000 };

/* Host and port, n bytes: a name, an IPv4 address, or an IPv6 address in brackets. */
static bool authority_fits(const char *s, size_t n)
{
    size_t host = s[0] == '[' ? strcspn(s, "]") + 1 : strspn(s, LOWER UPPER DIGITS ".-");
    if (host == 0 || host > n)
        return false;
    if (s[0] == '[' && (host < 4 || strspn(s + 1, DIGITS "abcdefABCDEF:.") != host - 2))
        return false;
    if (host == n)
        return true;
    size_t digits = n - host - 1, port = 0;
    if (s[host] != ':' || digits < 1 || digits > 5 || strspn(s + host + 1, DIGITS) < digits)
        return false;
    for (size_t i = 0; i < digits; i++)
        port = port * 10 + (size_t)(s[host + 1 + i] - '0');
    return port >= 1 && port <= 65535;
}

static bool url_fits(const char *authority, size_t n)
{
    for (const char *s = authority; *s; s++)
        if (*s <= ' ' || *s > '~' || strchr("\\\"<>#", *s))
            return false;
    return authority_fits(authority, n);
}

bool value_url(struct reader *r, const struct key *key, const struct yaml_node *node, void *out)
{
    static const char expected[] = "a URL such as https://host:9200/path";
    (void)key;
    bool hidden = node->kind != YAML_SCALAR || strchr(node->text, '@');
    if (node->refused || hidden)
        reader_hide_line(r, node->span.line);
    if (!reader_scalar(r, node, expected))
        return false;
    const char *mark = strstr(node->text, "://");
    const char *authority = mark ? mark + 3 : node->text;
    if (memchr(authority, '@', strcspn(authority, "/?#"))) {
        reader_refuse(r, node->span, "a URL must not hold a user or a password");
        return reader_hint(r, "name a secret with `auth`: it is read from the environment");
    }
    bool web = text_starts(node->text, "http://") || text_starts(node->text, "https://");
    if (web && strlen(node->text) <= URL_MAX && url_fits(authority, strcspn(authority, "/?#"))) {
        *(const char **)out = node->text;
        return true;
    }
    return hidden ? reader_refuse(r, node->span, "expected %s", expected)
                  : reader_expected(r, node, "%s", expected);
}

bool value_secret_name(struct reader *r, const struct key *key, const struct yaml_node *node,
                       void *out)
{
    static const char prefix[] = "SWITCHOVER_SECRET_";
    (void)key;
    if (node->refused)
        return false;
    const char *rest = node->text + (text_starts(node->text, prefix) ? strlen(prefix) : 0);
    if (node->kind != YAML_SCALAR || rest == node->text || !*rest || strlen(rest) > 200 ||
        rest[strspn(rest, UPPER DIGITS "_")]) {
        reader_refuse(r, node->span, "expected the name of an environment variable, %s...", prefix);
        return reader_hint(r, "secrets are never in the file");
    }
    *(const char **)out = node->text;
    return true;
}

/* Amazon S3, "Bucket naming rules" and "Creating object key names". */
static bool bucket_and_key_fit(const char *s)
{
    size_t n = strcspn(s, "/");
    if (n < 3 || n > 63 || strspn(s, LOWER DIGITS ".-") != n || strchr(".-", s[0]) ||
        strchr(".-", s[n - 1]))
        return false;
    size_t key = s[n] ? strlen(s + n + 1) : 0;
    return key >= 1 && key <= 1024 && s[n + key] != '/';
}

bool value_state(struct reader *r, const struct key *key, const struct yaml_node *node, void *out)
{
    static const char expected[] = "a file's path or s3://bucket/key";
    const struct key bounded = {.name = key->name, .max = PATH_LENGTH_MAX};
    const char *path;
    if (!value_text(r, &bounded, node, &path))
        return false;
    if (!strstr(path, "://")) {
        if (text_ends(path, "/"))
            return reader_expected(r, node, "%s", expected);
        *(const char **)out = path;
        return true;
    }
    if (!text_starts(path, "s3://") || !bucket_and_key_fit(path + strlen("s3://")))
        return reader_expected(r, node, "%s", expected);
    return reader_not_yet(r, node->span, "a state on S3");
}
