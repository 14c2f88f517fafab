/* SHA-256 (OpenSSL), as the tool writes it everywhere: 64 lower-case hexadecimal digits. */
#ifndef PLANNER_BASE_DIGEST_H
#define PLANNER_BASE_DIGEST_H

#include <stddef.h>

enum { DIGEST_HEX_SIZE = 65, DIGEST_SIZE = 32 };

void digest_sha256(unsigned char out[DIGEST_SIZE], const void *bytes, size_t n);
void digest_sha256_hex(char out[DIGEST_HEX_SIZE], const void *bytes, size_t n);
void digest_hex(char *out, const unsigned char *bytes, size_t n); /* writes 2 n + 1 bytes */

#endif
