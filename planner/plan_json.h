/*
 * The saved plan: what `plan --out` writes, `plan --json` prints and `apply SAVED` reads. One
 * document, one fixed layout, integers only; Terraform-like changes ("address", "type", "actions",
 * "before", "after") so that policy tools read it. `digest`, its last member, is the SHA-256 of all
 * bytes before the line it stands on. Where the request rate is known, a hold's change tells what
 * its gates will have to judge by ("forecast"); "takes" is how long the plan does. Both are as they
 * were reckoned when it was made. A document is valid only if writing what was read gives the
 * same bytes again: any changed byte is refused.
 */
#ifndef PLANNER_PLAN_JSON_H
#define PLANNER_PLAN_JSON_H

#include "planner/base/json.h"
#include "planner/plan.h"

enum { PLAN_FORMAT_VERSION = 1, PLAN_MAX_BYTES = 4 * 1024 * 1024 };

/* The whole document with its digest; sets plan->digest. */
void plan_write(struct text *out, struct plan *plan);
/* `name` is for messages. `out` must be cleared in either case. */
must_use bool plan_read(struct plan *out, const char *name, const char *bytes, size_t n,
                        struct error *err);

/* The parts, for documents that carry a plan inside (the state): no digest. */
void plan_write_json(struct json_writer *w, const char *key, const struct plan *plan);
must_use bool plan_read_json(struct plan *out, const struct json *value, struct error *err);

/* Shared with the state: settings, origin. */
void setting_write_json(struct json_writer *w, const char *key, enum action_kind kind,
                        const struct setting *setting);
must_use bool setting_read_json(struct setting *out, struct arena *arena, enum action_kind kind,
                                const struct json *value, struct error *err);
void origin_write_json(struct json_writer *w, const char *key, const struct origin *origin);
must_use bool origin_read_json(struct origin *out, struct arena *arena, const struct json *value,
                               struct error *err);

/* A sealed document: `text` holds an object without its last brace's line; appends the digest
 * member and closes. The reader checks that `digest` is last and agrees. */
void sealed_close(struct text *document, char digest[DIGEST_HEX_SIZE]);
must_use bool sealed_check(const char *bytes, size_t n, char digest[DIGEST_HEX_SIZE],
                           struct error *err);

#endif
