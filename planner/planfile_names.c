#include "planner/planfile_names.h"

#include <string.h>

#include "planner/base/text.h"
#include "planner/planfile.h"
#include "planner/planfile_text.h"

/* Migration Assistant's names (FACTS.md, "What Migration Assistant deploys"). */
static const struct {
    const char *section, *key; /* section NULL: the first level */
    size_t offset;
    const char *before, *behind; /* the stage stands between them */
} names[] = {
    {NULL, "cluster", offsetof(struct planfile, cluster), "migration-", "-ecs-cluster"},
    {NULL, "load_balancer", offsetof(struct planfile, load_balancer), "MigrationAssistant-", ""},
    {"source", "service", offsetof(struct planfile, arms[ARM_SOURCE].service), "migration-",
     "-capture-proxy"},
    {"source", "target_group", offsetof(struct planfile, arms[ARM_SOURCE].target_group),
     "ALBSourceProxy-", "-TG"},
    {"target", "service", offsetof(struct planfile, arms[ARM_TARGET].service), "migration-",
     "-target-cluster-proxy"},
    {"target", "target_group", offsetof(struct planfile, arms[ARM_TARGET].target_group),
     "ALBTargetProxy-", "-TG"},
};
enum { NAMES = sizeof names / sizeof *names };

static const char **name_at(struct planfile *file, size_t i)
{
    return (const char **)((char *)file + names[i].offset);
}

/* The file gives it, be it well or badly. */
static bool name_given(const struct yaml_node *root, size_t i)
{
    const struct yaml_node *section = names[i].section ? yaml_value(root, names[i].section) : root;
    if (section && section->kind != YAML_MAPPING)
        return true; /* reported: what it gives is not known */
    return yaml_value(section, names[i].key);
}

static void derive_names(struct planfile *file, const struct yaml_node *root)
{
    for (size_t i = 0; i < NAMES; i++)
        if (!name_given(root, i))
            *name_at(file, i) =
                arena_printf(&file->arena, "%s%s%s", names[i].before, file->stage, names[i].behind);
}

/* Where a key is missing on the first level: the first key that is there. */
static struct span beginning(const struct yaml_node *root)
{
    return root->count ? root->entries[0].span : root->span;
}

static bool refuse_missing_stage(struct reader *r, const struct yaml_node *root)
{
    struct text missing = {0};
    for (size_t i = 0; i < NAMES; i++)
        if (!name_given(root, i))
            text_addf(&missing, "%s%s%s%s", missing.len ? ", " : "",
                      names[i].section ? names[i].section : "", names[i].section ? "." : "",
                      names[i].key);
    bool good = !missing.len;
    if (!good) {
        reader_refuse(
            r, beginning(root),
            "the key \"stage\" is missing; only with every name given can it be left out");
        reader_hint(r, "write `stage: NAME`, the Migration Assistant's stage; not given: %s",
                    text_cstr(&missing));
    }
    text_clear(&missing);
    return good;
}

static bool check_stage(struct reader *r, const struct found *found, struct planfile *file)
{
    const struct yaml_node *root = found->mapping, *stage = found_value(found, "stage");
    if (found_missing(r, found, "stage"))
        return refuse_missing_stage(r, root);
    if (!stage)
        return true;
    derive_names(file, root);
    if (text_ends(stage->text, "-") && !yaml_value(root, "load_balancer"))
        return reader_refuse(r, stage->span,
                             "the load balancer's name would be %s, and AWS takes none that ends "
                             "with a hyphen",
                             file->load_balancer);
    return true;
}

static bool check_format(struct reader *r, const struct found *found)
{
    if (!found_missing(r, found, "switchover"))
        return true;
    reader_refuse(r, beginning(found->mapping), "the key \"switchover\" is missing");
    return reader_hint(r, "a plan file begins with its format: switchover: 1");
}

static bool check_name(struct reader *r, const struct found *found, struct planfile *file)
{
    if (!found_missing(r, found, "name"))
        return true;
    const char *slash = strrchr(file->path, '/');
    const char *base = slash ? slash + 1 : file->path;
    size_t n = strlen(base);
    if (text_ends(base, ".yaml"))
        n -= strlen(".yaml");
    else if (text_ends(base, ".yml"))
        n -= strlen(".yml");
    file->name = arena_strndup(&file->arena, base, n);
    if (plan_name_fits(file->name))
        return true;
    reader_refuse(r, beginning(found->mapping),
                  "the file's name, \"%.*s\", can't be the plan's: expected 1 to 40 lower-case "
                  "letters, digits and hyphens, no hyphen first",
                  text_shown(base, 60), base);
    return reader_hint(r, "set `name`");
}

static bool differ(struct reader *r, const struct yaml_node *root, const char *key,
                   const char *source, const char *target)
{
    if (!source || !target || strcmp(source, target) != 0)
        return true;
    const struct yaml_node *at = yaml_value(yaml_value(root, "target"), key);
    if (!at)
        at = yaml_value(yaml_value(root, "source"), key);
    return reader_refuse(r, at ? at->span : beginning(root),
                         "source and target have the same %s, %s", key, source);
}

bool planfile_check_names(struct reader *r, const struct found *found, void *record)
{
    struct planfile *file = record;
    const struct yaml_node *root = found->mapping;
    bool good = check_format(r, found);
    good = check_name(r, found, file) && good;
    good = check_stage(r, found, file) && good;
    good = differ(r, root, "service", file->arms[ARM_SOURCE].service,
                  file->arms[ARM_TARGET].service) &&
           good;
    return differ(r, root, "target_group", file->arms[ARM_SOURCE].target_group,
                  file->arms[ARM_TARGET].target_group) &&
           good;
}
