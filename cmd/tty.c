#include "cmd/tty.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <termios.h>
#include <unistd.h>

#include "cmd/interrupt.h"

/* A window that is dragged changes its size many times a second, of which tmux tells four. Between
 * its sizes nothing that is drawn lands where it should. */
enum { TOGETHER_MS = 25, DRAG_STEP_MS = 300, DRAG_STEPS_MAX = 10 };

/* Leave the process, or suspend it, at once. SIGINT and its like are interrupt.c's. */
static const int deadly[] = {SIGABRT, SIGQUIT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTSTP};
enum { DEADLY = sizeof deadly / sizeof *deadly };

/* Global, because a signal handler has no argument. What a handler reads is written while it can
 * do nothing (`taken` is unset). */
static struct {
    volatile sig_atomic_t taken; /* the terminal is to be given back */
    volatile sig_atomic_t resize_fd;
    volatile sig_atomic_t suspensions;
    int in, out, wake_fd;
    struct termios theirs, ours;
    const char *greeting, *farewell;
    struct sigaction before[DEADLY];
} tty = {.resize_fd = -1, .wake_fd = -1};

static void say(const char *bytes)
{
    ssize_t written = bytes ? write(tty.out, bytes, strlen(bytes)) : 0;
    (void)written;
}

static bool in_foreground(void)
{
    return tcgetpgrp(tty.in) == getpgrp();
}

/* ---- what handlers do too ---- */

static void give_back(void)
{
    if (!tty.taken)
        return;
    tty.taken = 0;
    if (!in_foreground())
        return;
    say(tty.farewell);
    tcsetattr(tty.in, TCSANOW, &tty.theirs);
}

static void take(void)
{
    tty.taken = 1;
    tcsetattr(tty.in, TCSANOW, &tty.ours);
    say(tty.greeting);
}

/* A stop between the question and the answer would give back what is then taken again. */
static void take_unless_stopped(void)
{
    sigset_t all, mask;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &mask);
    if (!interrupt_happened(NULL))
        take();
    sigprocmask(SIG_SETMASK, &mask, NULL);
}

static struct sigaction *before(int number)
{
    size_t i = 0;
    while (i < DEADLY - 1 && deadly[i] != number)
        i++;
    return &tty.before[i];
}

/* The signal is blocked meanwhile: raised again, it comes once this has returned, and then meets
 * what it would have met without us. */
static void on_deadly(int number)
{
    int saved = errno;
    give_back();
    sigaction(number, before(number), NULL);
    raise(number);
    errno = saved;
}

static void on_suspend(int number)
{
    int saved = errno;
    bool taken = tty.taken;
    struct sigaction here;
    sigset_t only, mask;
    give_back();
    tty.suspensions = tty.suspensions + 1;
    sigaction(number, before(number), &here);
    sigemptyset(&only);
    sigaddset(&only, number);
    raise(number);
    sigprocmask(SIG_UNBLOCK, &only, &mask); /* here it stops, and here it goes on */
    sigprocmask(SIG_SETMASK, &mask, NULL);
    sigaction(number, &here, NULL);
    if (taken && in_foreground())
        take();
    errno = saved;
}

static void on_resize(int number)
{
    int saved = errno;
    uint64_t one = 1;
    (void)number;
    ssize_t written = write(tty.resize_fd, &one, sizeof one);
    (void)written;
    errno = saved;
}

/* ---- */

static void catch_signals(void)
{
    struct sigaction resize = {.sa_handler = on_resize, .sa_flags = SA_RESTART};
    sigemptyset(&resize.sa_mask);
    sigaction(SIGWINCH, &resize, NULL);
    for (size_t i = 0; i < DEADLY; i++) {
        struct sigaction action = {.sa_handler = deadly[i] == SIGTSTP ? on_suspend : on_deadly,
                                   .sa_flags = SA_RESTART};
        sigemptyset(&action.sa_mask);
        sigaction(deadly[i], NULL, &tty.before[i]);
        if (tty.before[i].sa_handler != SIG_IGN)
            sigaction(deadly[i], &action, NULL);
    }
}

static void release_signals(void)
{
    signal(SIGWINCH, SIG_DFL);
    for (size_t i = 0; i < DEADLY; i++)
        sigaction(deadly[i], &tty.before[i], NULL);
}

