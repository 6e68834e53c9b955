// Swift sees the C library without its extensions, and these functions are extensions.
#define _GNU_SOURCE
#include "SpawnActions.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

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

int pseudo_terminal_open(char *name, size_t size) {
    int descriptor = posix_openpt(O_RDWR | O_NOCTTY);
    if (descriptor < 0) return -1;
    fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    int result = grantpt(descriptor) == 0 && unlockpt(descriptor) == 0 ? ptsname_r(descriptor, name, size) : errno;
    if (result == 0) return descriptor;
    close(descriptor);
    errno = result;
    return -1;
}
