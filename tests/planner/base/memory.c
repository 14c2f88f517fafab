#include "tests/unit.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "planner/base/memory.h"

static void new_memory_is_zeroed(void **state)
{
    (void)state;
    unsigned char *p = memory_new(4096);
    for (size_t i = 0; i < 4096; i++)
        assert_int_equal(p[i], 0);
    free(p);
    free(memory_new(0));
}

static void resizing_keeps_what_was_there(void **state)
{
    (void)state;
    char *p = memory_resize(NULL, 4);
    memcpy(p, "abc", 4);
    p = memory_resize(p, 1 << 20);
    assert_string_equal(p, "abc");
    free(p);
    char *copy = memory_strdup("abc");
    assert_string_equal(copy, "abc");
    free(copy);
}

static void wiping_keeps_what_is_there(void **state)
{
    (void)state;
    char *p = memory_wiping_realloc(NULL, 4);
    memcpy(p, "abc", 4);
    for (size_t size = 4; size < 5000; size = size * 3 / 2 + 1) {
        p = memory_wiping_realloc(p, size);
        memset(p + 4, 'x', size - 4);
        assert_string_equal(p, "abc");
    }
    p = memory_wiping_realloc(p, 4);
    assert_string_equal(p, "abc");
    memory_wiping_free(p);
    memory_wiping_free(NULL);
}

/* The journal makes a crash harmless; a run that goes on without its memory would not be. */
static void exhaustion_says_so_and_aborts(void **state)
{
    (void)state;
    int ends[2], status;
    char said[256] = {0};
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        dup2(ends[1], STDERR_FILENO);
        memory_exhausted();
    }
    close(ends[1]);
    assert_true(read(ends[0], said, sizeof said - 1) > 0);
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_string_equal(said, "switchover: out of memory\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_memory_is_zeroed),
        cmocka_unit_test(resizing_keeps_what_was_there),
        cmocka_unit_test(wiping_keeps_what_is_there),
        cmocka_unit_test(exhaustion_says_so_and_aborts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
