#include "providers/http/spare.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int connect_to(const struct curl_sockaddr *address)
{
    int fd = socket(address->family, address->socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                    address->protocol);
    if (fd < 0)
        return -1;
    if (connect(fd, &address->addr, address->addrlen) == 0 || errno == EINPROGRESS)
        return fd;
    close(fd);
    return -1;
}

void spares_open(struct spares *spares, const struct curl_sockaddr *address, size_t n)
{
    if (address->socktype != SOCK_STREAM || address->addrlen > sizeof(struct sockaddr_storage))
        return;
    for (; n && spares->count < SPARES_MAX; n--) {
        struct spare *spare = &spares->items[spares->count];
        spare->fd = connect_to(address);
        if (spare->fd < 0)
            return;
        memcpy(&spare->address, &address->addr, address->addrlen);
        spare->address_len = address->addrlen;
        spares->count++;
    }
}

/* Connected, without an error, and the other side has not closed it or spoken out of turn. */
static bool is_usable(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN | POLLOUT};
    return poll(&ready, 1, 0) == 1 && ready.revents == POLLOUT;
}

int spares_take(struct spares *spares, const struct curl_sockaddr *address)
{
    for (size_t i = 0; i < spares->count; i++) {
        struct spare *spare = &spares->items[i];
        if (spare->address_len != address->addrlen ||
            memcmp(&spare->address, &address->addr, address->addrlen) != 0)
            continue;
        int fd = spare->fd;
        *spare = spares->items[--spares->count];
        i--;
        if (is_usable(fd))
            return fd;
        close(fd);
    }
    return -1;
}

void spares_close(struct spares *spares)
{
    for (size_t i = 0; i < spares->count; i++)
        close(spares->items[i].fd);
    spares->count = 0;
}
