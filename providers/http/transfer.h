/*
 * One exchange as one curl transfer: sets the handle up, takes what comes in within the limits, and
 * says in the end how it went. Only http.c includes this.
 */
#ifndef PROVIDERS_HTTP_TRANSFER_H
#define PROVIDERS_HTTP_TRANSFER_H

#include <curl/curl.h>

#include "providers/http/http.h"
#include "providers/http/spare.h"

struct transfer {
    struct transfer *next;
    struct http_exchange *exchange;
    const struct http_options *options; /* no zeros: the defaults are filled in */
    struct spares *spares;
    int spare;  /* the one that curl got for this transfer; -1: none */
    CURL *easy; /* NULL while it waits for its start and when it is done */
    bool waits; /* for a connection that is on its way */
    struct curl_slist *headers;
    char curl_says[CURL_ERROR_SIZE];
    size_t header_bytes;
    bool headers_whole;
    bool too_large, sent_before; /* why a callback ended it */
    int64_t start_at;            /* this and the next two: monotonic ms */
    int64_t last_byte_at;
    curl_off_t uploaded;
    bool done;
};

/* The limits that hold for every handle of a client. */
void transfer_set_limits(CURL *easy, const struct http_options *options);
/* Where to, and whether past any proxy. */
void transfer_set_url(CURL *easy, const char *url, bool direct);
/* Readies `easy` for the exchange. False: it is done already, with an error. */
bool transfer_begin(struct transfer *t, CURL *easy);
/* Takes curl's result into the exchange; the easy handle is the caller's again. */
void transfer_end(struct transfer *t, CURLcode code);
/* Ends it for a reason of ours: HTTP_TIMED_OUT (idle) or HTTP_STOPPED. */
void transfer_stop(struct transfer *t, enum http_failure why);

#endif
