/*
 * Prints what credentials_find() comes to, for sts_botocore.py: one "name=value" a line. Arguments:
 * the plan file's profile, its role, and the code that the MFA device shows; "" each for none.
 */
#include <inttypes.h>
#include <stdio.h>

#include "planner/base/memory.h"
#include "providers/aws/credentials/chain.h"

static void put(const char *name, const char *value)
{
    printf("%s=%s\n", name, value ? value : "");
}

static bool answer_mfa(void *self, char *code, size_t size, const char *serial, struct error *err)
{
    (void)err;
    put("mfa_asked", serial);
    snprintf(code, size, "%s", (const char *)self);
    return true;
}

static char *argument(int argc, char **argv, int i)
{
    return i < argc && *argv[i] ? argv[i] : NULL;
}

int main(int argc, char **argv)
{
    struct aws_config config;
    struct credentials found = {0};
    struct error err = {0};
    const char *role = argument(argc, argv, 2);
    char *code = argument(argc, argv, 3);
    const struct credentials_means means = {.ask_mfa = code ? answer_mfa : NULL, .ask_self = code};

    bool done = aws_config_read(&config, argument(argc, argv, 1), NULL, &err);
    if (role)
        config.role_arn = memory_strdup(role);
    done = done && credentials_find(&found, &config, &means, &err);
    put("error", done ? NULL : error_kind_name(err.kind));
    put("message", err.message);
    put("hint", err.hint);
    put("access_key_id", found.access_key_id);
    put("secret_access_key", found.secret_access_key);
    put("session_token", found.session_token);
    put("source", found.source);
    printf("expires_at=%" PRId64 "\nends_at=%" PRId64 "\n", found.expires_at, found.ends_at);
    credentials_clear(&found);
    aws_config_clear(&config);
    return 0;
}
