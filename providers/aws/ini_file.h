/*
 * One of the files that AWS's tools share (~/.aws/config, ~/.aws/credentials), read with libinih as
 * botocore reads them: keys in any case, no comments behind a value, an indented "name = value" is
 * a setting below the key above it ("ecs.endpoint_url"), a later line of one key wins.
 *
 * The values may be secrets: ini_file_clear() cleanses them. No message contains one.
 */
#ifndef PROVIDERS_AWS_INI_FILE_H
#define PROVIDERS_AWS_INI_FILE_H

#include <stddef.h>

#include "planner/base/error.h"

enum { INI_FILE_BYTES_MAX = 1024 * 1024 };

/* libinih cuts the name of a section to 49 bytes without a word: names must be shorter. */
enum { INI_FILE_SECTION_MAX = 48 };

struct ini_entry {
    char *section; /* as it stands between the brackets */
    char *key;     /* in lower case; with a dot when it stands below another */
    char *value;
};

struct ini_file {
    struct ini_entry *entries; /* in the file's order */
    size_t count;
};

/* A file that is not there, or a NULL path, is an empty one. The file must be cleared also after
 * `false`; the error carries file and line. */
must_use bool ini_file_read(struct ini_file *out, const char *path, struct error *err);
void ini_file_clear(struct ini_file *file);

/* The last value of the key in the sections of that name, or NULL. */
const char *ini_file_get(const struct ini_file *file, const char *section, const char *key);

#endif
