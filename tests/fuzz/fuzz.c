#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void fuzz_judge(bool holds, const char *property, const char *file, int line)
{
    if (holds)
        return;
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, property);
    abort();
}

void fuzz_judge_call(bool succeeded, const struct error *err, const char *call, const char *file,
                     int line)
{
    if (!succeeded)
        fprintf(stderr, "%s\n", err->message);
    fuzz_judge(succeeded, call, file, line);
}

static size_t accepted;

void fuzz_accepted(void)
{
    accepted++;
}

size_t fuzz_accepted_count(void)
{
    return accepted;
}

struct text fuzz_text(const uint8_t *data, size_t size)
{
    struct text text = {.data = malloc(size + 1), .len = size, .room = size + 1};
    must_hold(text.data);
    memcpy(text.data, data, size);
    text.data[size] = '\0';
    return text;
}

/* ---- files ---- */

static struct file {
    int fd;
    char path[64];
} files[2];

static void remove_files(void)
{
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (files[i].path[0])
            unlink(files[i].path);
}

static const char *file_with(struct file *file, const uint8_t *data, size_t size)
{
    if (!file->path[0]) {
        if (!files[0].path[0] && !files[1].path[0])
            atexit(remove_files);
        /* In memory where that is to be had: each input writes them anew. */
        const char *folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
        snprintf(file->path, sizeof file->path, "%s/switchover-fuzz-XXXXXX", folder);
        file->fd = mkstemp(file->path);
    }
    must_hold(file->fd >= 0 && ftruncate(file->fd, 0) == 0);
    must_hold(pwrite(file->fd, data, size, 0) == (ssize_t)size);
    return file->path;
}

const char *fuzz_file(const uint8_t *data, size_t size)
{
    return file_with(&files[0], data, size);
}

const char *fuzz_second_file(const uint8_t *data, size_t size)
{
    return file_with(&files[1], data, size);
}

/* ---- what is said about bad bytes ---- */

void fuzz_check_text(const char *text)
{
    must_hold(!text || text_utf8_prefix(text, strlen(text)) == strlen(text));
}

void fuzz_check_error(const struct error *err)
{
    must_hold(err->kind != ERROR_NONE);
    must_hold(err->message[0]);
    fuzz_check_text(err->message);
    fuzz_check_text(err->hint);
}

/* The line of that number, without its end; past the file's last line, nothing. */
static const char *line_at(const uint8_t *data, size_t size, unsigned number, size_t *n)
{
    const char *at = (const char *)data, *end = at + size, *stop;
    for (unsigned line = 1; line < number && at < end; line++) {
        stop = memchr(at, '\n', (size_t)(end - at));
        at = stop ? stop + 1 : end;
    }
    stop = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
    *n = (size_t)((stop ? stop : end) - at);
    return at;
}

static unsigned line_count(const uint8_t *data, size_t size)
{
    unsigned n = 1;
    for (size_t i = 0; i < size; i++)
        n += data[i] == '\n';
    return n;
}

static size_t characters(const char *s, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += (s[i] & 0xC0) != 0x80;
    return count;
}

static void check_place(const struct diagnostic *d, const uint8_t *data, size_t size)
{
    size_t n;
    must_hold((d->span.line == 0) == (d->span.column == 0));
    if (!d->span.line)
        return;
    must_hold(d->span.line <= line_count(data, size));
    must_hold(d->span.length >= 1);
    const char *line = line_at(data, size, d->span.line, &n);
    /* As it stands in the file, as far as a text can show it; not where it may hold a secret. */
    must_hold(memmem(line, n, d->line, strlen(d->line)));
    /* What is missing at the end of a line stands one behind it. Where a line is not UTF-8 its
     * characters cannot be counted. */
    if (text_utf8_prefix(line, n) == n)
        must_hold(d->span.column + d->span.length - 1 <= characters(line, n) + 1);
}

static bool in_order(const struct span *a, const struct span *b)
{
    if (!a->line || !b->line)
        return a->line || !b->line;
    return a->line < b->line || (a->line == b->line && a->column <= b->column);
}

void fuzz_check_diagnostics(const struct diagnostics *list, bool good, const uint8_t *data,
                            size_t size)
{
    bool placed = false;
    must_hold(good == (list->errors == 0));
    for (size_t i = 0; i < list->count; i++) {
        const struct diagnostic *d = &list->items[i];
        must_hold(d->message && *d->message);
        fuzz_check_text(d->message);
        fuzz_check_text(d->hint);
        check_place(d, data, size);
        must_hold(i == 0 || in_order(&list->items[i - 1].span, &d->span));
        placed = placed || (d->span.line && d->severity == SEVERITY_ERROR);
    }
    must_hold(good || placed);
}
