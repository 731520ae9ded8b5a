/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trial: the files of a reload, read in a process of its own first, so that nothing in
 * them (a crash of a parser, memory without end) can hurt the parent.
 */
#ifndef DNSD_TRIAL_H
#define DNSD_TRIAL_H

#include <sys/types.h>
#include <stdbool.h>

struct event_base;
struct trial;

/* complaints: lines of text, "" when good; valid during the call. */
typedef void (*trial_done_fn)(void *arg, bool good, const char *complaints);

struct trial *trial_start(struct event_base *base, const char *file, trial_done_fn done, void *arg); /* NULL: errno */
pid_t trial_pid(const struct trial *t);

/* The process was reaped with that status: calls done, and frees t. */
void trial_ended(struct trial *t, int status);

void trial_kill(struct trial *t); /* trial_ended() follows */

#endif
