/*
 * Reading a deployment (DESIGN, section 7). A read goes out as soon as the ARNs that it needs are
 * known, whatever else is still under way. Cold that makes a chain of three
 *
 *     names                    services, load balancer, target groups
 *     what hangs on the ARNs   listeners, health, attributes, tags, metrics
 *     rules                    of each listener
 *
 * of 11 requests and one per listener; with the subject's ARNs known all go out at once, and the
 * rules, where they are asked for, follow the listeners. What nothing waits for leaves the
 * connections that are open to what does: with TLS the others' handshakes then take no longer than
 * the chain.
 */
#ifndef PROVIDERS_AWS_OBSERVE_H
#define PROVIDERS_AWS_OBSERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "planner/base/error.h"
#include "planner/base/text.h"
#include "planner/clock.h"
#include "planner/snapshot.h"
#include "planner/subject.h"
#include "providers/aws/client.h"

enum {
    OBSERVE_SENT_MAX = 32,   /* requests at once; ELBv2 lets 40 through before it throttles */
    OBSERVE_PAGES_MAX = 100, /* of one operation */
};

/*
 * cloud.h's observe. A fact that another one needs (the ARNs of a cold subject, the listeners for
 * their rules) is read even if nobody asked for it, and is known then. `subject` may be the
 * snapshot's own. Denied access ends it only after everything that can be asked was asked, so that
 * all that is missing in a policy is said at once.
 */
must_use bool aws_observe(struct aws_client *client, const struct clock *clock,
                          struct snapshot *out, const struct subject *subject, unsigned facts,
                          int64_t recent_ms, struct error *err);

/* Adds the IAM actions that were denied while this was observed, each once, with ", " between; says
 * how many. */
size_t aws_denied_actions(struct text *out, const struct snapshot *snapshot);

/* Begins to open the connections that the aws_observe() of these will use, while something else is
 * done; it finds them. */
void aws_observe_ahead(struct aws_client *client, const struct subject *subject, unsigned facts);

#endif
