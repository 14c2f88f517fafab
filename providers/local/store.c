#include "providers/local/store.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "planner/base/digest.h"
#include "planner/base/json.h"
#include "planner/base/memory.h"
#include "planner/base/time.h"
#include "providers/local/durable.h"
#include "providers/local/host.h"
#include "providers/local/lock.h"

enum { STOP_MAX = 4 * 1024, RESCUES_MAX = 100, REQUEST_TRIES = 3 };

static const char DIGITS[] = "0123456789";

struct local_store {
    struct durable_file file;
    struct durable_file stop;
    struct local_lock lock;
    const struct clock *clock;
    char last[DIGEST_HEX_SIZE]; /* of what was last loaded or written; "" for no file */
    struct text rescued;        /* where rescue() last wrote; "" nowhere */
    char rescued_digest[DIGEST_HEX_SIZE];
};

/* ---- the state's bytes ---- */

static bool read_state(struct text *out, bool *found, char digest[DIGEST_HEX_SIZE],
                       const struct local_store *s, struct error *err)
{
    digest[0] = '\0';
    if (!durable_read(out, found, s->file.path, LOCAL_STATE_MAX, DURABLE_REFUSE_LINKS, err))
        return false;
    if (*found)
        digest_sha256_hex(digest, text_cstr(out), out->len);
    return true;
}

static bool load(void *self, struct text *out, bool *found, struct error *err)
{
    struct local_store *s = self;
    return read_state(out, found, s->last, s, err);
}

/* Whether the file still is what this store last loaded or wrote. */
static bool is_as_we_left_it(const struct local_store *s, struct error *err)
{
    struct text there = {0};
    char digest[DIGEST_HEX_SIZE];
    bool found;

    bool ok = read_state(&there, &found, digest, s, err);
    text_clear(&there);
    if (!ok || strcmp(digest, s->last) == 0)
        return ok;
    if (!found)
        error_set(err, ERROR_STORAGE, "%s was removed by somebody else", s->file.path);
    else
        error_set(err, ERROR_STORAGE, "%s was %s by somebody else since this run read it",
                  s->file.path, *s->last ? "changed" : "created");
    return error_hint(err, "nothing was overwritten; find out who did it, then run again");
}

static bool replace(void *self, const char *bytes, size_t n, struct error *err)
{
    struct local_store *s = self;
    if (n > LOCAL_STATE_MAX)
        return error_set(err, ERROR_STORAGE, "the state is larger than %d bytes", LOCAL_STATE_MAX);
    if (!local_lock_held(&s->lock, err) || !is_as_we_left_it(s, err) ||
        !durable_replace(&s->file, bytes, n, err))
        return false;
    digest_sha256_hex(s->last, bytes, n);
    return true;
}

/* The length of the prefix that names the folder, with its slash; 0: the current one. */
static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

/* In the folder of the state (prefix up to its last slash) or, with `folder_len` 0, the current. */
static bool rescue_into(struct text *where, const char *path, size_t folder_len, const char *bytes,
                        size_t n, struct error *err)
{
    bool exists = true;
    for (int i = 1; exists && i <= RESCUES_MAX; i++) {
        text_cut(where, 0);
        text_add_bytes(where, path, folder_len);
        text_add(where, "errored");
        if (i > 1)
            text_addf(where, "-%d", i);
        text_add(where, ".state.json");
        if (durable_create(where->data, bytes, n, &exists, err))
            return true;
    }
    text_cut(where, 0);
    return false;
}

/* Whether what this store rescued before still lies there. */
static bool is_rescued_there(const struct local_store *s)
{
    struct text there = {0};
    char digest[DIGEST_HEX_SIZE] = "";
    struct error ignored;
    bool found = false;
    if (s->rescued.len && durable_read(&there, &found, s->rescued.data, LOCAL_STATE_MAX,
                                       DURABLE_REFUSE_LINKS, &ignored))
        digest_sha256_hex(digest, text_cstr(&there), there.len);
    text_clear(&there);
    return found && strcmp(digest, s->rescued_digest) == 0;
}

