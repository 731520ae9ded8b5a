/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Child: what every process that the parent forks does first: its name in ps, its
 * descriptors, its signals, its privileges.
 */
#ifndef DNSD_CHILD_H
#define DNSD_CHILD_H

#include <sys/types.h>
#include <stdbool.h>
#include <stddef.h>

/* Once, at the begin of main(): remembers where the arguments stand, for ps. */
void child_init(int argc, char **argv);

/*
 * Become the child called name ("dns"; its title is "relevod: dns"): all descriptors but
 * keep[n] and the standard ones are closed, signals get their defaults (those that a
 * terminal sends to the whole group are ignored), it dies with the parent, and as root
 * it becomes user (NULL: stays). Ends the process when that cannot be done.
 */
void child_enter(const char *name, pid_t parent, const char *user, int *keep, size_t n);

#endif
