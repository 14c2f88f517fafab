/*
 * ELBv2's listeners, their default actions and rules: bodies of requests and readings of answers,
 * no network; the conventions are those of elbv2.h.
 *
 * An action list is flattened into the paths that ModifyListener takes behind "DefaultActions."
 * (routing.h): <member> and <entry> elements are numbered from 1, every leaf is kept as it came.
 */
#ifndef PROVIDERS_AWS_ELBV2_LISTENERS_H
#define PROVIDERS_AWS_ELBV2_LISTENERS_H

#include <stdbool.h>
#include <stddef.h>

#include "planner/base/arena.h"
#include "planner/base/error.h"
#include "planner/base/text.h"
#include "planner/routing.h"
#include "planner/snapshot.h"

enum { ELBV2_ROUTING_MEMBERS_MAX = 1000 }; /* leaves of one action list; AWS's limits give ~100 */

void elbv2_describe_listeners(struct text *body, const char *load_balancer_arn, const char *marker);
/* Appends the page's listeners. */
must_use bool elbv2_read_listeners(struct listener_snapshot **listeners, size_t *count,
                                   const char **next, struct arena *arena,
                                   const struct text *answer, struct error *err);

void elbv2_describe_rules(struct text *body, const char *listener_arn, const char *marker);
/* Appends the page's rules to the listener's, without the default rule. */
must_use bool elbv2_read_rules(struct listener_snapshot *listener, const char **next,
                               struct arena *arena, const struct text *answer, struct error *err);

/*
 * Sends the whole routing. What reads do not return and writes need is put in: an OIDC action's
 * client secret stays AWS's own (UseExistingClientSecret=true). Elements that came back empty are
 * left out, as AWS's own clients do. Fails (ERROR_INPUT) on a routing that no answer can have
 * given: without members, or with paths that are no parameter names.
 */
must_use bool elbv2_modify_listener(struct text *body, const char *listener_arn,
                                    const struct routing *routing, struct error *err);
/* Whether the answer is that of ModifyListener. What the listener does is read back by observing.
 */
must_use bool elbv2_read_modified(const struct text *answer, struct error *err);

#endif
