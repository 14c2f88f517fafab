/* A whole answer of the sandbox's, in another shape or with other words, and cut where a fault has
 * it. The answer has a Content-Length. */
#ifndef TESTS_FAULT_ANSWER_SHAPE_H
#define TESTS_FAULT_ANSWER_SHAPE_H

#include "tests/fault/faulty_proxy.h"

/* The length of an answer's head, once it is whole; *body_len is what it says of its body. */
size_t answer_head(const struct text *answer, size_t *body_len);

/* In *sent what would come of it, and how much of that comes. */
size_t answer_cut(struct text *sent, const struct text *answer, const struct fault *fault);

/* With words in the place of its numbers. */
void answer_mistyped(struct text *out, const struct text *answer);

#endif
