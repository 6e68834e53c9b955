// Swift sees the C library without its extensions, and both functions are extensions.
#define _GNU_SOURCE
#include "SpawnActions.h"

int spawn_actions_enter(posix_spawn_file_actions_t *actions, const char *folder) {
    return posix_spawn_file_actions_addchdir_np(actions, folder);
}

int spawn_actions_close_from(posix_spawn_file_actions_t *actions, int descriptor) {
#ifdef __APPLE__
    // POSIX_SPAWN_CLOEXEC_DEFAULT does it there.
    return 0;
#else
    return posix_spawn_file_actions_addclosefrom_np(actions, descriptor);
#endif
}
