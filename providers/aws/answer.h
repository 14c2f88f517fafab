/*
 * Typed fields of AWS's answers, for the codecs (ecs, elbv2, cloudwatch). An answer is a
 * stranger's: it may be HTML, cut off, or of another shape. The first thing that is wrong is kept
 * as one ERROR_SERVICE that names the operation and the field; from then on every accessor answers
 * with nothing, so that a codec reads straight through and asks `failed` once, before it hands
 * anything out.
 */
#ifndef PROVIDERS_AWS_ANSWER_H
#define PROVIDERS_AWS_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "planner/base/arena.h"
#include "planner/base/error.h"
#include "planner/base/json.h"
#include "planner/base/text.h"
#include "providers/aws/xml.h"

enum { ANSWER_BYTES_MAX = XML_BYTES_MAX, ANSWER_DEPTH_MAX = XML_DEPTH_MAX };

/* Counts, ports and seconds: far below it in AWS, and no sum of them overflows. */
#define ANSWER_COUNT_MAX INT64_C(1000000000)

struct answer {
    const char *operation; /* "DescribeRules": for the message, and the name of the XML root */
    struct arena *arena;   /* receives the texts that are handed out */
    struct error *err;
    bool failed;
};

/* Keeps the first failure: "the answer of OPERATION is not readable: ...". Always false. */
bool answer_fail(struct answer *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- JSON (ECS). A member that is null counts as absent. --------------------------------- */

/* The document's object, or NULL. The document must be cleared also then. */
const struct json *answer_json(struct answer *a, struct json_document *doc,
                               const struct text *bytes);
const char *answer_json_text(struct answer *a, const struct json *object, const char *key);
const char *answer_json_text_maybe(struct answer *a, const struct json *object, const char *key);
int64_t answer_json_count(struct answer *a, const struct json *object, const char *key);
int64_t answer_json_count_maybe(struct answer *a, const struct json *object, const char *key);
/* Seconds since 1970 with a fraction, as milliseconds; 0 when absent. */
int64_t answer_json_time_maybe(struct answer *a, const struct json *object, const char *key);
/* The first item of an array, or NULL when it is empty or absent; walk with json_next(). */
const struct json *answer_json_items(struct answer *a, const struct json *object, const char *key);

/* ---- XML (Query protocol) ------------------------------------------------------------------ */

/* <OperationResult> below <OperationResponse>, or NULL. The document must be cleared also then; it
 * is a secret one where the bytes are. */
const struct xml_node *answer_xml(struct answer *a, struct xml_document *doc,
                                  const struct text *bytes);
const char *answer_text(struct answer *a, const struct xml_node *node, const char *path);
/* NULL when absent or empty. */
const char *answer_text_maybe(struct answer *a, const struct xml_node *node, const char *path);
int64_t answer_count(struct answer *a, const struct xml_node *node, const char *path);
bool answer_flag(struct answer *a, const struct xml_node *node, const char *path);
/* The first <member> of a list, or NULL; walk with xml_next(node, NULL). A list with anything but
 * members in it is a failure; so is one that is not there, where `answer_members` asks for it. */
const struct xml_node *answer_members(struct answer *a, const struct xml_node *node,
                                      const char *path);
const struct xml_node *answer_members_maybe(struct answer *a, const struct xml_node *node,
                                            const char *path);

#endif
