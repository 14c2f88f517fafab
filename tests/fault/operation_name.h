/*
 * What a request of the product's asks for, as a word: AWS's name of the operation; with
 * "/percentiles" and "/check" behind GetMetricData for the calls of its own that those are; a name
 * of ours for what is asked of the search clusters and of the sources of keys.
 */
#ifndef TESTS_FAULT_OPERATION_NAME_H
#define TESTS_FAULT_OPERATION_NAME_H

#include <stdbool.h>
#include <stddef.h>

enum { OPERATION_NAME_SIZE = 64 };

/* False: that much of the request, head and body, does not tell. */
bool operation_name(char out[OPERATION_NAME_SIZE], const char *request);

/* All that the product can send to AWS (providers/aws/operation.h), and then all else. */
size_t operation_names_count(void);
const char *operation_name_at(size_t i);

#endif
