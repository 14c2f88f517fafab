/*
 * Checks: the plan file's own questions to the world (http, metric, documents), and the port that
 * asks them. providers/checks implements it; tests bring their own.
 */
#ifndef PLANNER_CHECK_H
#define PLANNER_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "planner/base/arena.h"
#include "planner/base/error.h"
#include "planner/planfile.h"
#include "planner/subject.h"

enum check_verdict {
    CHECK_NOT_ASKED,
    CHECK_GREEN,
    CHECK_RED,    /* an answer came, and it is not the wanted one */
    CHECK_SILENT, /* nobody answered, or not readably: never passes; red when it stays so */
};

struct check_result {
    const struct planfile_check *check;
    enum check_verdict verdict;
    const char *observed; /* "status 503, wanted 200"; arena's */
    int64_t asked_at;     /* wall */
    int64_t silent_since; /* wall: of the first silent answer in a row; 0: it is not silent */
};

struct prober {
    void *self;
    /* Asks all n at once; fills verdict, observed and asked_at of each. Cannot fail: what hinders
     * it is a silent answer whose words say why, without any secret. */
    void (*ask)(void *self, struct check_result results[], size_t n, struct arena *arena,
                const struct subject *subject);
};

#endif
