/*
 * switchover, all of it, with an HTTP client that gives up sooner: a stalled connection is then a
 * matter of milliseconds. IMPATIENT=CONNECT,IDLE,WHOLE are the client's time-outs in milliseconds
 * (http.h); the waits before a retry are a hundredth of what they are. With ",FASTER" behind it
 * the clock that silence and the time to finish after a signal are taken by (cmd/wire.c) runs so
 * many times faster.
 */
#include <stdio.h>
#include <stdlib.h>

#include "providers/aws/retry.h"
#include "providers/http/http.h"
#include "providers/local/clock.h"

enum { SHORTER = 100 };

bool __real_http_client_new(struct http_client **out, const struct http_options *options,
                            struct error *err);
bool __wrap_http_client_new(struct http_client **out, const struct http_options *options,
                            struct error *err);
int64_t __real_local_clock_monotonic_now(void);
int64_t __wrap_local_clock_monotonic_now(void);
int64_t __real_retry_wait_ms(int attempts, double random);
int64_t __wrap_retry_wait_ms(int attempts, double random);

bool __wrap_http_client_new(struct http_client **out, const struct http_options *options,
                            struct error *err)
{
    struct http_options impatient = *options;
    const char *said = getenv("IMPATIENT");
    long long connect, idle, whole;
    if (said && sscanf(said, "%lld,%lld,%lld", &connect, &idle, &whole) == 3) {
        impatient.connect_timeout_ms = connect;
        impatient.idle_timeout_ms = idle;
        impatient.whole_timeout_ms = whole;
    }
    return __real_http_client_new(out, &impatient, err);
}

int64_t __wrap_retry_wait_ms(int attempts, double random)
{
    return __real_retry_wait_ms(attempts, random) / SHORTER;
}

int64_t __wrap_local_clock_monotonic_now(void)
{
    const char *said = getenv("IMPATIENT");
    long long faster;
    bool is_faster = said && sscanf(said, "%*d,%*d,%*d,%lld", &faster) == 1;
    return __real_local_clock_monotonic_now() * (is_faster ? faster : 1);
}
