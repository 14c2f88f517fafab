/*
 * The client's credentials over its life: found anew before they end, and once more when AWS says
 * that they have. Never asks a person: a run that is under way has nobody who answers.
 *
 * Within 15 minutes of their end new ones are welcome, within 5 they are needed (botocore's two
 * windows, its second one nearer). While the old ones last, a failure to find new ones is none of
 * the call's: AWS still takes the old, and a way back must not fail for want of better ones.
 */
#ifndef PROVIDERS_AWS_RENEWAL_H
#define PROVIDERS_AWS_RENEWAL_H

#include "planner/base/time.h"
#include "providers/aws/credentials.h"

enum {
    RENEWAL_ADVISED_MS = 15 * MINUTE_MS,
    RENEWAL_NEEDED_MS = 5 * MINUTE_MS,
    RENEWAL_ADVISED_EVERY_MS = MINUTE_MS,
    RENEWAL_NEEDED_EVERY_MS = 10 * SECOND_MS, /* until they end: a source that does not answer
                                                 must not hold up every call */
    /* So long a call waits for them while the old ones last, if it is not hurried. */
    RENEWAL_PATIENCE_MS = 10 * SECOND_MS,
};

/* Whether to look for new ones now. Pure; `tried_at` is when that was last done, 0 never. */
bool renewal_is_due(const struct credentials *held, int64_t tried_at, int64_t now);
bool renewal_has_ended(const struct credentials *held, int64_t now);
/* Until when they and what their source can still give without a person last; 0: not known, or for
 * ever. Keys may outlive the sign-in that gave them. */
int64_t renewal_end(const struct credentials *held);
/* AWS's codes for temporary credentials that have ended. */
bool renewal_cures(const char *aws_code);

struct renewal {
    credentials_finder *find;        /* NULL: `held` was given, once and for all */
    const struct aws_config *config; /* borrowed */
    struct credentials_means means;  /* but for whom to ask: nobody */
    struct credentials held;
    unsigned generation; /* how often others have taken their place */
    int64_t tried_at;    /* when the last search ended; AWS's time, as all here */
    bool only_ended;     /* it found but the same keys, which had ended */
};

/* Finds the first ones; a person may be asked. Must be cleared also after `false`. */
must_use bool renewal_begin(struct renewal *out, credentials_finder *find,
                            const struct aws_config *config, const struct credentials_means *means,
                            int64_t now, struct error *err);
/* The other beginning: these, taken over and left empty, which are never renewed. */
void renewal_of(struct renewal *out, struct credentials *given);
void renewal_clear(struct renewal *renewal);

/* Before a request is signed: renews when that is due. What may not `wait`, since it moves traffic,
 * goes out with the keys that are held, even if they have ended by this host's clock: AWS is their
 * judge, and renewal_force() follows a refusal. False when they have ended and there are no others;
 * a source that has only the same ones is no failure here. */
must_use bool renewal_keep(struct renewal *renewal, int64_t now, bool wait, struct error *err);
/* After AWS refused those held. True when others have taken their place; else *err says why not,
 * ERROR_NONE when the source has only the same ones. */
must_use bool renewal_force(struct renewal *renewal, int64_t now, struct error *err);

#endif
