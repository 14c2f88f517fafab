/*
 * The keys of somebody who looks on while a run waits: the port struct wishes over a terminal.
 *
 *   r  take the traffic back; asked once, and only y is a yes
 *   c  end this wait here
 *   p  stop here
 *
 * Nothing is taken for a key that was typed ahead of the wait, or that came with others at once (a
 * pasted text, an arrow key); nor for an answer what came so soon behind the question that nobody
 * can have read it, or so soon behind another letter that it is a word's.
 */
#ifndef CMD_KEYS_H
#define CMD_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "planner/wish.h"
#include "providers/local/clock.h"

enum {
    KEYS_TOO_SOON_MS = 300,
    KEYS_QUESTION_MS = 30000, /* how long the question stands */
};

#define KEYS_QUESTION "Take the traffic back now? y/n"

/* What is made of them, without a terminal. Times are real and monotonic, in milliseconds. */
struct keys_mind {
    bool cannot_revert; /* a revert that waits: r is no key */
    bool asks;          /* the question stands */
    int64_t asked_at;
    int64_t
        other_at; /* r, and what came so soon behind it that it is no answer, nor what follows */
};
/* `n` bytes that came together; 0: only time has passed. */
enum wish keys_hear(struct keys_mind *mind, const char *bytes, size_t n, int64_t now);

struct keys {
    struct keys_mind mind;
    bool listens; /* between keys_listen() and keys_rest() */
    bool ours;    /* and the terminal was there to be read when it was last looked at */
    struct local_clock *clock;   /* whose waits a key ends */
    void (*changed)(void *self); /* the question came or went, or the window's size changed */
    void *changed_self;
};

/* Nothing is heard before keys_listen(). `changed` is the view's to set. */
void keys_init(struct keys *keys, struct local_clock *clock, bool cannot_revert);

/* Begin and end with a wait. Without a terminal in the foreground there are no keys. */
void keys_listen(struct keys *keys);
void keys_rest(struct keys *keys);

struct wishes keys_wishes(struct keys *keys);

#endif
