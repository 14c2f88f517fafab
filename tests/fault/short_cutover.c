#include "tests/unit.h"

#include "tests/fault/short_cutover.h"

#include <unistd.h>

#include "tests/fault/leftover.h"
#include "tests/folder.h"

enum { SPEED = 400 };

static const char plan_file[] = "switchover: 1\n"
                                "stage: sandbox\n"
                                "baseline: 10m\n"
                                "traffic: {steps: [{target: 100, hold: 0s}]}\n"
                                "drain: {quiet_for: 0s}\n";

void short_in_memory(void)
{
    if (access("/dev/shm", W_OK) == 0)
        setenv("TMPDIR", "/dev/shm", 0);
}

void short_open(struct stage *stage, const char *program, const char *world)
{
    stage_open(stage, program, world, SPEED);
    folder_write(stage->folder, "prod.yaml", plan_file);
}

void short_run_well(struct stage *stage, const char *line)
{
    stage_run(stage, line);
    if (stage->exit_code != 0)
        fail_msg("%s: exit %d\n%s%s", line, stage->exit_code, text_cstr(&stage->out),
                 text_cstr(&stage->err));
}

void short_is_live(struct stage *stage, const char *line, const char *where)
{
    struct text found = {0};
    if (!stage_holds(stage, line, &found))
        fail_msg("%s: live is %s, not %s\n%s%s", where, text_cstr(&found), line,
                 text_cstr(&stage->out), text_cstr(&stage->err));
    text_clear(&found);
}

void short_is_tidy(struct stage *stage, const char *where)
{
    struct text left = {0};
    size_t known = 0;
    static const char *const names[] = {"prod.yaml", "prod.state.json", "prod.state.json.backup",
                                        "saved.plan", "errored.state.json"};
    if (!strstr(text_cstr(&stage->err), "of prod begins"))
        return;
    for (size_t i = 0; i < COUNT(names); i++)
        known += folder_has(stage->folder, names[i]);
    leftover_judge(&left, stage, where);
    known += strstr(text_cstr(&left), "\n.saved.plan.") != NULL;
    if (folder_count(stage->folder) != known)
        fail_msg("%s: something is left in the folder:\n%s", where, text_cstr(&left));
    text_clear(&left);
}
