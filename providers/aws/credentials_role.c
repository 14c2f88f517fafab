#include "providers/aws/credentials_source.h"

enum credentials_found credentials_from_role(struct credentials *out,
                                             const struct credentials_search *search,
                                             struct error *err)
{
    (void)out;
    if (!profile_get(search->profile, "role_arn"))
        return CREDENTIALS_ABSENT;
    error_set(err, ERROR_NOT_YET,
              "the profile %s assumes a role (role_arn), which is not available yet",
              search->profile->name);
    return CREDENTIALS_FAILED;
}
