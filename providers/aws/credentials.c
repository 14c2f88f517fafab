#include "providers/aws/credentials.h"

#include <stdlib.h>
#include <string.h>

static void cleanse(char *secret)
{
    if (secret)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}

void credentials_clear(struct credentials *credentials)
{
    cleanse(credentials->access_key_id);
    cleanse(credentials->secret_access_key);
    cleanse(credentials->session_token);
    free(credentials->source);
    *credentials = (struct credentials){0};
}
