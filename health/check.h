/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Check: one probe of one target, of whatever kind. A probe has one deadline and ends
 * once, in check_done(), with one outcome; or without any, in check_cancel().
 */
#ifndef HEALTH_CHECK_H
#define HEALTH_CHECK_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "conf/outcome.h"

struct checker;

struct probe {
	struct checker			*checker;
	const struct conf_check		*check;
	const struct conf_target	*target;
	uint64_t			 started_us;	/* CLOCK_MONOTONIC */
	void				*owner;		/* who asked: the monitor's */
	struct probe			*next;		/* the owner's list while it runs */
	struct event			 deadline;
	bool				 grace;		/* the deadline was put off once */
	/* the kind's own */
	void				*private;
	struct event			 io;
	int				 fd;		/* -1: none */
};

struct check_report {
	enum outcome	 outcome;
	unsigned	 number;	/* that goes with it: HTTP status; 0 none */
	const char	*detail;	/* for people; valid during the call; NULL: the outcome says it all */
};

/* A probe has ended. It is freed after the call. */
typedef void (*check_done_fn)(struct probe *p, const struct check_report *report);

/* Prepares every check of conf; one that cannot be prepared ends the process. */
struct checker *checker_new(struct event_base *base, const struct conf *conf, check_done_fn done);
void checker_free(struct checker *checker); /* no probe may run any more; NULL is allowed */

/* In two steps, for a probe may end while it is started. */
struct probe *check_probe(struct checker *checker, const struct conf_target *target, void *owner);
void check_start(struct probe *p);
void check_cancel(struct probe *p); /* frees it; done is not called */

#endif
