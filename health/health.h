/*
 * The health process: probes, verdicts, plans, operators. Forked by the parent with a
 * configuration and a board; ends by LINK_RETIRE, or when the parent is gone.
 */
#ifndef HEALTH_HEALTH_H
#define HEALTH_HEALTH_H

#include <stdbool.h>

#include "conf/board.h"
#include "conf/conf.h"
#include "conf/counters.h"

struct health_start {
	const struct conf	*conf;
	struct board		*board;
	const struct counters	*counters;	/* read only here */
	const struct conf	*older_conf;	/* standby: of the generation in force, with its board */
	const struct board	*older_board;
	unsigned		 generation;
	bool			 standby;	/* a generation is being made: no plan goes out before LINK_ACTIVATE */
	int			 parent_fd;	/* link to the parent */
	int			 dns_fd;	/* link to dns */
	int			 control_fd;	/* listening control socket; -1: none */
};

/* Runs until retired. Privileges were dropped before, signals are at their defaults. */
_Noreturn void health_main(const struct health_start *start);

#endif
