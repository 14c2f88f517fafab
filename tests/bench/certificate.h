/* A certificate for 127.0.0.1 that is made when it is needed: nothing in the repository expires. */
#ifndef TESTS_BENCH_CERTIFICATE_H
#define TESTS_BENCH_CERTIFICATE_H

#include <openssl/ssl.h>

/* A server's context whose certificate stands in `ca_file` too, for whoever is to trust it; NULL,
 * and the reason on standard error, if it cannot be made. */
SSL_CTX *certificate_context(const char *ca_file);
/* The same with one that ends so many seconds from now; or has ended. */
SSL_CTX *certificate_context_until(const char *ca_file, long seconds);

#endif
