#include "providers/aws/credentials_source.h"

enum credentials_found credentials_from_process(struct credentials *out,
                                                const struct credentials_search *search,
                                                struct error *err)
{
    (void)out;
    if (!profile_get(search->profile, "credential_process"))
        return CREDENTIALS_ABSENT;
    error_set(err, ERROR_NOT_YET,
              "the profile %s asks a program for its keys (credential_process), which is not "
              "available yet",
              search->profile->name);
    return CREDENTIALS_FAILED;
}
