/*
 * What the two shared files say of one profile. In the config file it is [profile NAME] (or
 * [default]), in the credentials file [NAME]; where both have a key the credentials file's stands
 * (AWS SDKs and Tools reference guide, "Shared config and credentials files").
 */
#ifndef PROVIDERS_AWS_PROFILE_H
#define PROVIDERS_AWS_PROFILE_H

#include <stdbool.h>

#include "planner/base/error.h"
#include "planner/base/text.h"
#include "providers/aws/ini_file.h"

struct profile {
    const char *name; /* borrowed */
    struct ini_file config, credentials;
};

/* A profile that neither file has is an empty one. Must be cleared also after `false`. */
must_use bool profile_read(struct profile *out, const char *name, const char *config_file,
                           const char *credentials_file, struct error *err);
void profile_clear(struct profile *profile);

bool profile_exists(const struct profile *profile);
/* NULL where it is missing or empty; borrowed from the profile. */
const char *profile_get(const struct profile *profile, const char *key);
/* The same of one file alone: keys that belong together must not be put together from two. */
const char *profile_get_in_credentials(const struct profile *profile, const char *key);
const char *profile_get_in_config(const struct profile *profile, const char *key);
/* A key of the [services X] section that the profile names: "ecs.endpoint_url". */
const char *profile_get_service(const struct profile *profile, const char *key);
/* Whether there is a section [sso-session NAME] in the config file, and its key. No name of more
 * than PROFILE_SSO_SESSION_MAX bytes is there. */
enum { PROFILE_SSO_SESSION_MAX = INI_FILE_SECTION_MAX - 14 };
bool profile_has_sso_session(const struct profile *profile, const char *name);
const char *profile_get_sso_session(const struct profile *profile, const char *name,
                                    const char *key);
/* The names of all profiles, sorted: "default, ops, staging". */
void profile_names(struct text *out, const struct profile *profile);

#endif
