/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Generation: one configuration with all that was made of it. Immutable once made; a
 * reload makes the next one.
 */
#ifndef DNSD_GENERATION_H
#define DNSD_GENERATION_H

#include <sys/types.h>
#include <stdbool.h>

#include "conf/board.h"
#include "conf/conf.h"
#include "dnsd/listen.h"
#include "zones/table.h"

struct generation;

struct child {				/* run by parent.c */
	const char	*name;		/* "dns", "health" */
	struct generation *generation;	/* whose child it is */
	void		*owner;		/* the parent's own */
	pid_t		 pid;		/* 0: none runs */
	struct link	*link;		/* to it */
	struct event	*again;		/* starts it again after a pause */
	unsigned	 quick_deaths;	/* in a row, soon after its start */
	uint64_t	 started_ms;	/* CLOCK_MONOTONIC */
	bool		 ready;
	bool		 serving;	/* dns: reads its sockets */
};

struct generation {
	unsigned		 number;
	struct conf		*conf;
	struct table		*table;
	struct board		*board;
	struct listeners	*listeners;
	struct control_socket	 control;
	bool			 control_borrowed;	/* the older generation's */
	struct child		 dns;
	struct child		 health;
};

/* Read and check the files, and nothing else: what relevod -n does. Complaints go to c. */
void generation_check(const char *file, struct complaints *c);

/*
 * Read the files and make everything that the children need. older (NULL: none) lends
 * its sockets and what is known of targets. NULL with mistakes in c.
 */
struct generation *generation_make(const char *file, const struct generation *older, struct complaints *c);

/* Not taken: close what was opened for it alone, and free. Its children are gone. NULL is allowed. */
void generation_abandon(struct generation *g);

/* Taken: the sockets that only older had are closed. older keeps the rest until generation_free(). */
void generation_adopt(struct generation *g, struct generation *older);
void generation_free(struct generation *g); /* its children are gone. NULL is allowed */

#endif
