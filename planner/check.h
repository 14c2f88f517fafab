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

struct check_results { /* the checks that were asked; a zeroed one: none was */
    struct check_result *items;
    size_t count;
};

struct prober {
    void *self;
    /* Asks all n at once; fills verdict, observed and asked_at of each. Cannot fail: what hinders
     * it is a silent answer whose words say why, without any secret. */
    void (*ask)(void *self, struct check_result results[], size_t n, struct arena *arena,
                const struct subject *subject);
};

#define CHECK_KIND(k) (1u << CHECK_##k)
#define CHECKS_ALL    (CHECK_KIND(HTTP) | CHECK_KIND(METRIC) | CHECK_KIND(DOCUMENTS))

/* Asks the file's checks of these kinds (bits), all at once, into `arena`. Without a prober, or
 * such a check, nothing is asked. The results borrow the file's checks. */
void checks_ask(struct check_results *out, const struct prober *prober, const struct planfile *file,
                unsigned kinds, struct arena *arena, const struct subject *subject);

/* What was answered to a check, by its name: a plan has a copy of the file that was asked for.
 * NULL: it was not asked. */
const struct check_result *check_results_find(const struct check_results *results,
                                              const char *name);

#endif
