#include "providers/aws/ini_file.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "planner/base/memory.h"
#include "planner/base/text.h"

struct reader {
    struct ini_file *file;
    const char *at;    /* the next line */
    bool continues;    /* the line that inih has now is taken as more of the one before */
    bool has_previous; /* there is one before in this section */
};

/* fgets() over the text. inih's line buffer is known only here, so it is cleansed here too. */
static char *next_line(char *line, int size, void *self)
{
    struct reader *r = self;
    if (!*r->at) {
        OPENSSL_cleanse(line, (size_t)size);
        return NULL;
    }
    size_t n = strcspn(r->at, "\n");
    n += r->at[n] == '\n';
    memcpy(line, r->at, n);
    line[n] = '\0';
    size_t indent = strspn(r->at, " \t");
    r->continues = indent && r->has_previous;
    if (r->at[indent] == '[' && !r->continues)
        r->has_previous = false;
    r->at += n;
    return line;
}

static char *lower(const char *s, size_t n)
{
    char *out = memory_new(n + 1);
    for (size_t i = 0; i < n; i++)
        out[i] = (char)tolower((unsigned char)s[i]);
    return out;
}

static void add(struct ini_file *file, const char *section, char *key, const char *value)
{
    file->entries = memory_resize(file->entries, (file->count + 1) * sizeof *file->entries);
    file->entries[file->count++] =
        (struct ini_entry){memory_strdup(section), key, memory_strdup(value)};
}

/* inih gives a continued line as another value of the same name. */
static void add_below(struct ini_file *file, const char *section, const char *name,
                      const char *line)
{
    const char *equals = strchr(line, '=');
    if (!equals)
        return; /* the second line of a value: no setting that is read here has one */
    struct text key = {0};
    text_addf(&key, "%s.%.*s", name, (int)(equals - line), line);
    while (key.len && isspace((unsigned char)key.data[key.len - 1]))
        text_cut(&key, key.len - 1);
    const char *value = equals + 1;
    while (isspace((unsigned char)*value))
        value++;
    add(file, section, lower(key.data, key.len), value);
    text_clear(&key);
}

static int on_entry(void *self, const char *section, const char *name, const char *value)
{
    struct reader *r = self;
    if (r->continues)
        add_below(r->file, section, name, value);
    else
        add(r->file, section, lower(name, strlen(name)), value);
    r->has_previous = true;
    return 1;
}

static bool parse(struct ini_file *out, const char *path, const struct text *text,
                  struct error *err)
{
    struct reader r = {.file = out, .at = text_cstr(text)};
    /* A line on the heap as long as the whole file: the default cuts at 200 bytes, and an
     * aws_session_token is longer. */
    ini_use_stack = false;
    ini_max_line = ini_initial_alloc = (int)text->len + 3;
    ini_allow_realloc = false;
    ini_allow_inline_comments = false;
    int line = ini_parse_stream(next_line, &r, on_entry, &r);
    if (line == 0)
        return true;
    if (line < 0)
        memory_exhausted();
    error_set(err, ERROR_INPUT, "neither a [section] nor a \"name = value\"");
    snprintf(err->file, sizeof err->file, "%s", path);
    err->span.line = (unsigned)line;
    return false;
}

static bool read_whole(struct text *out, FILE *stream, const char *path, struct error *err)
{
    char bytes[4096];
    size_t n;
    while ((n = fread(bytes, 1, sizeof bytes, stream)) > 0) {
        text_add_bytes(out, bytes, n);
        if (out->len > INI_FILE_BYTES_MAX)
            break;
    }
    OPENSSL_cleanse(bytes, sizeof bytes);
    if (ferror(stream))
        return error_errno(err, ERROR_INPUT, errno, "cannot read %s", path);
    if (out->len > INI_FILE_BYTES_MAX)
        return error_set(err, ERROR_INPUT, "%s is larger than %d bytes", path, INI_FILE_BYTES_MAX);
    if (memchr(text_cstr(out), '\0', out->len))
        return error_set(err, ERROR_INPUT, "%s holds a NUL byte: it is not a text file", path);
    return true;
}

bool ini_file_read(struct ini_file *out, const char *path, struct error *err)
{
    *out = (struct ini_file){0};
    if (!path)
        return true;
    FILE *stream = fopen(path, "re");
    if (!stream && (errno == ENOENT || errno == ENOTDIR))
        return true;
    if (!stream)
        return error_errno(err, ERROR_INPUT, errno, "cannot open %s", path);
    setvbuf(stream, NULL, _IONBF, 0); /* no copy of a secret in a buffer that is not cleansed */

    struct text text = {0};
    bool done = read_whole(&text, stream, path, err) && parse(out, path, &text, err);
    fclose(stream);
    if (text.data)
        OPENSSL_cleanse(text.data, text.room);
    text_clear(&text);
    return done;
}

void ini_file_clear(struct ini_file *file)
{
    for (size_t i = 0; i < file->count; i++) {
        struct ini_entry *entry = &file->entries[i];
        OPENSSL_cleanse(entry->value, strlen(entry->value));
        free(entry->section);
        free(entry->key);
        free(entry->value);
    }
    free(file->entries);
    *file = (struct ini_file){0};
}

const char *ini_file_get(const struct ini_file *file, const char *section, const char *key)
{
    const char *value = NULL;
    for (size_t i = 0; i < file->count; i++)
        if (strcmp(file->entries[i].section, section) == 0 &&
            strcmp(file->entries[i].key, key) == 0)
            value = file->entries[i].value;
    return value;
}
