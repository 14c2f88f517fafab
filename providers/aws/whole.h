/*
 * Whether an answer came to its end. HTTP tells, but for an answer that lasts until the connection
 * closes, which a proxy of HTTP/1.0 makes of any: cut off, it looks complete. A look at brackets
 * and at the last tag (no answer of AWS holds an element of its root's name), no parsing: the
 * codecs do that.
 */
#ifndef PROVIDERS_AWS_WHOLE_H
#define PROVIDERS_AWS_WHOLE_H

#include <stdbool.h>

#include "planner/base/text.h"
#include "providers/aws/service.h"

/* One JSON object (ECS) or one XML element, and nothing behind it. */
bool aws_answer_is_whole(enum aws_service service, const struct text *body);

#endif
