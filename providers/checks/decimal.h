/*
 * Numbers as texts, compared exactly: no double between, so that 9007199254740993 is not below
 * 9007199254740993 and 0.1 is 0.1. The grammar is JSON's (RFC 8259, section 6).
 */
#ifndef PROVIDERS_CHECKS_DECIMAL_H
#define PROVIDERS_CHECKS_DECIMAL_H

#include <stdbool.h>

/* Whether all of the text is one number. */
bool decimal_is(const char *s);
/* Below 0, 0 or above 0, as a is below, equal to or above b; both must be numbers. An exponent
 * beyond a thousand million counts as that. */
int decimal_compare(const char *a, const char *b);

#endif
