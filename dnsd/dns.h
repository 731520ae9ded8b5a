/*
 * The dns process: answers, nothing else. Forked by the parent with the table built and
 * the sockets bound; ends by LINK_RETIRE, or when the parent is gone.
 */
#ifndef DNSD_DNS_H
#define DNSD_DNS_H

#include "conf/board.h"
#include "conf/conf.h"
#include "conf/counters.h"
#include "dnsd/listen.h"
#include "zones/table.h"

struct dns_start {
	const struct conf	*conf;
	struct table		*table;		/* this process is its writer from now on */
	const struct board	*board;
	struct counters		*counters;
	const struct listeners	*listeners;
	unsigned		 generation;
	int			 parent_fd;	/* link to the parent */
	int			 health_fd;	/* link to health */
};

_Noreturn void dns_main(const struct dns_start *start);

#endif
