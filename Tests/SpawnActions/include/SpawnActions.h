#ifndef SPAWN_ACTIONS_H
#define SPAWN_ACTIONS_H

#include <spawn.h>
#include <stddef.h>

/// Has the child begin in this folder.
int spawn_actions_enter(posix_spawn_file_actions_t *actions, const char *folder);

/// Has the child begin without any descriptor from this one on.
int spawn_actions_close_from(posix_spawn_file_actions_t *actions, int descriptor);

/// Opens the side of a new terminal at which somebody sits, and writes into `name` where a program finds the other; -1 and `errno` if it
/// cannot.
int pseudo_terminal_open(char *name, size_t size);

#endif
