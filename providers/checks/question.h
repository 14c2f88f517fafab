/*
 * One check on its way: its requests, in the wave of all checks, and its answer in words. What came
 * from outside goes into words only through question_shown(): cut, as UTF-8, and without the
 * check's secret.
 */
#ifndef PROVIDERS_CHECKS_QUESTION_H
#define PROVIDERS_CHECKS_QUESTION_H

#include <stdbool.h>
#include <stddef.h>

#include "planner/check.h"
#include "providers/checks/secret.h"
#include "providers/http/http.h"

enum { QUESTION_EXCHANGES_MAX = 2, QUESTION_WORDS_MAX = 400, QUESTION_SHOWN_MAX = 100 };

struct question {
    struct check_result *result;
    struct arena *arena; /* the answer's */
    const char *ca_file; /* as it is opened; NULL: the system's */
    struct secret secret;
    struct http_header header;
    struct http_exchange *exchanges; /* borrowed from the wave */
    size_t count;
};

/* Where a relative ca_file may be; the first that has it. */
enum { CHECK_FOLDERS = 2 };

/* A folder may be NULL, but not the first. False: the check has its answer, a silent one. The
 * question must be cleared in either case. */
must_use bool question_begin(struct question *out, struct check_result *result, struct arena *arena,
                             struct http_exchange *exchanges,
                             const char *const folders[CHECK_FOLDERS], const char *ca_file,
                             const char *bearer, const char *basic);
/* A GET of that URL, borrowed. A secret goes nowhere where others could read it: false then, and
 * the answer is a silent one. */
must_use bool question_ask(struct question *question, const char *url);
void question_clear(struct question *question);

/* The exchange's whole answer, or NULL, and the check is silent. `who` goes before the reason,
 * with a colon; NULL: nothing does. */
const struct text *question_body(struct question *question, size_t i, const char *who);

void question_answer(struct question *question, enum check_verdict verdict, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
const char *question_shown(const struct question *question, const char *text);

#endif
