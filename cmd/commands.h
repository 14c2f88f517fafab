/* The commands, one file each (cmd_NAME.c). What each does stands in the table (verbs.c). */
#ifndef CMD_COMMANDS_H
#define CMD_COMMANDS_H

#include "cmd/verbs.h"

verb_run cmd_validate;
verb_run cmd_plan;
verb_run cmd_apply;
verb_run cmd_revert;
verb_run cmd_status;
verb_run cmd_show;
verb_run cmd_sandbox;
verb_run cmd_policy;
verb_run cmd_version;
verb_run cmd_watch;
verb_run cmd_help;

#endif
