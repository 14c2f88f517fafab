/* A temporary folder for one test, and the files in it. Everything fails the test that fails. */
#ifndef TESTS_FOLDER_H
#define TESTS_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "planner/base/text.h"

/* A new empty folder; free() the path, after folder_remove(). */
char *folder_new(void);
void folder_remove(char *path); /* with all that is in it; frees path */

/* "FOLDER/NAME"; free() it. */
char *folder_path(const char *folder, const char *name);
void folder_write(const char *folder, const char *name, const char *content);
/* The whole content (free() it), or NULL where there is no such file. */
char *folder_read(const char *folder, const char *name);
bool folder_has(const char *folder, const char *name); /* symbolic links are not followed */
/* How many entries a folder has. */
size_t folder_count(const char *folder);

#endif
