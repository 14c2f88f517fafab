/*
 * Preloaded into the tool: looks through every block of the heap that is given back, and at the end
 * through the stack that was used, for secrets that nobody has overwritten. For freed_secrets.py,
 * which says what is looked for and reads what was found.
 *
 * FREED_SECRETS: a file of lines "NAME HEX". FREED_SECRETS_LOG: where a line is added for each
 * block: "NAME WHERE OBJECT+OFFSET ...", the frames from the inside out.
 */
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECRETS = 64, NAME_SIZE = 64, SECRET_SIZE = 256, PIECE = 12, FRAMES = 24, LINE = 4096 };

extern void __libc_free(void *block);
extern void *__libc_realloc(void *block, size_t size);

struct secret {
    char name[NAME_SIZE];
    unsigned char bytes[SECRET_SIZE];
    size_t n;
};

/* A library that is preloaded has nowhere else to keep it. */
static struct {
    struct secret secrets[SECRETS];
    size_t count;
    int log;
    bool busy; /* what the search itself gives back is not searched */
} watch = {.log = -1};

static size_t from_hex(unsigned char *out, const char *hex)
{
    size_t n = 0;
    unsigned byte;
    while (n < SECRET_SIZE && sscanf(hex + 2 * n, "%2x", &byte) == 1)
        out[n++] = (unsigned char)byte;
    return n;
}

static void read_secrets(const char *path)
{
    char line[NAME_SIZE + 2 * SECRET_SIZE + 2];
    char hex[2 * SECRET_SIZE + 1];
    FILE *file = fopen(path, "re");
    while (file && watch.count < SECRETS && fgets(line, sizeof line, file)) {
        struct secret *s = &watch.secrets[watch.count];
        if (sscanf(line, "%63s %512s", s->name, hex) == 2 &&
            (s->n = from_hex(s->bytes, hex)) >= PIECE)
            watch.count++;
    }
    if (file)
        fclose(file);
    explicit_bzero(line, sizeof line);
    explicit_bzero(hex, sizeof hex);
}

/* The programs that the tool starts are not looked at. */
static bool is_the_tool(void)
{
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    const char *name = strrchr(path, '/');
    return name && strcmp(name, "/switchover") == 0;
}

__attribute__((constructor)) static void begin(void)
{
    const char *secrets = getenv("FREED_SECRETS"), *log = getenv("FREED_SECRETS_LOG");
    void *frame;
    watch.busy = true;
    if (secrets && log && is_the_tool()) {
        backtrace(&frame, 1); /* loads what it needs */
        watch.log = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        read_secrets(secrets);
    }
    watch.busy = watch.log < 0 || !watch.count;
}

/* Its start, middle or end: a block that was used again keeps a part only. */
static bool holds(const void *block, size_t n, const struct secret *s)
{
    const size_t at[] = {0, (s->n - PIECE) / 2, s->n - PIECE};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++)
        if (memmem(block, n, s->bytes + at[i], PIECE))
            return true;
    return false;
}

static void tell(const struct secret *s, const char *where)
{
    void *frames[FRAMES];
    char line[LINE];
    int count = backtrace(frames, FRAMES);
    size_t n = (size_t)snprintf(line, sizeof line, "%s %s", s->name, where);
    for (int i = 0; i < count && n < sizeof line - 1; i++) {
        Dl_info info;
        if (!dladdr(frames[i], &info) || !info.dli_fname)
            continue;
        n += (size_t)snprintf(line + n, sizeof line - n, " %s+%#lx", info.dli_fname,
                              (unsigned long)((uintptr_t)frames[i] - (uintptr_t)info.dli_fbase));
    }
    if (n > sizeof line - 2)
        n = sizeof line - 2;
    line[n++] = '\n';
    if (write(watch.log, line, n) < 0)
        abort();
}

static void look(const void *block, size_t n, const char *where)
{
    if (n < PIECE || !block || watch.busy)
        return;
    watch.busy = true;
    for (size_t i = 0; i < watch.count; i++)
        if (holds(block, n, &watch.secrets[i]))
            tell(&watch.secrets[i], where);
    watch.busy = false;
}

void free(void *block)
{
    if (block)
        look(block, malloc_usable_size(block), "free");
    __libc_free(block);
}

/* Where the block may move, it is moved here, so that what is left behind can be looked at. */
void *realloc(void *block, size_t size)
{
    if (!block || !size || watch.busy)
        return __libc_realloc(block, size);
    size_t old = malloc_usable_size(block);
    if (size <= old) {
        look((const char *)block + size, old - size, "realloc");
        return __libc_realloc(block, size);
    }
    void *larger = malloc(size);
    if (!larger)
        return NULL;
    memcpy(larger, block, old);
    look(block, old, "realloc");
    __libc_free(block);
    return larger;
}

/* What lies below the frame of the last function of all is left by those that have returned. */
__attribute__((destructor, noinline)) static void end(void)
{
    char line[256];
    uintptr_t here = (uintptr_t)__builtin_frame_address(0), from = 0, to;
    if (watch.busy)
        return;
    FILE *maps = fopen("/proc/self/maps", "re");
    while (maps && fgets(line, sizeof line, maps))
        if (sscanf(line, "%lx-%lx", &from, &to) == 2 && strstr(line, "[stack]"))
            break;
    if (maps)
        fclose(maps);
    if (from && from < here)
        look((const void *)from, here - from - sizeof line, "stack");
}
