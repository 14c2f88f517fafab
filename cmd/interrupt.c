#include "cmd/interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Globals, because a signal handler has no argument. Set once, then only by the handler. */
static volatile sig_atomic_t happened;
static volatile sig_atomic_t wake_fd = -1;
static void (*volatile on_stop)(void);

static const int stop_signals[] = {SIGINT, SIGTERM, SIGHUP};
enum { STOP_SIGNALS = sizeof stop_signals / sizeof *stop_signals };

static bool is_caught(int number)
{
    struct sigaction now;
    return sigaction(number, NULL, &now) == 0 && now.sa_handler != SIG_IGN;
}

/* A closing terminal sends SIGHUP twice, from the shell and from the kernel: only to a person's
 * second signal may the process die. */
static void restore(int number, int received)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    if (number == SIGHUP && received == SIGHUP)
        action.sa_handler = SIG_IGN;
    if (is_caught(number))
        sigaction(number, &action, NULL);
}

static void on_signal(int received)
{
    int saved = errno;
    happened = 1;
    uint64_t one = 1;
    ssize_t written = write(wake_fd, &one, sizeof one);
    (void)written;
    void (*hook)(void) = on_stop;
    if (hook)
        hook();
    for (size_t i = 0; i < STOP_SIGNALS; i++)
        restore(stop_signals[i], received);
    errno = saved;
}

void interrupt_ignore_pipes(void)
{
    struct sigaction action = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &action, NULL);
}

void interrupt_watch(void)
{
    interrupt_fd();
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < STOP_SIGNALS; i++)
        sigaddset(&action.sa_mask, stop_signals[i]);
    for (size_t i = 0; i < STOP_SIGNALS; i++)
        if (is_caught(stop_signals[i]))
            sigaction(stop_signals[i], &action, NULL);
}

bool interrupt_happened(void *unused)
{
    (void)unused;
    return happened;
}

void interrupt_on_stop(void (*hook)(void))
{
    on_stop = hook;
}

int interrupt_fd(void)
{
    if (wake_fd < 0)
        wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return wake_fd;
}
