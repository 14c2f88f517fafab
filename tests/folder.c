#include "tests/unit.h"

#include "tests/folder.h"

#include <dirent.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "planner/base/memory.h"

char *folder_new(void)
{
    const char *base = getenv("TMPDIR");
    struct text path = {0};
    text_addf(&path, "%s/switchover-test-XXXXXX", base && *base ? base : "/tmp");
    assert_non_null(mkdtemp(path.data));
    char *real = realpath(path.data, NULL);
    assert_non_null(real);
    text_clear(&path);
    return real;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st, (void)kind, (void)ftw;
    return remove(path);
}

void folder_remove(char *path)
{
    assert_int_equal(nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
    free(path);
}

char *folder_path(const char *folder, const char *name)
{
    struct text path = {0};
    text_addf(&path, "%s/%s", folder, name);
    return text_steal(&path);
}

void folder_write(const char *folder, const char *name, const char *content)
{
    char *path = folder_path(folder, name);
    FILE *file = fopen(path, "we");
    if (!file)
        fail_msg("cannot write %s", path);
    assert_int_equal(fwrite(content, 1, strlen(content), file), strlen(content));
    assert_int_equal(fclose(file), 0);
    free(path);
}

char *folder_read(const char *folder, const char *name)
{
    char *path = folder_path(folder, name);
    FILE *file = fopen(path, "re");
    free(path);
    if (!file)
        return NULL;
    struct text out = {0};
    int c;
    while ((c = getc(file)) != EOF)
        text_add_char(&out, (char)c);
    assert_int_equal(fclose(file), 0);
    return text_steal(&out);
}

bool folder_has(const char *folder, const char *name)
{
    struct stat st;
    char *path = folder_path(folder, name);
    bool there = lstat(path, &st) == 0;
    free(path);
    return there;
}

size_t folder_count(const char *folder)
{
    DIR *entries = opendir(folder);
    size_t n = 0;
    assert_non_null(entries);
    while (readdir(entries))
        n++;
    assert_int_equal(closedir(entries), 0);
    return n - 2; /* without . and .. */
}
