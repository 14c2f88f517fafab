#include "providers/http/spare.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

static int begin_to_connect(const struct curl_sockaddr *address)
{
    int fd = socket(address->family, address->socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                    address->protocol);
    if (fd >= 0 && connect(fd, &address->addr, address->addrlen) != 0 && errno != EINPROGRESS) {
        close(fd);
        fd = -1;
    }
    return fd;
}

void spares_open(struct spares *spares, const char *url, const struct curl_sockaddr *address,
                 size_t n, int64_t now)
{
    if (address->socktype != SOCK_STREAM || address->addrlen > sizeof spares->items[0].address)
        return;
    for (; n && spares->count < SPARES_MAX; n--) {
        int fd = begin_to_connect(address);
        if (fd < 0)
            return;
        struct spare *spare = &spares->items[spares->count++];
        *spare =
            (struct spare){.fd = fd, .url = url, .address_len = address->addrlen, .opened_at = now};
        memcpy(&spare->address, &address->addr, address->addrlen);
    }
}

static void forget(struct spares *spares, size_t i)
{
    spares->items[i] = spares->items[--spares->count];
}

enum spare_state { CONNECTING, CONNECTED, DEAD };

static enum spare_state state_of(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT | POLLRDHUP};
    int error = 0;
    socklen_t size = sizeof error;
    if (poll(&p, 1, 0) <= 0)
        return CONNECTING;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error)
        return DEAD;
    return p.revents == POLLOUT ? CONNECTED : DEAD; /* a server does not speak first */
}

enum spare_claim spares_claim(struct spares *spares, const char *url)
{
    bool coming = false;
    for (size_t i = 0; i < spares->count;) {
        struct spare *spare = &spares->items[i];
        if (spare->claimed || strcmp(spare->url, url) != 0) {
            i++;
            continue;
        }
        enum spare_state state = state_of(spare->fd);
        if (state == CONNECTED) {
            spare->claimed = true;
            return SPARE_READY;
        }
        if (state == CONNECTING) {
            coming = true;
            i++;
        } else {
            close(spare->fd);
            forget(spares, i);
        }
    }
    return coming ? SPARE_COMING : SPARE_NONE;
}

unsigned spares_to_poll(const struct spares *spares, struct curl_waitfd *out)
{
    unsigned n = 0;
    for (size_t i = 0; i < spares->count; i++)
        if (!spares->items[i].claimed && state_of(spares->items[i].fd) == CONNECTING)
            out[n++] = (struct curl_waitfd){.fd = spares->items[i].fd, .events = CURL_WAIT_POLLOUT};
    return n;
}

int spares_take(struct spares *spares, const struct curl_sockaddr *address)
{
    for (size_t i = 0; i < spares->count;) {
        const struct spare *spare = &spares->items[i];
        int fd = spare->fd;
        enum spare_state state = CONNECTING;
        if (spare->address_len == address->addrlen &&
            memcmp(&spare->address, &address->addr, address->addrlen) == 0)
            state = state_of(fd);
        if (state == CONNECTING) {
            i++;
            continue;
        }
        forget(spares, i);
        if (state == CONNECTED)
            return fd;
        close(fd);
    }
    return -1;
}

void spares_close_old(struct spares *spares, int64_t before, int64_t begun_before)
{
    for (size_t i = 0; i < spares->count;) {
        const struct spare *spare = &spares->items[i];
        if (spare->opened_at < before ||
            (spare->opened_at < begun_before && state_of(spare->fd) == CONNECTING)) {
            close(spare->fd);
            forget(spares, i);
        } else {
            i++;
        }
    }
}
