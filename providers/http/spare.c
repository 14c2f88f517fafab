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

void spares_open(struct spares *spares, const struct curl_sockaddr *address, size_t n, int64_t now)
{
    if (address->socktype != SOCK_STREAM || address->addrlen > sizeof spares->items[0].address)
        return;
    for (; n && spares->count < SPARES_MAX; n--) {
        int fd = begin_to_connect(address);
        if (fd < 0)
            return;
        struct spare *spare = &spares->items[spares->count++];
        *spare = (struct spare){
            .fd = fd, .address_len = address->addrlen, .opened_at = now, .wave = spares->wave};
        memcpy(&spare->address, &address->addr, address->addrlen);
    }
}

static void forget(struct spares *spares, size_t i)
{
    spares->items[i] = spares->items[--spares->count];
}

enum spare_state { SPARE_CONNECTING, SPARE_READY, SPARE_DEAD };

static enum spare_state state_of(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT | POLLRDHUP};
    int error = 0;
    socklen_t size = sizeof error;
    if (poll(&p, 1, 0) <= 0)
        return SPARE_CONNECTING;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error)
        return SPARE_DEAD;
    return p.revents == POLLOUT ? SPARE_READY : SPARE_DEAD; /* a server does not speak first */
}

int spares_take(struct spares *spares, const struct curl_sockaddr *address)
{
    for (size_t i = 0; i < spares->count;) {
        struct spare *spare = &spares->items[i];
        int fd = spare->fd;
        enum spare_state state = SPARE_CONNECTING;
        if (spare->wave != spares->wave && spare->address_len == address->addrlen &&
            memcmp(&spare->address, &address->addr, address->addrlen) == 0)
            state = state_of(fd);
        if (state == SPARE_CONNECTING) {
            i++;
            continue;
        }
        forget(spares, i);
        if (state == SPARE_READY)
            return fd;
        close(fd);
    }
    return -1;
}

void spares_close_old(struct spares *spares, int64_t before)
{
    for (size_t i = 0; i < spares->count;)
        if (spares->items[i].opened_at < before) {
            close(spares->items[i].fd);
            forget(spares, i);
        } else {
            i++;
        }
}
