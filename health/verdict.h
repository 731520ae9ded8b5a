/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verdict: is a target up, judged from the outcomes of its probes.
 * Pure: no clock, no socket, no log. Owned by its target.
 */
#ifndef HEALTH_VERDICT_H
#define HEALTH_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/outcome.h"

struct thresholds {
	unsigned	fall;		/* failures in a row that make it down; at least 1 */
	unsigned	rise;		/* good ones in a row that make it up; at least 1 */
	uint64_t	stale_ms;	/* an outcome older than this says nothing any more */
};

struct verdict {
	enum verdict_state	state;
	unsigned		streak;		/* outcomes in a row against state; when unknown, all alike */
	uint64_t		history;	/* newest in bit 0, 1 = good */
	unsigned		seen;		/* how many bits of history are real, at most 64 */
	uint64_t		probed_ms;	/* when the last counted outcome came; 0 never */
};

/* Take in one outcome that came at now_ms; true if the state changed. One that is not counted changes nothing. */
bool verdict_feed(struct verdict *v, const struct thresholds *t, enum outcome outcome, uint64_t now_ms);

/* The state as it can be believed at now_ms: unknown when the last outcome is too old. */
enum verdict_state verdict_at(const struct verdict *v, const struct thresholds *t, uint64_t now_ms);

#endif
