/*
 * Connections opened ahead of their request. libcurl opens a connection when it has a request for
 * it and not before, so a wave that is wider than the last pays a handshake for the difference. A
 * spare is a socket that comes up while the wave before is under way; libcurl takes it where it
 * would have opened one (CURLOPT_OPENSOCKETFUNCTION with CURL_SOCKOPT_ALREADY_CONNECTED). The
 * address is the one that libcurl found, so names, proxies and address families stay its affair.
 * Only TCP can be had this way: TLS still costs its round trip.
 *
 * Only http.c and transfer.c include this.
 */
#ifndef PROVIDERS_HTTP_SPARE_H
#define PROVIDERS_HTTP_SPARE_H

#include <curl/curl.h>
#include <stdint.h>
#include <sys/socket.h>

enum { SPARES_MAX = 16 };

struct spare {
    int fd;
    struct sockaddr_storage address;
    unsigned address_len;
    int64_t opened_at;
    unsigned wave;
};

/* A zeroed list is empty and ready. */
struct spares {
    struct spare items[SPARES_MAX];
    size_t count;
    unsigned wave; /* the one under way, which leaves alone what is opened for the next */
};

/* Begins to connect n sockets to that address; what fails or does not fit is left out. */
void spares_open(struct spares *spares, const struct curl_sockaddr *address, size_t n, int64_t now);
/* A socket that is connected to that address, now the caller's, or -1. */
int spares_take(struct spares *spares, const struct curl_sockaddr *address);
/* Closes those that were opened before `before`. */
void spares_close_old(struct spares *spares, int64_t before);

#endif
