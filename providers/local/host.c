#include "providers/local/host.h"

#include <limits.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "planner/base/memory.h"
#include "planner/base/text.h"

static void add_user(struct text *out)
{
    enum { ENTRY_MAX = 16 * 1024 }; /* more than any real entry needs */
    char *room = memory_new(ENTRY_MAX);
    struct passwd entry, *found = NULL;
    if (getpwuid_r(geteuid(), &entry, room, ENTRY_MAX, &found) == 0 && found)
        text_add_utf8(out, found->pw_name, strlen(found->pw_name));
    else
        text_addf(out, "uid %ju", (uintmax_t)geteuid());
    free(room);
}

const char *local_user_at_host(struct arena *arena)
{
    char host[HOST_NAME_MAX + 1] = "";
    struct text out = {0};

    add_user(&out);
    if (gethostname(host, sizeof host) != 0 || !memchr(host, '\0', sizeof host))
        strcpy(host, "unknown");
    text_add_char(&out, '@');
    text_add_utf8(&out, host, strlen(host));
    const char *result = arena_strndup(arena, out.data, out.len);
    text_clear(&out);
    return result;
}

const char *local_ci(void)
{
    static const struct {
        const char *variable, *name;
    } services[] = {
        {"GITHUB_ACTIONS", "GitHub Actions"},
        {"GITLAB_CI", "GitLab CI"},
        {"CODEBUILD_BUILD_ID", "AWS CodeBuild"},
        {"JENKINS_URL", "Jenkins"},
        {"BUILDKITE", "Buildkite"},
        {"CIRCLECI", "CircleCI"},
        {"CI", "CI"},
    };
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        const char *value = getenv(services[i].variable);
        if (value && *value && !text_same(value, "0") && !text_same(value, "false"))
            return services[i].name;
    }
    return NULL;
}
