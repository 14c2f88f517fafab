#include "providers/aws/renewal.h"

#include <string.h>

#include "planner/base/text.h"
#include "providers/local/clock.h"

/* ---- when ---- */

bool renewal_has_ended(const struct credentials *held, int64_t now)
{
    return held->expires_at && now >= held->expires_at;
}

int64_t renewal_end(const struct credentials *held)
{
    return held->ends_at && held->expires_at > held->ends_at ? held->expires_at : held->ends_at;
}

bool renewal_is_due(const struct credentials *held, int64_t tried_at, int64_t now)
{
    int64_t left = held->expires_at - now, since = now - tried_at;
    if (!held->expires_at || left > RENEWAL_ADVISED_MS)
        return false;
    if (left <= 0 || !tried_at || since < 0) /* a clock that was set back */
        return true;
    return since >= (left > RENEWAL_NEEDED_MS ? RENEWAL_ADVISED_EVERY_MS : RENEWAL_NEEDED_EVERY_MS);
}

bool renewal_cures(const char *aws_code)
{
    static const char *const codes[] = {
        "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired",
        "RequestExpired", /* EC2's word for it, and some services' for a clock that is off */
    };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strcmp(aws_code, codes[i]) == 0)
            return true;
    return false;
}

/* ---- what ---- */

static bool ask_nobody(void *self, char *code, size_t size, const char *serial, struct error *err)
{
    (void)self, (void)code, (void)size;
    error_set(err, ERROR_CREDENTIALS,
              "a code of the MFA device %s is needed, and a run that is under way asks nobody",
              serial);
    return error_hint(err, "run the same command again: it asks for a code and goes on from here");
}

bool renewal_begin(struct renewal *out, credentials_finder *find, const struct aws_config *config,
                   const struct credentials_means *means, int64_t now, struct error *err)
{
    *out = (struct renewal){.find = find, .config = config, .means = *means, .tried_at = now};
    if (means->ask_mfa)
        out->means.ask_mfa = ask_nobody;
    out->means.ask_self = NULL;
    out->means.programs_ask = false;
    return find(&out->held, config, means, err);
}

void renewal_of(struct renewal *out, struct credentials *given)
{
    *out = (struct renewal){.held = *given};
    *given = (struct credentials){0};
}

void renewal_clear(struct renewal *renewal)
{
    credentials_clear(&renewal->held);
    *renewal = (struct renewal){0};
}

static bool same_keys(const struct credentials *a, const struct credentials *b)
{
    return text_same(a->access_key_id, b->access_key_id) &&
           text_same(a->secret_access_key, b->secret_access_key) &&
           text_same(a->session_token, b->session_token);
}

/* A file that is being rewritten is empty for an instant, and the search goes on behind it: a run
 * must not go on as somebody else. */
static bool same_source(const struct credentials *held, const struct credentials *found,
                        struct error *err)
{
    if (text_same(held->source, found->source))
        return true;
    error_set(err, ERROR_CREDENTIALS, "%s has none any more, and the next place that has any is %s",
              held->source, found->source);
    return error_hint(err, "a run keeps to the source that it began with: put credentials back "
                           "there, or run the same command again to use the others");
}

/* A search whose keys can be done without for now. */
struct patience {
    const struct credentials_means *means;
    int64_t until;
};

static bool is_over(void *self)
{
    const struct patience *patience = self;
    const struct credentials_means *means = patience->means;
    return local_clock_monotonic_now() >= patience->until ||
           (means->hurried && means->hurried(means->hurried_self)) ||
           (means->interrupted && means->interrupted(means->interrupted_self));
}

/* What a source says of the same keys may still be news: when they end. */
static void take(struct renewal *renewal, struct credentials *found)
{
    if (!same_keys(&renewal->held, found))
        renewal->generation++;
    credentials_clear(&renewal->held);
    renewal->held = *found;
    *found = (struct credentials){0};
}

static bool find_others(struct renewal *renewal, const struct credentials_means *means, int64_t now,
                        struct error *err)
{
    struct credentials found;
    unsigned before = renewal->generation;
    int64_t began = local_clock_monotonic_now();
    bool done = renewal->find(&found, renewal->config, means, err) &&
                same_source(&renewal->held, &found, err);
    if (done)
        take(renewal, &found);
    credentials_clear(&found);
    renewal->tried_at =
        now + local_clock_monotonic_now() - began; /* else a slow source would always be due */
    renewal->only_ended =
        done && renewal->generation == before && renewal_has_ended(&renewal->held, now);
    return done;
}

/* A failure is none: those held still last. */
static void find_soon(struct renewal *renewal, int64_t now)
{
    struct error ignored;
    struct patience patience = {&renewal->means, local_clock_monotonic_now() + RENEWAL_PATIENCE_MS};
    struct credentials_means means = renewal->means;
    means.interrupted = is_over;
    means.interrupted_self = &patience;
    bool found = !is_over(&patience) && find_others(renewal, &means, now, &ignored);
    (void)found;
}

/* What has only keys that have ended is not asked by each call: AWS is to judge them. */
static bool has_just_been_asked(const struct renewal *renewal, int64_t now)
{
    int64_t since = now - renewal->tried_at;
    return renewal->only_ended && since >= 0 && since < RENEWAL_NEEDED_EVERY_MS;
}

static bool find_other_than_ended(struct renewal *renewal, int64_t now, struct error *err)
{
    return has_just_been_asked(renewal, now) || find_others(renewal, &renewal->means, now, err) ||
           error_context(err, "the AWS credentials from %s have expired, and there are no new ones",
                         renewal->held.source);
}

bool renewal_keep(struct renewal *renewal, int64_t now, bool wait, struct error *err)
{
    if (!renewal->find || !wait)
        return true;
    if (renewal_has_ended(&renewal->held, now))
        return find_other_than_ended(renewal, now, err);
    if (renewal_is_due(&renewal->held, renewal->tried_at, now))
        find_soon(renewal, now);
    return true;
}

bool renewal_force(struct renewal *renewal, int64_t now, struct error *err)
{
    unsigned before = renewal->generation;
    *err = (struct error){0};
    return renewal->find && find_others(renewal, &renewal->means, now, err) &&
           renewal->generation != before;
}
