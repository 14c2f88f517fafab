#include "providers/aws/credentials_source.h"

enum credentials_found credentials_from_web_identity(struct credentials *out,
                                                     const struct credentials_search *search,
                                                     struct error *err)
{
    (void)out, (void)search, (void)err;
    return CREDENTIALS_ABSENT;
}
