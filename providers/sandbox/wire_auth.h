/*
 * Who sent this? AWS's Signature Version 4, verified against the sandbox's own credentials with
 * real time, as AWS does: the world's clock may run faster, signatures never do.
 */
#ifndef PROVIDERS_SANDBOX_WIRE_AUTH_H
#define PROVIDERS_SANDBOX_WIRE_AUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "providers/sandbox/wire.h"
#include "providers/sandbox/world.h"

enum { AUTH_SKEW_MS = 5 * 60 * 1000, AUTH_SCOPE_MAX = 64 };

/*
 * Fills `service` with the signing name of the credential scope ("ecs"). False fills *why; the
 * codes are those of a JSON service when `json`, else the Query protocol's. `region` is the only
 * one whose signatures are taken.
 */
must_use bool auth_verify(char service[AUTH_SCOPE_MAX], const struct wire_request *request,
                          const char *region, bool json, int64_t real_now, struct refusal *why);

#endif
