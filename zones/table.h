/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Table: every name of every zone, with what is said there. Built by the parent before
 * it forks, so that its children share the memory; then owned by the dns process, whose
 * main thread is the only writer. Readers are lock-free (liburcu): a name's answers are
 * replaced with one pointer exchange.
 */
#ifndef ZONES_TABLE_H
#define ZONES_TABLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <urcu.h>

#include "conf/conf.h"
#include "conf/plan.h"
#include "zones/answer.h"
#include "zones/pick.h"
#include "zones/zone.h"

struct table;

/*
 * Make the table of checked zones; NULL with mistakes in c. It copies what it needs of
 * zones and keeps conf. Services say nothing before the first table_publish().
 */
struct table *table_build(const struct conf *conf, struct zones *zones);
void table_free(struct table *t);          /* NULL is allowed; not while there are readers */
size_t table_names(const struct table *t); /* how many */
size_t table_size(const struct table *t);  /* bytes */

/* Put the services of list to what the plan says. Writer only. */
void table_publish(struct table *t, const struct plan *plan, const uint32_t *list, size_t n);

/* -- readers -- */

struct question {
	const uint8_t	*name;		/* wire format, lower case */
	size_t		 len;
	uint64_t	 hash;		/* name_hash() */
	uint16_t	 type;
};

/* To be called for several questions before they are answered, so that their memory is on its way. */
void table_prefetch(const struct table *t, const struct question *q);

/* NULL: the name is in no zone of ours. Valid until table_read_end(). */
const struct answer *table_find(const struct table *t, const struct question *q, const struct view *view);

/*
 * The service whose own name this is (a wildcard's: with its asterisk), or
 * ZONE_NO_SERVICE. *zone is the closest zone of ours, or NULL.
 */
uint32_t table_service(const struct table *t, const uint8_t *name, size_t len, const struct conf_zone **zone);

/* The zone's bare NODATA and NXDOMAIN, for replies made by hand. */
const struct answer *table_nodata(const struct table *t, const struct conf_zone *zone);

void table_thread_begin(void); /* first and last of a reader thread */
void table_thread_end(void);

/* What follows the plan must not be held across these. A reader may block outside them only. */
static inline void
table_read_begin(void)
{
	rcu_read_lock();
}

void table_read_end(void);

#endif
