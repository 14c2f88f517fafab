#include "tests/fault/workers.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS = 6, SHOWN_MAX = 20 };

struct shared { /* by all workers */
    atomic_size_t next, wrong;
    atomic_long tallies[TALLIES], slowest_ms;
};

void must(bool holds, const char *what)
{
    if (holds)
        return;
    perror(what);
    abort();
}

static void play_one(struct shared *shared, size_t number, workers_play *play, void *self)
{
    struct text wrong = {0};
    struct tallies tallies = {0};
    play(self, number, &wrong, &tallies);
    for (int i = 0; i < TALLIES; i++)
        shared->tallies[i] += tallies.n[i];
    long slowest = shared->slowest_ms;
    while (tallies.slowest_ms > slowest &&
           !atomic_compare_exchange_weak(&shared->slowest_ms, &slowest, tallies.slowest_ms))
        continue;
    if (wrong.len && shared->wrong++ < SHOWN_MAX)
        fprintf(stderr, "--- case %zu: %s\n", number, wrong.data);
    text_clear(&wrong);
}

static _Noreturn void work(struct shared *shared, size_t count, workers_play *play, void *self)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (size_t number; (number = shared->next++) < count;)
        play_one(shared, number, play, self);
    fflush(stderr);
    _exit(0);
}

size_t workers_run(size_t count, workers_play *play, void *self, struct tallies *tallies)
{
    struct shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t workers[WORKERS];
    must(shared != MAP_FAILED, "mmap");
    fflush(NULL);
    for (int i = 0; i < WORKERS; i++)
        if ((workers[i] = fork()) == 0)
            work(shared, count, play, self);
    size_t wrong = 0;
    for (int i = 0; i < WORKERS; i++) {
        int status;
        must(waitpid(workers[i], &status, 0) == workers[i], "waitpid");
        if (status) {
            fprintf(stderr, "a worker ended with status %d\n", status);
            wrong++;
        }
    }
    wrong += shared->wrong;
    for (int i = 0; i < TALLIES; i++)
        tallies->n[i] += shared->tallies[i];
    tallies->slowest_ms = shared->slowest_ms;
    munmap(shared, sizeof *shared);
    return wrong;
}

size_t sample(size_t *chosen, size_t count, size_t wanted, unsigned seed)
{
    size_t n = 0;
    uint64_t random = seed;
    for (size_t i = 0; i < count; i++) { /* each with the chance that fills it exactly */
        random = random * 6364136223846793005u + 1442695040888963407u;
        if (wanted >= count || (random >> 33) % (count - i) < wanted - n)
            chosen[n++] = i;
    }
    return n;
}
