/* What a lock file says of its holder: the lock is seen whatever the file holds. */
#include <fcntl.h>
#include <unistd.h>

#include "providers/local/lock.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct lock_holder holder;
    struct error err;
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    bool held = false;
    const char *path = fuzz_file(data, size);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    must_hold(fd >= 0 && fcntl(fd, F_OFD_SETLK, &whole) == 0);
    must_hold(local_lock_holder(&holder, &held, &arena, path, &err));
    must_hold(held);
    if (holder.who)
        fuzz_accepted();
    fuzz_check_text(holder.id);
    fuzz_check_text(holder.who);
    fuzz_check_text(holder.since);
    fuzz_check_text(holder.command);
    close(fd);
    arena_clear(&arena);
    return 0;
}
