/*
 * Every block of memory that the calling thread gives back, and whether it still holds a secret.
 * For tests that are linked with --wrap=free,--wrap=realloc: what libraries free by themselves is
 * not seen.
 */
#ifndef TESTS_LEFTOVERS_H
#define TESTS_LEFTOVERS_H

#include <stddef.h>

/* `secrets` stays until the end. Other threads (a stand-in's) hold them as they please. */
void leftovers_watch(const char *const secrets[], size_t n);
/* How many blocks held one. */
int leftovers_end(void);
/* The first that one held; "" for none. */
const char *leftovers_first(void);

#endif
