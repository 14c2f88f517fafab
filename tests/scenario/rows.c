#include "tests/unit.h"

#include "tests/scenario/rows.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* They sleep nineteen parts of twenty; their worlds' clocks run on where a processor is busy. */
enum { ROWS_AT_ONCE = 7 };

struct row {
    pid_t pid; /* 0: none is played here */
    int said;
};

static _Noreturn void be_the_row(int said, pid_t parent, size_t number,
                                 int (*play)(void *self, size_t row), void *self)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || dup2(said, STDOUT_FILENO) < 0 || dup2(said, STDERR_FILENO) < 0)
        _exit(126);
    int failed = play(self, number);
    exit(failed ? 1 : 0);
}

static void begin(struct row *row, size_t number, int (*play)(void *self, size_t row), void *self)
{
    pid_t parent = getpid();
    fflush(NULL); /* or the child says it again */
    row->said = memfd_create("row", MFD_CLOEXEC);
    assert_true(row->said >= 0);
    row->pid = fork();
    assert_true(row->pid >= 0);
    if (row->pid == 0)
        be_the_row(row->said, parent, number, play, self);
}

static void print(int said)
{
    char block[4096];
    ssize_t n;
    for (off_t at = 0; (n = pread(said, block, sizeof block, at)) > 0; at += n)
        fwrite(block, 1, (size_t)n, stdout);
}

/* Whichever ends first; whether it was well. */
static bool end_one(struct row rows[ROWS_AT_ONCE])
{
    int status;
    pid_t pid = wait(&status);
    assert_true(pid > 0);
    for (size_t i = 0; i < ROWS_AT_ONCE; i++)
        if (rows[i].pid == pid) {
            print(rows[i].said);
            close(rows[i].said);
            rows[i].pid = 0;
        }
    if (WIFSIGNALED(status))
        printf("a row died of signal %d\n", WTERMSIG(status));
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

size_t rows_play(size_t count, int (*play)(void *self, size_t row), void *self)
{
    struct row rows[ROWS_AT_ONCE] = {0};
    size_t failed = 0, begun = 0, ended = 0;
    if (count == 1)
        return play(self, 0) ? 1 : 0;
    while (ended < count) {
        for (size_t i = 0; i < ROWS_AT_ONCE && begun < count; i++)
            if (!rows[i].pid)
                begin(&rows[i], begun++, play, self);
        failed += !end_one(rows);
        ended++;
    }
    printf("%zu rows, %zu failed\n", count, failed);
    return failed;
}
