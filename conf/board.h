/*
 * Board: what the health process last knew, in shared memory that outlives it.
 * The parent maps one per generation before it forks. The health process is the only
 * writer; a new health process carries on from it, the dns process starts from its
 * plan and shows its verdicts to dig. A reader believes nothing: values out of range read as unknown.
 */
#ifndef CONF_BOARD_H
#define CONF_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "conf/outcome.h"
#include "conf/plan.h"

struct board;

struct board_target {				/* a copy, by target index */
	enum verdict_state	state;
	unsigned		streak;		/* outcomes in a row against state, towards fall or rise */
	uint64_t		history;	/* newest in bit 0, 1 = good */
	unsigned		seen;		/* how many bits of history are real, at most 64 */
	uint64_t		since_ms;	/* of state; Unix time */
	uint64_t		probed_ms;	/* when the last counted outcome came; CLOCK_MONOTONIC; 0 never */
	uint64_t		started_ms;	/* when the last probe started; CLOCK_MONOTONIC; 0 never */
	enum outcome		outcome;	/* the last one */
	unsigned		number;		/* of it: HTTP status; 0 none */
	unsigned		latency_us;	/* of the last good one */
};

struct board *board_new(const struct conf *conf); /* all unknown, plan 0; ends the process without memory */
void board_free(struct board *b);                 /* unmaps; other processes keep theirs. NULL is allowed */

/*
 * Carry over what the old board knows: verdicts by the target's key, serving by service
 * name + provider + address, the plan's number. What is new starts as on a new board.
 */
void board_carry(struct board *b, const struct conf *conf, const struct board *old, const struct conf *old_conf);

/* For each target of conf the one of old_conf with the same key, or CONF_NO_TARGET. The caller frees. */
uint32_t *board_match(const struct conf *conf, const struct conf *old_conf);

void board_set_target(struct board *b, uint32_t target, const struct board_target *t);
struct board_target board_target(const struct board *b, uint32_t target);

/*
 * Write the services of list into the board, then number and time. Readers that overlap
 * try again (a sequence count); a writer killed midway leaves what board_plan() repairs:
 * any service left empty against its configuration is put to plan 0's.
 */
void board_set_plan(struct board *b, const struct conf *conf, const struct plan *plan, const uint32_t *list, size_t n);
void board_plan(const struct board *b, const struct conf *conf, struct plan *plan); /* plan: of plan_new() */
uint64_t board_plan_number(const struct board *b);
void board_raise_number(struct board *b, uint64_t number); /* not below it; by the parent, before activation */

void board_beat(struct board *b, uint64_t now_ms); /* the health process lives; CLOCK_MONOTONIC */
uint64_t board_last_beat(const struct board *b);   /* 0: none yet */

#endif
