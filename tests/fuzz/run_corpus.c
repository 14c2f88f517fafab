/*
 * Gives a fuzz target each file of a folder once, in the order of their names: how the corpora run
 * as ordinary tests, in builds that have no libFuzzer.
 *
 *   fuzz_NAME FOLDER
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

static char path[4096]; /* of the input that is being run: what a signal's handler names */

static void name_input(int number)
{
    static const char word[] = "with the input ";
    if (write(STDERR_FILENO, word, sizeof word - 1) > 0 &&
        write(STDERR_FILENO, path, strlen(path)) > 0 && write(STDERR_FILENO, "\n", 1) > 0)
        fflush(NULL);
    signal(number, SIG_DFL);
    raise(number);
}

static bool run_file(size_t *bytes)
{
    FILE *file = fopen(path, "rb");
    struct text text = {0};
    char piece[4096];
    size_t n;
    if (!file)
        return false;
    while ((n = fread(piece, 1, sizeof piece, file)) > 0)
        text_add_bytes(&text, piece, n);
    bool whole = !ferror(file);
    fclose(file);
    *bytes += text.len;
    /* At its very size, so that a read past the end is found. */
    uint8_t *exact = malloc(text.len ? text.len : 1);
    must_hold(exact);
    if (text.len)
        memcpy(exact, text.data, text.len);
    if (whole)
        LLVMFuzzerTestOneInput(exact, text.len);
    free(exact);
    text_clear(&text);
    return whole;
}

static int is_input(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
    struct dirent **entries;
    size_t bytes = 0;
    int count = argc == 2 ? scandir(argv[1], &entries, is_input, alphasort) : -1;
    if (count < 0) {
        perror(argc == 2 ? argv[1] : "usage: fuzz_NAME FOLDER");
        return 1;
    }
    signal(SIGABRT, name_input);
    signal(SIGSEGV, name_input);
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%s", argv[1], entries[i]->d_name);
        if (!run_file(&bytes)) {
            perror(path);
            return 1;
        }
        free(entries[i]);
    }
    free(entries);
    printf("fuzz: %d inputs, %zu accepted, %zu bytes, no finding\n", count, fuzz_accepted_count(),
           bytes);
    return count == 0 || fuzz_accepted_count() == 0;
}
