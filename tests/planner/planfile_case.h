/* One plan file read for a test, with a small table of preconditions of the test's own. */
#ifndef TESTS_PLANNER_PLANFILE_CASE_H
#define TESTS_PLANNER_PLANFILE_CASE_H

#include "tests/unit.h"

#include "planner/planfile.h"

/* A literal and its bytes without the NUL: for texts that hold one. */
#define BYTES(literal) (literal), sizeof(literal) - 1

struct planfile_case {
    struct arena texts;
    struct diagnostics list;
    struct planfile file;
};

/* "stickiness" is waivable, "capture-count" is not, no other id is known. */
bool planfile_case_read(struct planfile_case *c, const char *path, const char *bytes, size_t n);
bool planfile_case_read_file(struct planfile_case *c, const char *path);
void planfile_case_clear(struct planfile_case *c);

char *planfile_case_load(const char *path, size_t *n); /* free() it */

struct expected {
    unsigned line, column;
    const char *message; /* a fragment of it */
    const char *hint;    /* likewise; NULL: not looked at */
};

struct planfile_row {
    const char *text; /* stands behind `head` */
    struct expected findings[8];
};

/* Reads each text: exactly these findings, in this order. */
void planfile_case_expect(const char *head, const struct planfile_row *rows, size_t count);

#endif
