/*
 * The two search clusters behind the proxies, as far as a plan file's checks ask them, so that
 * checks can be rehearsed too:
 *
 *     GET /clusters/source/_cluster/health
 *     GET /clusters/target/_cat/indices[/PATTERN][?format=json&h=index,docs.count]
 *
 * What they say are the scenario's conditions ("cluster", "documents"). Nothing here is AWS's: no
 * signature is asked for, and no AWS request has such a path. A cluster that is down answers 503.
 */
#ifndef PROVIDERS_SANDBOX_CLUSTERS_H
#define PROVIDERS_SANDBOX_CLUSTERS_H

#include <stdbool.h>

#include "providers/sandbox/wire.h"
#include "providers/sandbox/world.h"

/* False: the path is none of these clusters', and nothing was done. */
bool clusters_handle(struct wire_answer *out, const struct world *world,
                     const struct wire_request *request);

#endif
