#include "providers/aws/profile.h"

#include <stdlib.h>
#include <string.h>

#include "planner/base/memory.h"

/* The name that follows `kind` in a section of the config file, or NULL: [profile "my ops"]. */
static const char *name_behind(const char *section, const char *kind, size_t *len)
{
    size_t n = strlen(kind), spaces;
    if (strncmp(section, kind, n) != 0 || (spaces = strspn(section + n, " \t")) == 0)
        return NULL;
    const char *name = section + n + spaces;
    *len = strlen(name);
    if (*len >= 2 && (name[0] == '"' || name[0] == '\'') && name[*len - 1] == name[0]) {
        *len -= 2;
        name++;
    }
    return name;
}

static bool is_named(const char *section, const char *kind, const char *wanted)
{
    size_t n = 0;
    const char *name = name_behind(section, kind, &n);
    return name && strlen(wanted) == n && memcmp(name, wanted, n) == 0;
}

static bool is_profile(const char *section, const char *wanted)
{
    return is_named(section, "profile", wanted) ||
           (strcmp(wanted, "default") == 0 && strcmp(section, "default") == 0);
}

static const char *or_null(const char *value)
{
    return value && *value ? value : NULL;
}

bool profile_read(struct profile *out, const char *name, const char *config_file,
                  const char *credentials_file, struct error *err)
{
    *out = (struct profile){.name = name};
    if (strlen("profile \"\"") + strlen(name) > INI_FILE_SECTION_MAX)
        return error_set(err, ERROR_USAGE,
                         "the profile name %s is too long: at most %zu characters are read", name,
                         INI_FILE_SECTION_MAX - strlen("profile \"\""));
    return ini_file_read(&out->config, config_file, err) &&
           ini_file_read(&out->credentials, credentials_file, err);
}

void profile_clear(struct profile *profile)
{
    ini_file_clear(&profile->config);
    ini_file_clear(&profile->credentials);
}

bool profile_exists(const struct profile *profile)
{
    for (size_t i = 0; i < profile->config.count; i++)
        if (is_profile(profile->config.entries[i].section, profile->name))
            return true;
    for (size_t i = 0; i < profile->credentials.count; i++)
        if (strcmp(profile->credentials.entries[i].section, profile->name) == 0)
            return true;
    return false;
}

const char *profile_get_in_credentials(const struct profile *profile, const char *key)
{
    return or_null(ini_file_get(&profile->credentials, profile->name, key));
}

const char *profile_get_in_config(const struct profile *profile, const char *key)
{
    for (size_t i = profile->config.count; i-- > 0;) {
        const struct ini_entry *entry = &profile->config.entries[i];
        if (strcmp(entry->key, key) == 0 && is_profile(entry->section, profile->name))
            return or_null(entry->value);
    }
    return NULL;
}

const char *profile_get(const struct profile *profile, const char *key)
{
    const char *value = profile_get_in_credentials(profile, key);
    return value ? value : profile_get_in_config(profile, key);
}

/* The last value of the key in the sections [KIND NAME] of the config file. */
static const char *get_in_section(const struct profile *profile, const char *kind, const char *name,
                                  const char *key)
{
    for (size_t i = profile->config.count; i-- > 0;) {
        const struct ini_entry *entry = &profile->config.entries[i];
        if (strcmp(entry->key, key) == 0 && is_named(entry->section, kind, name))
            return or_null(entry->value);
    }
    return NULL;
}

const char *profile_get_service(const struct profile *profile, const char *key)
{
    const char *services = profile_get(profile, "services");
    return services ? get_in_section(profile, "services", services, key) : NULL;
}

bool profile_has_sso_session(const struct profile *profile, const char *name)
{
    _Static_assert(sizeof "sso-session \"\"" - 1 + PROFILE_SSO_SESSION_MAX == INI_FILE_SECTION_MAX,
                   "what is not cut");
    if (strlen(name) > PROFILE_SSO_SESSION_MAX)
        return false;
    for (size_t i = 0; i < profile->config.count; i++)
        if (is_named(profile->config.entries[i].section, "sso-session", name))
            return true;
    return false;
}

const char *profile_get_sso_session(const struct profile *profile, const char *name,
                                    const char *key)
{
    return get_in_section(profile, "sso-session", name, key);
}

/* ---- the names ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *name_in_config(const char *section)
{
    size_t n = 0;
    const char *name = name_behind(section, "profile", &n);
    if (!name)
        return strcmp(section, "default") == 0 ? memory_strdup(section) : NULL;
    char *copy = memory_new(n + 1);
    memcpy(copy, name, n);
    return copy;
}

void profile_names(struct text *out, const struct profile *profile)
{
    char **names = memory_new((profile->config.count + profile->credentials.count) * sizeof *names);
    size_t n = 0;
    for (size_t i = 0; i < profile->config.count; i++)
        if ((names[n] = name_in_config(profile->config.entries[i].section)))
            n++;
    for (size_t i = 0; i < profile->credentials.count; i++)
        names[n++] = memory_strdup(profile->credentials.entries[i].section);
    qsort(names, n, sizeof *names, by_name);
    const char *last = "";
    for (size_t i = 0; i < n; i++) {
        if (strcmp(names[i], last) == 0)
            continue;
        text_addf(out, "%s%s", *last ? ", " : "", names[i]);
        last = names[i];
    }
    for (size_t i = 0; i < n; i++)
        free(names[i]);
    free(names);
}
