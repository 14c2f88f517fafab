/*
 * What the fuzz targets share. A target is one file with the one function that libFuzzer calls; it
 * gets bytes that anybody may have made and must hold its properties for all of them. In the builds
 * without libFuzzer the same files run their corpus once each (run_corpus.c).
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "planner/base/diagnostics.h"
#include "planner/base/error.h"
#include "planner/base/text.h"

/* The target. Always 0; a property that does not hold aborts. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the process, in every build, when the property does not hold. */
#define must_hold(property) fuzz_judge((property), #property, __FILE__, __LINE__)
void fuzz_judge(bool holds, const char *property, const char *file, int line);

/* The same of a function that says in *err why it failed. */
#define must_succeed(call, err) fuzz_judge_call((call), (err), #call, __FILE__, __LINE__)
void fuzz_judge_call(bool succeeded, const struct error *err, const char *call, const char *file,
                     int line);

/*
 * Says that the input was taken for a good one. A corpus of which nothing is accepted any more
 * tests nothing behind the reader's door: run_corpus.c then fails.
 */
void fuzz_accepted(void);
size_t fuzz_accepted_count(void);

/* A copy as a text, with no room behind its NUL: reading beyond the end is found. */
struct text fuzz_text(const uint8_t *data, size_t size);

/* A file with these bytes; the next call overwrites it, the end of the process removes it. */
const char *fuzz_file(const uint8_t *data, size_t size);
/* A second one beside it. */
const char *fuzz_second_file(const uint8_t *data, size_t size);

/* A failure says something that can be printed. */
void fuzz_check_error(const struct error *err);
/* NULL, or a text that every view can print: UTF-8. */
void fuzz_check_text(const char *text);

/*
 * What a reader of a file somebody writes says about its bytes: errors exactly when it failed, and
 * at least one with a place then; in order; every place a place of the file.
 */
void fuzz_check_diagnostics(const struct diagnostics *list, bool good, const uint8_t *data,
                            size_t size);

/*
 * Tries the bytes as they are, and as a sealed document (plan_json.h): its digests are made to
 * agree, so that what lies behind them is reached. JSON is laid out as the tool writes it, with the
 * plan file's digest made anew; other bytes are sealed as they are.
 */
void fuzz_try_sealed(void (*try)(const char *bytes, size_t n), const uint8_t *data, size_t size);

#endif
