/* Errors and findings, for people: where, what is wrong, the line with a caret, what to do. */
#ifndef CMD_DIAGNOSE_H
#define CMD_DIAGNOSE_H

#include "cmd/page.h"
#include "planner/base/diagnostics.h"
#include "planner/base/error.h"

enum { DIAGNOSE_INDENT = 7 }; /* what follows an error stands under it, behind "Error: " */

void diagnose_error(struct page *page, const struct error *err);
/* The line under an error that says what AWS answered, where it did: code, HTTP status, request. */
void diagnose_answer(struct page *page, int column, const struct error *err);
/* All of them; whoever calls says how many they are. */
void diagnose_list(struct page *page, const struct diagnostics *list);
void diagnose_to_stderr(const struct diagnostics *list);

#endif
