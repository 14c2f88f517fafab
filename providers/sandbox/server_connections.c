#include "providers/sandbox/server_connections.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "providers/local/clock.h"

void connections_init(struct connections *connections)
{
    pthread_mutex_init(&connections->lock, NULL);
    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        connections->slots[i] = (struct connection_slot){.fd = -1};
}

void connections_clear(struct connections *connections)
{
    pthread_mutex_destroy(&connections->lock);
}

static bool may_end(const struct connection_slot *slot)
{
    return slot->fd >= 0 && (slot->phase == CONNECTION_IDLE || slot->phase == CONNECTION_READING);
}

static void end(struct connection_slot *slot)
{
    shutdown(slot->fd, SHUT_RDWR);
    slot->phase = CONNECTION_ENDING;
}

static void end_longest_idle(struct connections *connections)
{
    struct connection_slot *longest = NULL;
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        struct connection_slot *slot = &connections->slots[i];
        if (may_end(slot) && (!longest || slot->since_ms < longest->since_ms))
            longest = slot;
    }
    if (longest)
        end(longest);
}

struct connection_slot *connections_opened(struct connections *connections, int fd)
{
    struct connection_slot *own = NULL;
    size_t live = 0;
    pthread_mutex_lock(&connections->lock);
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        struct connection_slot *slot = &connections->slots[i];
        live += slot->fd >= 0 && slot->phase != CONNECTION_ENDING;
        if (slot->fd < 0)
            own = slot;
    }
    if (live >= CONNECTIONS_LIVE)
        end_longest_idle(connections);
    if (own)
        *own = (struct connection_slot){fd, CONNECTION_IDLE, local_clock_monotonic_now()};
    pthread_mutex_unlock(&connections->lock);
    return own;
}

void connections_closed(struct connections *connections, struct connection_slot *slot)
{
    if (!slot)
        return;
    pthread_mutex_lock(&connections->lock);
    slot->fd = -1;
    pthread_mutex_unlock(&connections->lock);
}

void connections_phase(struct connections *connections, struct connection_slot *slot,
                       enum connection_phase phase)
{
    if (!slot)
        return;
    pthread_mutex_lock(&connections->lock);
    if (slot->phase != CONNECTION_ENDING) {
        slot->phase = phase;
        slot->since_ms = local_clock_monotonic_now();
    }
    pthread_mutex_unlock(&connections->lock);
}

void connections_reap(struct connections *connections)
{
    int64_t now = local_clock_monotonic_now();
    pthread_mutex_lock(&connections->lock);
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        struct connection_slot *slot = &connections->slots[i];
        int64_t most = slot->phase == CONNECTION_IDLE ? IDLE_MAX_MS : REQUEST_MAX_MS;
        if (may_end(slot) && now - slot->since_ms > most)
            end(slot);
    }
    pthread_mutex_unlock(&connections->lock);
}
