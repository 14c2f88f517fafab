#include "planner/journal.h"

#include "planner/base/time.h"

/* The newest bytes replace what an earlier failure rescued. */
static void rescue(struct journal *journal, const struct text *bytes)
{
    struct store *store = journal->store;
    struct error ignored;
    text_cut(&journal->rescued, 0);
    text_cut(&journal->unkept, 0);
    if (store->rescue(store->self, bytes->data, bytes->len, &journal->rescued, &ignored))
        return;
    text_cut(&journal->rescued, 0);
    text_add_bytes(&journal->unkept, bytes->data, bytes->len);
}

static bool replace(struct journal *journal, const struct text *bytes)
{
    struct store *store = journal->store;
    if (journal->broken)
        return false;
    if (store->replace(store->self, bytes->data, bytes->len, &journal->why))
        return true;
    journal->broken = true;
    error_context(&journal->why, "the state cannot be written");
    return false;
}

bool journal_write(struct journal *journal, struct error *err)
{
    struct text bytes = {0};
    journal->state->serial++;
    state_write(&bytes, journal->state);
    bool written = replace(journal, &bytes);
    if (!written) {
        rescue(journal, &bytes);
        *err = journal->why;
    }
    text_clear(&bytes);
    return written;
}

void journal_write_soon(struct journal *journal, int64_t now)
{
    struct error kept;
    int64_t since = now - journal->last_minute_write_at; /* below 0: the clock was set back */
    if (journal->broken || (since >= 0 && since < MINUTE_MS))
        return;
    journal->last_minute_write_at = now;
    if (!journal_write(journal, &kept))
        return; /* `broken` tells the next that asks */
}

void journal_clear(struct journal *journal)
{
    text_clear(&journal->rescued);
    text_clear(&journal->unkept);
}
