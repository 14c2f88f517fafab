/* The token of a sign-in: its cache, and its renewal (OIDC's CreateToken). */
#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "planner/base/digest.h"
#include "planner/base/time.h"
#include "providers/aws/credentials/sso.h"
#include "providers/local/clock.h"
#include "providers/local/durable.h"

enum {
    CACHE_BYTES_MAX = 64 * 1024,
    DEPTH_MAX = 8,
    RENEW_BEFORE_MS = 15 * MINUTE_MS,
    LIFE_MAX_S = 366 * 24 * 3600,
    SHA1_SIZE = 20,
};

/* What a cache file says, borrowed from its document. The names are AWS's. */
struct cached {
    struct json_document doc;
    struct text path;
    const char *access, *refresh, *client_id, *client_secret, *registration;
    int64_t expires_at, registration_ends_at; /* of the latter 0: it cannot be renewed */
};

/* ---- reading ---- */

/* AWS's tools give the file the SHA-1 of the session's name, or of the start URL. */
static bool find_path(struct text *out, const struct sso_settings *settings, struct error *err)
{
    const char *home = credentials_variable("HOME");
    const char *name = settings->session ? settings->session : settings->start_url;
    unsigned char raw[SHA1_SIZE];
    char hex[2 * SHA1_SIZE + 1];
    unsigned len = 0;
    if (!home)
        return error_set(err, ERROR_CREDENTIALS,
                         "the sign-in of the profile %s cannot be looked for: HOME is not set",
                         settings->profile);
    int done = EVP_Digest(name, strlen(name), raw, &len, EVP_sha1(), NULL);
    assert(done == 1 && len == SHA1_SIZE);
    (void)done;
    digest_hex(hex, raw, sizeof raw);
    text_addf(out, "%s/.aws/sso/cache/%s.json", home, hex);
    return true;
}

/* RFC 3339; older tools wrote "UTC" in place of the Z. */
static bool read_instant(int64_t *at, const char *s)
{
    struct text text = {0};
    bool done = s != NULL;
    if (done) {
        text_add(&text, s);
        if (text_ends(text_cstr(&text), "UTC")) {
            text_cut(&text, text.len - strlen("UTC"));
            text_add_char(&text, 'Z');
        }
        done = time_parse(at, text_cstr(&text));
    }
    text_clear(&text);
    return done;
}

/* It goes into a header. */
static bool is_token(const char *s)
{
    if (!s || !*s)
        return false;
    for (; *s; s++)
        if (*s <= ' ' || *s > '~')
            return false;
    return true;
}

static bool take_members(struct cached *out, struct error *err)
{
    const struct json *root = out->doc.root;
    const char *expires = json_as_string(json_member(root, "expiresAt"));
    out->access = json_as_string(json_member(root, "accessToken"));
    out->refresh = json_as_string(json_member(root, "refreshToken"));
    out->client_id = json_as_string(json_member(root, "clientId"));
    out->client_secret = json_as_string(json_member(root, "clientSecret"));
    out->registration = json_as_string(json_member(root, "registrationExpiresAt"));
    if (!is_token(out->access) || !read_instant(&out->expires_at, expires))
        return error_set(err, ERROR_CREDENTIALS, "%s holds no token, or not when it expires",
                         out->path.data);
    if (!out->refresh || !out->client_id || !out->client_secret ||
        !read_instant(&out->registration_ends_at, out->registration))
        out->registration_ends_at = 0;
    return true;
}

static bool parse(struct cached *out, const struct text *bytes, const struct sso_settings *settings,
                  struct error *err)
{
    const struct json_limits limits = {CACHE_BYTES_MAX, DEPTH_MAX};
    bool done = json_read_secret(&out->doc, text_cstr(bytes), bytes->len, limits, err);
    if (!done)
        error_context(err, "%s", out->path.data);
    done = done && take_members(out, err);
    if (!done) {
        err->kind = ERROR_CREDENTIALS;
        error_context(err, "the sign-in of the profile %s", settings->profile);
        sso_sign_in_again(settings, err);
    }
    return done;
}

static bool read_cached(struct cached *out, const struct sso_settings *settings, struct error *err)
{
    struct text bytes = {.secret = true};
    bool found = false;
    if (!find_path(&out->path, settings, err))
        return false;
    bool done =
        durable_read(&bytes, &found, out->path.data, CACHE_BYTES_MAX, DURABLE_FOLLOW_LINKS, err);
    if (!done) {
        err->kind = ERROR_CREDENTIALS;
        error_context(err, "the sign-in of the profile %s", settings->profile);
    } else if (!found) {
        done = error_set(err, ERROR_CREDENTIALS,
                         "nobody has signed in with IAM Identity Center for the profile %s: there "
                         "is no %s",
                         settings->profile, out->path.data);
        sso_sign_in_again(settings, err);
    }
    done = done && parse(out, &bytes, settings, err);
    text_clear(&bytes);
    return done;
}

static void cached_clear(struct cached *cached)
{
    json_document_cleanse(&cached->doc);
    text_clear(&cached->path);
}

/* ---- renewing ---- */

static void put_request(struct text *body, const struct cached *cached)
{
    struct json_writer w = {.out = body, .compact = true};
    json_open_object(&w, NULL);
    json_put_string(&w, "grantType", "refresh_token");
    json_put_string(&w, "clientId", cached->client_id);
    json_put_string(&w, "clientSecret", cached->client_secret);
    json_put_string(&w, "refreshToken", cached->refresh);
    json_close_object(&w);
}

