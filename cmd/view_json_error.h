/* An error as one line of JSON, beside its text on standard error: for --json. */
#ifndef CMD_VIEW_JSON_ERROR_H
#define CMD_VIEW_JSON_ERROR_H

#include <stdio.h>

#include "planner/base/error.h"
#include "planner/base/json.h"

void view_json_error(FILE *stream, const struct error *err);
/* The same as a member, for documents that carry errors. */
void view_json_put_error(struct json_writer *w, const char *key, const struct error *err);

#endif
