/* Percent-encoding as RFC 3986 and AWS's signers have it: all but letters, digits and "-_.~". */
#ifndef PROVIDERS_AWS_URI_H
#define PROVIDERS_AWS_URI_H

#include <stddef.h>

#include "planner/base/text.h"

void uri_encode(struct text *out, const char *s, size_t n);

#endif
