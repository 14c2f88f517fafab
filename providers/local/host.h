/* Who and where this process is, as lock files and messages name it. */
#ifndef PROVIDERS_LOCAL_HOST_H
#define PROVIDERS_LOCAL_HOST_H

#include "planner/base/arena.h"

/* "ops@bastion"; a user without a name is "uid 1000@bastion". Always valid UTF-8. */
const char *local_user_at_host(struct arena *arena);

/*
 * The CI service whose runner this is ("GitHub Actions"; "CI" for one that only sets CI), or NULL.
 * A state kept on such a machine goes away with it. Judged by the variables that the services
 * document; one that is empty, "0" or "false" does not count.
 */
const char *local_ci(void);

#endif