/* As botocore writes it: without a new refresh token there is none any more. */
static void put_cache(struct text *out, const struct cached *cached,
                      const struct sso_settings *settings, const char *access, const char *refresh,
                      int64_t expires_at)
{
    char expires[TIME_TEXT_SIZE];
    struct json_writer w = {.out = out, .compact = true};
    json_open_object(&w, NULL);
    json_put_string(&w, "startUrl", settings->start_url);
    json_put_string(&w, "region", settings->region);
    json_put_string(&w, "accessToken", access);
    json_put_string(&w, "expiresAt", time_format(expires, expires_at));
    json_put_string(&w, "clientId", cached->client_id);
    json_put_string(&w, "clientSecret", cached->client_secret);
    json_put_string(&w, "registrationExpiresAt", cached->registration);
    if (refresh)
        json_put_string(&w, "refreshToken", refresh);
    json_close_object(&w);
}

/* A disk that does not take it is no reason to stop: the token is here, and good. A link in the
 * file's place is written through. */
static void save(const struct cached *cached, const struct text *bytes)
{
    struct durable_file file;
    struct error ignored;
    char *target = realpath(cached->path.data, NULL);
    durable_init(&file, target ? target : cached->path.data, false);
    bool saved = durable_replace(&file, bytes->data, bytes->len, &ignored);
    (void)saved;
    durable_sweep_old(&file); /* they hold tokens, too */
    durable_clear(&file);
    free(target);
}

static bool take_renewed(struct sso_token *out, const struct cached *cached,
                         const struct sso_settings *settings, const struct json *root,
                         struct error *err)
{
    struct text bytes = {.secret = true};
    const char *access = json_as_string(json_member(root, "accessToken"));
    const char *refresh = json_as_string(json_member(root, "refreshToken"));
    int64_t life_s = 0, expires_at;
    if (!is_token(access) || !json_as_int(&life_s, json_member(root, "expiresIn")) || life_s <= 0 ||
        life_s > LIFE_MAX_S)
        return error_set(err, ERROR_CREDENTIALS,
                         "IAM Identity Center answered without a token, or how long it lasts");
    expires_at = (local_clock_real_now() / SECOND_MS + life_s) * SECOND_MS;
    put_cache(&bytes, cached, settings, access, refresh, expires_at);
    save(cached, &bytes);
    text_clear(&bytes);
    text_add(&out->access, access);
    out->ends_at = refresh ? cached->registration_ends_at : expires_at;
    return true;
}

static bool take_answer(struct sso_token *out, const struct cached *cached,
                        const struct sso_settings *settings, const struct http_exchange *exchange,
                        struct error *err)
{
    struct json_document doc;
    bool done =
        sso_read_answer(&doc, exchange, err) && take_renewed(out, cached, settings, doc.root, err);
    json_document_cleanse(&doc);
    return done;
}

static bool renew(struct sso_token *out, const struct cached *cached,
                  const struct sso_settings *settings, const struct credentials_search *search,
                  struct error *err)
{
    static const struct http_header header = {"content-type", "application/json"};
    struct text body = {.secret = true};
    put_request(&body, cached);
    struct http_exchange exchange = {.method = "POST",
                                     .headers = &header,
                                     .header_count = 1,
                                     .body = body.data,
                                     .body_len = body.len};
    bool done = sso_ask(&exchange, AWS_SSO_OIDC, "token", settings, search, err);
    if (done && exchange.status != 200)
        done = error_set(err, ERROR_CREDENTIALS,
                         "IAM Identity Center does not renew it: it answered with status %d",
                         exchange.status);
    done = done && take_answer(out, cached, settings, &exchange, err);
    http_exchange_clear(&exchange);
    text_clear(&body);
    return done;
}

/* A token that still lasts is used where it cannot be renewed. */
static bool use(struct sso_token *out, const struct cached *cached,
                const struct sso_settings *settings, const struct credentials_search *search,
                struct error *err)
{
    int64_t now = local_clock_real_now();
    /* Only a session's token is renewed (botocore). */
    bool renewable = settings->session && cached->registration_ends_at > now;
    bool tries = renewable && cached->expires_at - now < RENEW_BEFORE_MS;
    if (tries && renew(out, cached, settings, search, err))
        return true;
    if (tries && err->kind == ERROR_INTERRUPTED)
        return false;
    if (cached->expires_at > now) {
        text_add(&out->access, cached->access);
        out->ends_at = renewable && !tries ? cached->registration_ends_at : cached->expires_at;
        return true;
    }
    if (!tries)
        error_set(err, ERROR_CREDENTIALS,
                  "the sign-in of the profile %s with IAM Identity Center has expired",
                  settings->profile);
    else
        error_context(err, "the sign-in of the profile %s with IAM Identity Center has expired",
                      settings->profile);
    return err->kind == ERROR_CREDENTIALS && sso_sign_in_again(settings, err);
}

bool sso_token_get(struct sso_token *out, const struct sso_settings *settings,
                   const struct credentials_search *search, struct error *err)
{
    struct cached cached = {0};
    *out = (struct sso_token){.access.secret = true};
    bool done = read_cached(&cached, settings, err) && use(out, &cached, settings, search, err);
    cached_clear(&cached);
    return done;
}

void sso_token_clear(struct sso_token *token)
{
    text_clear(&token->access);
}
