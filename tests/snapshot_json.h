/* A whole snapshot as JSON, one fixed layout: what tests compare, record and replay. */
#ifndef TESTS_SNAPSHOT_JSON_H
#define TESTS_SNAPSHOT_JSON_H

#include "planner/snapshot.h"

void snapshot_write_json(struct json_writer *w, const struct snapshot *snapshot);
must_use bool snapshot_read_json(struct snapshot *out, const struct json *value, struct error *err);

#endif
