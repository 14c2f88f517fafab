/*
 * The one error regime. A function that can fail because of the world is
 *
 *     bool f(out, subject, arguments, struct error *err)
 *
 * and returns false after filling *err; `err` is never NULL. Programming errors assert. Context
 * is put in front on the way up (error_context), never in place of what was there.
 *
 * An error owns no memory: it can be copied, kept and dropped. Texts that do not fit are cut.
 */
#ifndef PLANNER_BASE_ERROR_H
#define PLANNER_BASE_ERROR_H

#include <stdbool.h>
#include <stddef.h>

#define must_use __attribute__((warn_unused_result))

enum error_kind {
    ERROR_NONE,
    ERROR_USAGE,       /* arguments or environment */
    ERROR_INPUT,       /* a file that somebody wrote or handed over is not valid */
    ERROR_NOT_YET,     /* reserved by the format, not available in this version */
    ERROR_CREDENTIALS, /* none found, expired, or not accepted */
    ERROR_ACCESS,      /* AccessDenied: `aws_code` and the IAM action are in the message */
    ERROR_NOT_FOUND,   /* AWS says that the thing does not exist */
    ERROR_NETWORK,     /* no answer: the outcome of a mutation is then unknown */
    ERROR_SERVICE,     /* AWS answered, but with an error or with something unreadable */
    ERROR_STORAGE,     /* the disk or the state's store */
    ERROR_LOCKED,      /* somebody else holds the lock */
    ERROR_INTERRUPTED, /* a signal asked to stop */
};

/* A place in a file. Lines and columns count from 1; columns in code points; 0 is "not known". */
struct span {
    unsigned line, column, length;
};

struct error {
    enum error_kind kind;
    char message[1024]; /* what is wrong, one sentence, no full stop */
    char hint[512];     /* what to do about it; may be empty */
    char aws_code[64];  /* "AccessDenied", "Throttling"; empty when AWS did not speak */
    char request_id[64];
    int http_status; /* 0 when there was no answer */
    char file[256];  /* with `span`: the place in a file; may be empty */
    struct span span;
};

/* Fills *err anew. Always false, so that a caller can `return error_set(...)`. */
bool error_set(struct error *err, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same with errno's text behind the message. */
bool error_errno(struct error *err, enum error_kind kind, int number, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Puts "context: " in front of the message. Always false. */
bool error_context(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Sets the hint. Always false. */
bool error_hint(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

const char *error_kind_name(enum error_kind kind);

#endif