static bool open_wake(void)
{
    struct epoll_event key = {.events = EPOLLIN}, resize = {.events = EPOLLIN};
    tty.wake_fd = epoll_create1(EPOLL_CLOEXEC);
    tty.resize_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return tty.wake_fd >= 0 && tty.resize_fd >= 0 &&
           epoll_ctl(tty.wake_fd, EPOLL_CTL_ADD, tty.in, &key) == 0 &&
           epoll_ctl(tty.wake_fd, EPOLL_CTL_ADD, tty.resize_fd, &resize) == 0;
}

static void close_wake(void)
{
    int resize_fd = tty.resize_fd;
    tty.resize_fd = -1;
    if (resize_fd >= 0)
        close(resize_fd);
    if (tty.wake_fd >= 0)
        close(tty.wake_fd);
    tty.wake_fd = -1;
}

bool tty_enter(int in, int out, const char *greeting, const char *farewell)
{
    if (tty.wake_fd >= 0)
        return true;
    tty.in = in;
    tty.out = out;
    tty.greeting = greeting;
    tty.farewell = farewell;
    if (interrupt_happened(NULL) || tcgetattr(in, &tty.theirs) != 0 || !in_foreground())
        return false;
    if (!open_wake()) {
        close_wake();
        return false;
    }
    tty.ours = tty.theirs;
    tty.ours.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    tty.ours.c_cc[VMIN] = 0;
    tty.ours.c_cc[VTIME] = 0;
    interrupt_on_stop(give_back);
    catch_signals();
    take_unless_stopped();
    tty_drop();
    if (interrupt_happened(NULL)) {
        tty_leave();
        return false;
    }
    return true;
}

void tty_leave(void)
{
    if (tty.wake_fd < 0)
        return;
    if (in_foreground())
        tty_drop();
    give_back();
    interrupt_on_stop(NULL);
    release_signals();
    close_wake();
}

/* A shell that takes over puts the terminal in a state of its own. */
static bool is_as_we_left_it(void)
{
    struct termios now;
    return tcgetattr(tty.in, &now) == 0 && !(now.c_lflag & (ICANON | ECHO));
}

bool tty_is_ours(void)
{
    if (tty.wake_fd < 0 || interrupt_happened(NULL) || !in_foreground())
        return false;
    if (!tty.taken || !is_as_we_left_it())
        take_unless_stopped();
    return !interrupt_happened(NULL);
}

unsigned tty_suspensions(void)
{
    return (unsigned)tty.suspensions;
}

int tty_wake_fd(void)
{
    return tty.wake_fd;
}

static size_t read_some(char *bytes, size_t room)
{
    ssize_t n;
    do
        n = room ? read(tty.in, bytes, room) : 0;
    while (n < 0 && errno == EINTR);
    return n > 0 ? (size_t)n : 0;
}

/* Whether the window's size has changed; then it is for a moment what it will be. */
static bool was_resized(void)
{
    uint64_t times;
    struct pollfd more = {.fd = tty.resize_fd, .events = POLLIN};
    bool resized = read(tty.resize_fd, &times, sizeof times) > 0;
    for (int step = 0; resized && step < DRAG_STEPS_MAX; step++)
        if (poll(&more, 1, DRAG_STEP_MS) == 0 || read(tty.resize_fd, &times, sizeof times) <= 0)
            break;
    return resized;
}

size_t tty_read(char *bytes, size_t room, bool *resized)
{
    struct pollfd more = {.fd = tty.in, .events = POLLIN};
    *resized = was_resized();
    size_t n = read_some(bytes, room);
    while (n && n < room && poll(&more, 1, TOGETHER_MS) > 0) {
        size_t added = read_some(bytes + n, room - n);
        if (!added)
            break;
        n += added;
    }
    return n;
}

void tty_write(const char *bytes, size_t n)
{
    while (n && tty.taken) {
        ssize_t written = write(tty.out, bytes, n);
        if (written < 0 && errno != EINTR)
            return;
        bytes += written > 0 ? written : 0;
        n -= written > 0 ? (size_t)written : 0;
    }
}

void tty_drop(void)
{
    tcflush(tty.in, TCIFLUSH);
}
