#include "providers/local/random.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <sys/random.h>

#include "planner/base/digest.h"

bool local_random_hex(char *out, size_t digits, struct error *err)
{
    unsigned char random[32];
    assert(digits % 2 == 0 && digits / 2 <= sizeof random);
    /* Requests of up to 256 bytes are answered whole and are not interrupted (getrandom(2)). */
    if (getrandom(random, digits / 2, 0) < 0)
        return error_errno(err, ERROR_STORAGE, errno, "cannot get random bytes");
    digest_hex(out, random, digits / 2);
    return true;
}

bool local_random_uuid(char out[LOCAL_UUID_SIZE], struct error *err)
{
    static const char variants[] = "89ab";
    char hex[33] = {0};
    if (!local_random_hex(hex, sizeof hex - 1, err))
        return false;
    hex[12] = '4';
    hex[16] = variants[(unsigned char)hex[16] % 4];
    snprintf(out, LOCAL_UUID_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
             hex + 20);
    return true;
}