static bool rescue_again(const struct local_store *s, const char *bytes, size_t n,
                         struct error *err)
{
    struct durable_file file;
    if (!is_rescued_there(s))
        return false;
    durable_init(&file, s->rescued.data, false);
    bool ok = durable_replace(&file, bytes, n, err);
    durable_clear(&file);
    return ok;
}

static bool rescue(void *self, const char *bytes, size_t n, struct text *where, struct error *err)
{
    struct local_store *s = self;
    text_cut(where, 0);
    if (!rescue_again(s, bytes, n, err) &&
        !rescue_into(&s->rescued, s->file.path, folder_length(s->file.path), bytes, n, err) &&
        !rescue_into(&s->rescued, s->file.path, 0, bytes, n, err))
        return false;
    digest_sha256_hex(s->rescued_digest, bytes, n);
    text_add_bytes(where, s->rescued.data, s->rescued.len);
    return true;
}

/* What a crash left of one that was to replace its elder. Where another cutover's run rescues into
 * this folder at this moment, that goes on to the next name. */
static void sweep_rescued(const struct local_store *s)
{
    struct durable_file file;
    struct text path = {0};
    text_add_bytes(&path, s->file.path, folder_length(s->file.path));
    text_add(&path, "errored.state.json");
    durable_init(&file, path.data, false);
    durable_sweep(&file);
    durable_clear(&file);
    text_clear(&path);
}

/* Whether rescue() names files so. */
static bool is_rescued(const char *name)
{
    if (!text_starts(name, "errored") || !text_ends(name, ".state.json"))
        return false;
    const char *number = name + strlen("errored");
    return *number == '.' ||
           (*number == '-' && text_same(number + 1 + strspn(number + 1, DIGITS), ".state.json"));
}

struct copies {
    struct store_copy *list;
    size_t count;
    struct arena *arena;
};

static void add_copy(struct copies *copies, const char *path)
{
    struct text bytes = {0};
    struct error ignored;
    bool found;
    if (durable_read(&bytes, &found, path, LOCAL_STATE_MAX, DURABLE_REFUSE_LINKS, &ignored) &&
        found) {
        struct store_copy *copy =
            arena_append(copies->arena, &copies->list, &copies->count, sizeof *copies->list);
        copy->where = arena_strdup(copies->arena, path);
        copy->bytes = arena_strndup(copies->arena, text_cstr(&bytes), bytes.len);
        copy->n = bytes.len;
    }
    text_clear(&bytes);
}

static void add_rescued(struct copies *copies, const char *path, size_t folder_len)
{
    const char *folder = folder_len ? arena_strndup(copies->arena, path, folder_len) : "";
    const struct dirent *entry;
    DIR *entries = opendir(folder_len ? folder : ".");
    if (!entries)
        return;
    while ((entry = readdir(entries)))
        if (is_rescued(entry->d_name))
            add_copy(copies, arena_printf(copies->arena, "%s%s", folder, entry->d_name));
    closedir(entries);
}

static size_t find_copies(void *self, struct store_copy **out, struct arena *arena)
{
    const struct local_store *s = self;
    struct copies copies = {.arena = arena};
    size_t folder_len = folder_length(s->file.path);
    add_copy(&copies, arena_printf(arena, "%s.backup", s->file.path));
    add_rescued(&copies, s->file.path, folder_len);
    if (folder_len)
        add_rescued(&copies, s->file.path, 0);
    *out = copies.list;
    return copies.count;
}

/* ---- the lock and the request to stop ---- */

static bool lock(void *self, const char *command, int64_t timeout_ms, struct error *err)
{
    struct local_store *s = self;
    if (!local_lock_take(&s->lock, command, timeout_ms, err))
        return false;
    durable_sweep(&s->file);
    sweep_rescued(s);
    return true; /* a request that lies there may be for us already: a stale one names another id */
}

static bool holds_lock(void *self, struct error *err)
{
    const struct local_store *s = self;
    return local_lock_held(&s->lock, err);
}

