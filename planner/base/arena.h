/*
 * Memory with one lifetime. A document, a snapshot, a plan and a state each own one arena; what
 * points into it is borrowed and dies with it. A zeroed arena is empty and ready.
 */
#ifndef PLANNER_BASE_ARENA_H
#define PLANNER_BASE_ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *newest;
    bool secret; /* no memory that it gives back still holds its bytes; set while it is empty */
};

/* Frees everything that came from the arena and leaves it empty, ready for use again. */
void arena_clear(struct arena *arena);

/* Zeroed, aligned for any type. Never NULL; size 0 gives a pointer that must not be read. */
void *arena_alloc(struct arena *arena, size_t size);

char *arena_strdup(struct arena *arena, const char *s); /* NULL gives NULL */
char *arena_strndup(struct arena *arena, const char *s, size_t n);
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *format, va_list ap)
    __attribute__((format(printf, 2, 0)));

/*
 * Appends one zeroed item to a growing array and returns it. `*items` and `*count` describe the
 * array; start with NULL and 0. The capacity is the next power of two, so nothing else is kept.
 * An older array stays behind in the arena: hold no pointer to items while appending.
 */
void *arena_append(struct arena *arena, void *items, size_t *count, size_t item_size);

#endif
