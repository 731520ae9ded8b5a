/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inspect: health and plan for dig. Names of class CH (version.bind, id.server,
 * plan.relevo, providers.relevo, a service's name) and _health.SERVICE in a zone.
 * Verdicts come from the board, the plan from what this process has published.
 */
#ifndef DNSD_INSPECT_H
#define DNSD_INSPECT_H

#include <sys/socket.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/board.h"
#include "conf/conf.h"
#include "conf/plan.h"
#include "dnsd/query.h"
#include "dnsd/reply.h"
#include "zones/table.h"

struct inspect;

struct inspect *
inspect_new(const struct conf *conf, const struct table *table, const struct board *board, unsigned generation);
void inspect_free(struct inspect *in); /* NULL is allowed */

/* Show these services as the plan says from now on. Main thread only. */
void inspect_publish(struct inspect *in, const struct plan *plan, const uint32_t *list, size_t n);

/* Is it a name of the form _health.SERVICE? */
static inline bool
inspect_is_health(const struct query *q)
{
	return q->name[0] == 7 && __builtin_memcmp(q->name, "\7_health", 8) == 0;
}

/*
 * Reply to a question of class CH, or for which inspect_is_health(). 0: not for this
 * client or no such thing; then the question goes the usual way.
 */
size_t inspect_reply(const struct inspect *in, struct reply *r, const struct sockaddr *client);

#endif
