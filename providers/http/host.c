/* Which hosts are this machine, and whether a URL keeps a secret. */
#include <arpa/inet.h>
#include <ctype.h>
#include <curl/curl.h>
#include <string.h>
#include <strings.h>

#include "planner/base/memory.h"
#include "planner/base/text.h"
#include "providers/http/http.h"

/* The host without its port; an IPv6 address without its brackets. */
static void bare_host(struct text *out, const char *host)
{
    if (host[0] == '[')
        text_add_bytes(out, host + 1, strcspn(host + 1, "]"));
    else
        text_add_bytes(out, host, strcspn(host, ":"));
}

static bool is_local_name(const char *host)
{
    static const char below[] = ".localhost";
    size_t n = strlen(host), tail = sizeof below - 1;
    return strcasecmp(host, below + 1) == 0 ||
           (n > tail && strcasecmp(host + n - tail, below) == 0);
}

bool http_is_loopback(const char *host)
{
    struct text bare = {0};
    struct in_addr v4;
    struct in6_addr v6;
    bare_host(&bare, host);
    const char *s = text_cstr(&bare);
    bool loopback = is_local_name(s);
    if (inet_pton(AF_INET, s, &v4) == 1)
        loopback = ntohl(v4.s_addr) >> 24 == 127;
    else if (inet_pton(AF_INET6, s, &v6) == 1)
        loopback = IN6_IS_ADDR_LOOPBACK(&v6);
    text_clear(&bare);
    return loopback;
}

static bool take_host(struct text *host, bool *tls, const char *scheme, const char *name)
{
    *tls = strcasecmp(scheme, "https") == 0;
    if (!*tls && strcasecmp(scheme, "http") != 0)
        return false;
    for (const char *c = name; *c; c++)
        text_add_char(host, (char)tolower((unsigned char)*c));
    return true;
}

/* libcurl's own reading of the URL: it is the one that says where the request goes. */
bool http_url_host(struct text *host, bool *tls, const char *url)
{
    char *scheme = NULL, *name = NULL;
    CURLU *parts = curl_url();
    if (!parts)
        memory_exhausted();
    bool done = curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
                curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                curl_url_get(parts, CURLUPART_HOST, &name, 0) == CURLUE_OK &&
                take_host(host, tls, scheme, name);
    curl_free(scheme);
    curl_free(name);
    curl_url_cleanup(parts);
    return done;
}

bool http_keeps_secret(const char *url)
{
    struct text host = {0};
    bool tls = false;
    bool keeps = http_url_host(&host, &tls, url) && (tls || http_is_loopback(text_cstr(&host)));
    text_clear(&host);
    return keeps;
}
