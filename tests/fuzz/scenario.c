/* The sandbox's scenario file: what is accepted makes a world that lives. */
#include "providers/sandbox/scenario.h"

#include "providers/sandbox/world.h"
#include "tests/fuzz/fuzz.h"

enum { MINUTE = 60000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0}, texts = {0};
    struct diagnostics list = {.arena = &texts, .file = "scenario.yaml"};
    struct world_setup setup;
    bool good = scenario_read(&setup, &arena, (const char *)data, size, &list);
    fuzz_check_diagnostics(&list, good, data, size);
    if (good) {
        fuzz_accepted();
        struct world *world = world_new(&setup);
        arena_clear(&arena); /* the setup is copied */
        world_advance(world, world->setup->epoch_at + 5 * MINUTE);
        world_free(world);
    }
    arena_clear(&arena);
    arena_clear(&texts);
    return 0;
}