static void unlock(void *self)
{
    struct local_store *s = self;
    struct error ignored;
    if (local_lock_held(&s->lock, &ignored)) {
        durable_sweep(&s->stop);
        (void)TEMP_FAILURE_RETRY(unlink(s->stop.path)); /* for us, or for somebody before us */
    }
    local_lock_release(&s->lock);
}

static bool holder(void *self, struct lock_holder *out, bool *held, struct arena *arena,
                   struct error *err)
{
    const struct local_store *s = self;
    return local_lock_holder(out, held, arena, s->lock.path, err);
}

static bool stop_requested(void *self)
{
    static const struct json_limits limits = {.max_bytes = STOP_MAX, .max_depth = 2};
    const struct local_store *s = self;
    struct json_document doc;
    struct text bytes = {0};
    struct error ignored; /* what cannot be read asks for nothing */
    bool found, asked = false;

    if (!*s->lock.id ||
        !durable_read(&bytes, &found, s->stop.path, STOP_MAX, DURABLE_REFUSE_LINKS, &ignored)) {
        text_clear(&bytes);
        return false;
    }
    if (found) {
        asked = json_read(&doc, text_cstr(&bytes), bytes.len, limits, &ignored) &&
                text_same(json_as_string(json_member(doc.root, "stop")), s->lock.id);
        json_document_clear(&doc);
    }
    text_clear(&bytes);
    return asked;
}

static bool write_request(struct local_store *s, const char *id, struct error *err)
{
    struct arena arena = {0};
    struct text bytes = {0};
    struct json_writer w = {.out = &bytes};
    char at[TIME_TEXT_SIZE];

    json_open_object(&w, NULL);
    json_put_string(&w, "stop", id);
    json_put_string(&w, "by", local_user_at_host(&arena));
    json_put_string(&w, "at", time_format(at, s->clock->wall(s->clock->self)));
    json_close_object(&w);
    bool ok = durable_replace(&s->stop, bytes.data, bytes.len, err);
    text_clear(&bytes);
    arena_clear(&arena);
    return ok;
}

static bool find_holder(struct lock_holder *out, bool *held, struct arena *arena,
                        const struct local_store *s, struct error *err)
{
    if (!local_lock_holder(out, held, arena, s->lock.path, err))
        return false;
    return !*held || out->id ||
           error_set(err, ERROR_LOCKED,
                     "the holder of %s has not said who it is, so it cannot be asked to stop",
                     s->lock.path);
}

static bool request_stop(void *self, struct error *err)
{
    struct local_store *s = self;
    struct arena arena = {0};
    struct lock_holder there;
    bool held, ok = false;

    /* Who lets go sweeps our half-written request away: then the next look finds nobody. */
    for (int tries = 0; !ok && tries < REQUEST_TRIES; tries++) {
        if (!find_holder(&there, &held, &arena, s, err))
            break;
        ok = !held || write_request(s, there.id, err);
    }
    arena_clear(&arena);
    return ok;
}

/* ---- opening ---- */

static char *beside(const char *path, const char *suffix)
{
    struct text name = {0};
    text_addf(&name, "%s%s", path, suffix);
    return text_steal(&name);
}

void local_store_open(struct store *out, const char *path, const struct clock *clock)
{
    struct local_store *s = memory_new(sizeof *s);
    char *lock_path = beside(path, ".lock"), *stop_path = beside(path, ".stop");

    s->clock = clock;
    durable_init(&s->file, path, true);
    durable_init(&s->stop, stop_path, false);
    local_lock_init(&s->lock, lock_path, clock);
    free(lock_path);
    free(stop_path);
    *out = (struct store){
        .self = s,
        .location = s->file.path,
        .load = load,
        .replace = replace,
        .lock = lock,
        .holds_lock = holds_lock,
        .unlock = unlock,
        .holder = holder,
        .stop_requested = stop_requested,
        .request_stop = request_stop,
        .rescue = rescue,
        .copies = find_copies,
    };
}

void local_store_close(struct store *store)
{
    struct local_store *s = store->self;
    unlock(s);
    local_lock_clear(&s->lock);
    text_clear(&s->rescued);
    durable_clear(&s->stop);
    durable_clear(&s->file);
    free(s);
    *store = (struct store){0};
}
