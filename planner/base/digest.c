#include "planner/base/digest.h"

#include <assert.h>
#include <openssl/evp.h>

void digest_sha256(unsigned char out[DIGEST_SIZE], const void *bytes, size_t n)
{
    unsigned len = 0;
    int done = EVP_Digest(bytes, n, out, &len, EVP_sha256(), NULL);
    assert(done == 1 && len == DIGEST_SIZE);
    (void)done;
}

void digest_hex(char *out, const unsigned char *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    *out = '\0';
}

void digest_sha256_hex(char out[DIGEST_HEX_SIZE], const void *bytes, size_t n)
{
    unsigned char raw[DIGEST_SIZE];
    digest_sha256(raw, bytes, n);
    digest_hex(out, raw, sizeof raw);
}
