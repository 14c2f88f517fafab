/*
 * Many findings about one file. Only the plan file's reader collects them, so that all errors of
 * a file come at once; everything else uses struct error.
 */
#ifndef PLANNER_BASE_DIAGNOSTICS_H
#define PLANNER_BASE_DIAGNOSTICS_H

#include <stdbool.h>
#include <stddef.h>

#include "planner/base/arena.h"
#include "planner/base/error.h"

enum { DIAGNOSTICS_MAX = 100 };

enum severity { SEVERITY_ERROR, SEVERITY_WARNING };

struct diagnostic {
    enum severity severity;
    enum error_kind kind; /* ERROR_INPUT, ERROR_NOT_YET */
    struct span span;
    const char *message; /* what is wrong, what was expected */
    const char *hint;    /* the nearest key, the mend; NULL when there is none */
    const char *line;    /* the source line as bytes, tabs kept; "" when the place is not known */
};

/*
 * A zeroed list with an arena and a file name is empty and ready. It keeps DIAGNOSTICS_MAX items;
 * what is found beyond that is only counted, so that a hostile file costs no more than its bytes.
 */
struct diagnostics {
    struct arena *arena; /* borrowed: holds the texts */
    const char *file;
    const char *source; /* the file's text, for the lines shown; may be NULL */
    size_t source_len;
    struct diagnostic *items; /* ordered by place once diagnostics_sort() has run */
    size_t count;
    size_t errors;   /* those beyond the limit included */
    size_t left_out; /* found beyond the limit, any severity */
    struct diagnostic spare;
};

/* The new item, valid until the next one is added; beyond the limit one that nobody will see. */
struct diagnostic *diagnostics_add(struct diagnostics *list, enum severity severity,
                                   struct span span, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
bool diagnostics_full(const struct diagnostics *list);
/* By place, those without one last. Says at the end how many were left out. */
void diagnostics_sort(struct diagnostics *list);

#endif
