/*
 * Connections opened ahead of their request. libcurl opens a connection when it has a request for
 * it and not before, so what could be done meanwhile, and a wave that is wider than the last, pay a
 * handshake. A spare is a socket that comes up beforehand; libcurl takes it where it would have
 * opened one (CURLOPT_OPENSOCKETFUNCTION with CURL_SOCKOPT_ALREADY_CONNECTED). The address is the
 * one that libcurl found, so names, proxies and address families stay its affair. Only TCP can be
 * had this way: TLS still costs its round trip.
 *
 * Only http.c and transfer.c include this.
 */
#ifndef PROVIDERS_HTTP_SPARE_H
#define PROVIDERS_HTTP_SPARE_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum { SPARES_MAX = 16 };

struct spare {
    int fd;
    const char *url; /* it was opened for; borrowed */
    struct sockaddr_storage address;
    unsigned address_len;
    int64_t opened_at;
    bool claimed;
};

/* A zeroed list is empty and ready. */
struct spares {
    struct spare items[SPARES_MAX];
    size_t count;
};

/* Begins to connect n sockets to that address; what fails or does not fit is left out. */
void spares_open(struct spares *spares, const char *url, const struct curl_sockaddr *address,
                 size_t n, int64_t now);

enum spare_claim {
    SPARE_NONE,   /* for that URL there is no more */
    SPARE_COMING, /* it is worth waiting for */
    SPARE_READY,  /* and no later claim is told of this one */
};

enum spare_claim spares_claim(struct spares *spares, const char *url);
/* What to wait for until the next claim may be answered otherwise; at most SPARES_MAX. */
unsigned spares_to_poll(const struct spares *spares, struct curl_waitfd *out);
/* A socket that is connected to that address, now the caller's, or -1. */
int spares_take(struct spares *spares, const struct curl_sockaddr *address);
/* Closes those that were opened before `before`, and those not yet connected that were opened
 * before `begun_before`. */
void spares_close_old(struct spares *spares, int64_t before, int64_t begun_before);

#endif
