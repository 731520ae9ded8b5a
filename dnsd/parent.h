/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parent: runs a generation's two children, starts them again when they die, makes
 * the next generation on reload, and hands over without losing a query.
 */
#ifndef DNSD_PARENT_H
#define DNSD_PARENT_H

/* Load file and run until SIGTERM or SIGINT. Returns the exit status. */
int parent_run(const char *file);

#endif
