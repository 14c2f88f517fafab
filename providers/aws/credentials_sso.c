#include "providers/aws/credentials_source.h"

enum credentials_found credentials_from_sso(struct credentials *out,
                                            const struct credentials_search *search,
                                            struct error *err)
{
    (void)out;
    if (!profile_get(search->profile, "sso_session"))
        return CREDENTIALS_ABSENT;
    error_set(err, ERROR_NOT_YET,
              "the profile %s signs in with IAM Identity Center (sso_session), which is not "
              "available yet",
              search->profile->name);
    return CREDENTIALS_FAILED;
}
