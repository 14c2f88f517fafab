/*
 * Spare connections: sockets that are connected while a wave is under way, for the wider wave that
 * follows. libcurl opens a connection only when a request wants one, which would cost that wave a
 * round trip more; it takes a socket that is connected already (CURLOPT_OPENSOCKETFUNCTION with
 * CURL_SOCKOPT_ALREADY_CONNECTED, libcurl 7.21.5). The address is the one that libcurl chose for
 * the first, so names, proxies and address families stay its affair. TLS is still curl's, later.
 *
 * Only http.c and transfer.c include this.
 */
#ifndef PROVIDERS_HTTP_SPARE_H
#define PROVIDERS_HTTP_SPARE_H

#include <curl/curl.h>
#include <stddef.h>

enum { SPARES_MAX = 16 };

struct spare {
    int fd;
    struct sockaddr_storage address;
    socklen_t address_len;
};

struct spares { /* a zeroed one is empty */
    struct spare items[SPARES_MAX];
    size_t count;
};

/* Starts up to n connections to the address. One that cannot be had is left out silently: the
 * request that would have used it opens its own. */
void spares_open(struct spares *spares, const struct curl_sockaddr *address, size_t n);
/* A connected socket to the address, now the caller's; -1 when there is none. */
int spares_take(struct spares *spares, const struct curl_sockaddr *address);
void spares_close(struct spares *spares);

#endif
