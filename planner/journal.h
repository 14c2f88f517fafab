/*
 * State made durable: the one place where the executor writes. A failed write is final: no forward
 * mutation after it (DESIGN, section 5); the bytes go to the store's rescue place, and are kept
 * for the caller to show where that failed too.
 */
#ifndef PLANNER_JOURNAL_H
#define PLANNER_JOURNAL_H

#include "planner/state.h"
#include "planner/store.h"

struct journal {
    struct state *state; /* borrowed */
    struct store *store;
    bool unlocked; /* the disk did not let the store be locked: `broken` too, and only a fallback
                      runs like that */
    bool broken;   /* a write failed: nothing is stored any more, each write only rescues */
    struct error why;
    struct text rescued; /* where the newest bytes went; "" nowhere */
    struct text unkept;  /* the newest bytes, when they went nowhere */
    int64_t last_minute_write_at;
};

/* Raises the serial and replaces the stored state. */
must_use bool journal_write(struct journal *journal, struct error *err);
/* The same, at most once a minute: for samples and waits. Failures are kept in `broken`. */
void journal_write_soon(struct journal *journal, int64_t now);
void journal_clear(struct journal *journal);

#endif
