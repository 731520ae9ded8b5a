/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Monitor: when each target is probed, and what its outcomes make of it. The only writer
 * of the board's targets.
 */
#ifndef HEALTH_MONITOR_H
#define HEALTH_MONITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/board.h"
#include "conf/conf.h"
#include "conf/outcome.h"

struct event_base;
struct monitor;

/*
 * The event base must have so many priorities. Starts have the lowest: answers are read
 * and deadlines looked at first, so that a busy moment makes probes start late rather
 * than look late.
 */
#define MONITOR_PRIORITIES	3
#define MONITOR_START_PRIORITY	(MONITOR_PRIORITIES - 1)
#define MONITOR_STARTS_MAX	16	/* before the sockets are looked at again */

/* The verdict of a target is another than it was. */
typedef void (*monitor_changed_fn)(void *arg, uint32_t target, enum verdict_state before);

/* Starts from what the board knows, and probes from the next turn of the loop on. */
struct monitor *monitor_new(struct event_base *base, const struct conf *conf, struct board *board,
    monitor_changed_fn changed, void *arg);
void monitor_free(struct monitor *m); /* ends all probes; NULL is allowed */

const enum verdict_state *monitor_verdicts(const struct monitor *m); /* by target index; follows the changes */
bool monitor_settled(const struct monitor *m);                       /* no target is unknown */
/*
 * Take the verdicts that are newer on the board of the generation before; match: of
 * board_match(). It has gone on judging while this one got ready.
 */
void monitor_catch_up(struct monitor *m, const struct board *older, const uint32_t *match);

void monitor_age(struct monitor *m); /* call now and then: old verdicts become unknown */

/* Why the target's verdict is what it is, after another: "3 of 3 failed, last: connection refused". */
void monitor_explain(const struct monitor *m, uint32_t target, enum verdict_state before, char *text, size_t size);

#endif
