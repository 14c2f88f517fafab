#include "cmd/args.h"
#include "cmd/commands.h"
#include "cmd/exit_code.h"
#include "planner/base/json.h"
#include "planner/plan_json.h"
#include "planner/state.h"

#include <stdio.h>

enum { PLAN_FILE_FORMAT = 1 };

/* Starts no library: what scripts call first must cost nothing. */
bool cmd_version(const struct args *args, int *exit_code, struct error *err)
{
    (void)err;
    struct text out = {0};
    if (args_flag(args, OPT_JSON)) {
        struct json_writer w = {.out = &out};
        json_open_object(&w, NULL);
        json_put_int(&w, "format_version", 1);
        json_put_string(&w, "version", SWITCHOVER_VERSION);
        json_put_int(&w, "plan_file_format", PLAN_FILE_FORMAT);
        json_put_int(&w, "saved_plan_format", PLAN_FORMAT_VERSION);
        json_put_int(&w, "state_format", STATE_FORMAT_VERSION);
        json_close_object(&w);
    } else {
        text_addf(&out, "switchover %s (plan file format %d, saved plan %d, state %d)\n",
                  SWITCHOVER_VERSION, PLAN_FILE_FORMAT, PLAN_FORMAT_VERSION, STATE_FORMAT_VERSION);
    }
    fputs(text_cstr(&out), stdout);
    text_clear(&out);
    *exit_code = EXIT_DONE;
    return true;
}
