/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Control: what operators ask over the control socket. A line is a JSON object with a
 * "command"; the answer is a line: {"ok": true, ...} or {"ok": false, "error": "..."}.
 */
#ifndef HEALTH_CONTROL_H
#define HEALTH_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/board.h"
#include "conf/conf.h"
#include "conf/counters.h"
#include "conf/plan.h"

struct event_base;
struct control;

/* What may be looked at; the owner keeps it current. */
struct control_view {
	const struct conf	*conf;
	const struct board	*board;
	const struct counters	*counters;
	const struct plan	*plan;		/* in force */
	unsigned		 generation;
	uint64_t		 started_us;	/* CLOCK_MONOTONIC */
	bool			 first_round;	/* of probes: still under way */
};

/* What is to be done by others. */
enum control_deed { CONTROL_NOTHING, CONTROL_RELOAD, CONTROL_STOP };

typedef void (*control_ask_fn)(void *arg, enum control_deed deed);

/*
 * Answer one line (without its end): a line to free(), or NULL when the deed's result
 * will be the answer. *deed says what must be done.
 */
char *control_answer(const struct control_view *view, const char *line, size_t len, enum control_deed *deed);

/* Serve the listening socket, which stays the caller's. ask is called for deeds. */
struct control *
control_new(struct event_base *base, int fd, const struct control_view *view, control_ask_fn ask, void *arg);
void control_free(struct control *c);                                              /* NULL is allowed, here and below */
void control_reloaded(struct control *c, bool good, const char *text, size_t len); /* answers who waits */
void control_retire(struct control *c);        /* accept nobody any more, let go who is idle */
bool control_drained(const struct control *c); /* nobody waits for an answer or reads one */

#endif
