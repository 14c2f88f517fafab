/*
 * What is shown, compared with a file beside the tests. A golden text only says that something has
 * changed, so each stands beside facts written by hand: what must appear, in which order.
 *
 * UPDATE_GOLDEN=1 in the environment writes the files anew; look at the difference before you keep
 * it.
 */
#ifndef TESTS_CMD_GOLDEN_H
#define TESTS_CMD_GOLDEN_H

#include <stddef.h>

void golden_check(const char *name, const char *text); /* tests/cmd/golden/NAME */

/* Each fact appears, behind the one before it. Runs of blanks and line ends count as one blank. */
void facts_in_order(const char *text, const char *const *facts, size_t count);

/* Printable ASCII, no line ends in blanks, and none is wider, but for words that are. */
void page_is_clean(const char *text, size_t width);

#endif
