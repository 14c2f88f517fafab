/* What holds of every AWS answer, whatever it is. */
#ifndef TESTS_FUZZ_AWS_H
#define TESTS_FUZZ_AWS_H

#include "planner/routing.h"
#include "tests/fuzz/fuzz.h"
#include "tests/providers/aws/answers.h"

/* The first byte of an input chooses the reader; the rest is the answer. */
struct aws_reader {
    const char *operation; /* a failure names it */
    bool (*read)(struct arena *arena, const struct text *answer, struct error *err);
};
void aws_read_one(const struct aws_reader *readers, size_t count, const uint8_t *data, size_t size);

/* A routing out of an answer can be copied, kept in a state, compared, changed and sent back. */
void aws_check_routing(const struct routing *routing);

#endif
