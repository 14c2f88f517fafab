/*
 * The check `http`: one GET. The status must be the wanted one, and where the plan file names a
 * place in the answer (a JSON pointer, RFC 6901), the value there one of some texts, or a number
 * below or at least another. Numbers are compared exactly; a text that is a number, as search
 * engines write counts, is taken for one.
 *
 * Red: any other status (a redirect is an answer like another, and not followed), a place that is
 * not there, another value. Silent: no whole answer (one above 4 MiB is none), no JSON of at most 1
 * MiB where a place is named, no usable secret.
 */
#ifndef PROVIDERS_CHECKS_HTTP_CHECK_H
#define PROVIDERS_CHECKS_HTTP_CHECK_H

#include "providers/checks/question.h"

/* Begins the question; where it has its answer already, it asks for no exchange. */
void http_check_begin(struct question *out, struct check_result *result, struct arena *arena,
                      struct http_exchange *exchanges, const char *const folders[CHECK_FOLDERS]);
/* Once the exchange has run. */
void http_check_judge(struct question *question);

#endif
