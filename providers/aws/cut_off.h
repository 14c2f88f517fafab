/*
 * Whether an answer ends early. HTTP tells, but for an answer that lasts until the connection
 * closes, which a proxy of HTTP/1.0 makes of any: cut off, it looks complete. A look at brackets
 * and at the last tag (no answer of AWS holds an element of its root's name), no parsing: the
 * codecs do that.
 */
#ifndef PROVIDERS_AWS_CUT_OFF_H
#define PROVIDERS_AWS_CUT_OFF_H

#include <stdbool.h>

#include "planner/base/text.h"
#include "providers/aws/service.h"

/* Nothing, or something that begins like a JSON object (ECS) or an XML element and is none yet.
 * False for what begins otherwise: that was no answer of AWS, and asking again brings the same. */
bool aws_answer_is_cut_off(enum aws_service service, const struct text *body);

#endif
