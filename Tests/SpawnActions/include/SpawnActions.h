#ifndef SPAWN_ACTIONS_H
#define SPAWN_ACTIONS_H

#include <spawn.h>

/// Has the child begin in this folder.
int spawn_actions_enter(posix_spawn_file_actions_t *actions, const char *folder);

/// Has the child begin without any descriptor from this one on.
int spawn_actions_close_from(posix_spawn_file_actions_t *actions, int descriptor);

#endif
