#include "planner/subject.h"

#include <string.h>

const char *arm_name(enum arm arm)
{
    return arm == ARM_SOURCE ? "source" : "target";
}

bool subject_is_resolved(const struct subject *subject)
{
    return subject->cluster_arn && subject->load_balancer_arn && subject->listener_arn &&
           subject->arms[ARM_SOURCE].service_arn && subject->arms[ARM_SOURCE].target_group_arn &&
           subject->arms[ARM_TARGET].service_arn && subject->arms[ARM_TARGET].target_group_arn;
}

/* ---- ARNs: arn:partition:service:region:account:resource ---- */

/* The nth field (from 0); the sixth is the whole rest. */
static const char *arn_field(struct arena *arena, const char *arn, int n)
{
    if (!arn)
        return "";
    for (int i = 0; i < n; i++) {
        arn = strchr(arn, ':');
        if (!arn)
            return "";
        arn++;
    }
    return n == 5 ? arena_strdup(arena, arn) : arena_strndup(arena, arn, strcspn(arn, ":"));
}

const char *arn_account(struct arena *arena, const char *arn)
{
    return arn_field(arena, arn, 4);
}

const char *arn_dimension(struct arena *arena, const char *arn)
{
    const char *resource = arn_field(arena, arn, 5);
    static const char prefix[] = "loadbalancer/";
    return text_starts(resource, prefix) ? resource + strlen(prefix) : resource;
}

const char *arn_resource_name(struct arena *arena, const char *arn)
{
    const char *resource = arn_field(arena, arn, 5);
    const char *last = strrchr(resource, '/');
    if (!last)
        return *resource ? resource : arena_strdup(arena, arn ? arn : "");
    if (text_starts(resource, "service/"))
        return last + 1;
    /* .../NAME/ID */
    const char *start = resource;
    for (const char *p = resource; p < last; p++)
        if (*p == '/')
            start = p + 1;
    return arena_strndup(arena, start, (size_t)(last - start));
}

/* ---- comparing, copies and files ---- */

struct field {
    const char *key;
    size_t offset;
};

#define FIELD(name)                                                                                \
    {                                                                                              \
#name, offsetof(struct subject, name)                                                      \
    }
#define ARM_FIELD(key, arm, name)                                                                  \
    {                                                                                              \
        key "_" #name, offsetof(struct subject, arms[arm].name)                                    \
    }

/* One table serves comparing, copying, writing and reading, so that none can forget a field. */
static const struct field fields[] = {
    FIELD(region),
    FIELD(account),
    FIELD(stage),
    FIELD(cluster),
    FIELD(cluster_arn),
    FIELD(load_balancer),
    FIELD(load_balancer_arn),
    FIELD(listener_arn),
    ARM_FIELD("source", ARM_SOURCE, service),
    ARM_FIELD("source", ARM_SOURCE, service_arn),
    ARM_FIELD("source", ARM_SOURCE, target_group),
    ARM_FIELD("source", ARM_SOURCE, target_group_arn),
    ARM_FIELD("target", ARM_TARGET, service),
    ARM_FIELD("target", ARM_TARGET, service_arn),
    ARM_FIELD("target", ARM_TARGET, target_group),
    ARM_FIELD("target", ARM_TARGET, target_group_arn),
};

enum { FIELD_COUNT = sizeof fields / sizeof *fields };

static const char *get(const struct subject *subject, size_t i)
{
    const char *value;
    memcpy(&value, (const char *)subject + fields[i].offset, sizeof value);
    return value;
}

static void set(struct subject *subject, size_t i, const char *value)
{
    memcpy((char *)subject + fields[i].offset, &value, sizeof value);
}

const char *subject_difference(const struct subject *a, const struct subject *b, const char **of_a,
                               const char **of_b)
{
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        *of_a = get(a, i);
        *of_b = get(b, i);
        if (text_ends(fields[i].key, "_arn") && !text_same(*of_a, *of_b))
            return fields[i].key;
    }
    return NULL;
}

bool subject_equal(const struct subject *a, const struct subject *b)
{
    const char *of_a, *of_b;
    return !subject_difference(a, b, &of_a, &of_b);
}

void subject_copy(struct subject *out, struct arena *arena, const struct subject *from)
{
    struct subject copy = {.listener_port = from->listener_port};
    for (size_t i = 0; i < FIELD_COUNT; i++)
        set(&copy, i, arena_strdup(arena, get(from, i)));
    *out = copy;
}

void subject_write_json(struct json_writer *w, const char *key, const struct subject *subject)
{
    json_open_object(w, key);
    for (size_t i = 0; i < FIELD_COUNT; i++)
        json_put_string(w, fields[i].key, get(subject, i));
    json_put_int(w, "listener_port", subject->listener_port);
    json_close_object(w);
}

bool subject_read_json(struct subject *out, struct arena *arena, const struct json *value,
                       struct error *err)
{
    *out = (struct subject){0};
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const struct json *member = json_member(value, fields[i].key);
        const char *string = json_as_string(member);
        if (!string && !json_is_null(member))
            return error_set(err, ERROR_INPUT, "subject.%s is missing or no string", fields[i].key);
        set(out, i, arena_strdup(arena, string));
    }
    int64_t port;
    if (!json_as_int(&port, json_member(value, "listener_port")) || port < 0 || port > 65535)
        return error_set(err, ERROR_INPUT, "subject.listener_port is missing or no port");
    out->listener_port = (int)port;
    return true;
}
