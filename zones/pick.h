/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pick: plan to records, which records a service says while a plan is in force; and
 * view to variant, which of its prepared variants one client gets. Pure.
 */
#ifndef ZONES_PICK_H
#define ZONES_PICK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "conf/plan.h"
#include "zones/zone.h"

struct pick_record {
	uint16_t	 type;
	uint16_t	 len;
	const uint8_t	*rdata;		/* in conf or members, not owned */
	uint32_t	 group;		/* records of one group are said together when only one is said */
	uint32_t	 weight;	/* of the group, more than 0 */
};

struct pick {
	uint32_t		 ttl;
	enum service_answer	 answer;
	unsigned		 max_answers;
	size_t			 count;
	size_t			 room;
	struct pick_record	*records;	/* by type; owned by the caller, grown as needed */
};

/* Fill p with what the service says. p->records must be NULL or of an earlier call. */
void pick_records(const struct conf *conf, const struct zone_member *members, const struct plan *plan, uint32_t service,
    struct pick *p);

/* -- on the path of a query -- */

struct view {				/* who asks */
	const struct sockaddr	*client;
	uint32_t		 random;
};

struct variant {
	uint32_t	at;		/* offset of its answer */
	uint32_t	weight;		/* weighted: sum up to and with this one; sticky: key */
};

/* Which of n > 1 variants. */
size_t pick_variant(enum service_answer answer, const struct variant *v, size_t n, const struct view *view);

#endif
