/*
 * Plan: the numbered decision, for each service which endpoints serve now, and why.
 * The health process makes it (decide), sends it as messages, whole or by difference;
 * the dns process checks it at the door and publishes it.
 */
#ifndef CONF_PLAN_H
#define CONF_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"

enum plan_reason {
	PLAN_ASSUMED,		/* nothing known yet: the first tier as if it were up */
	PLAN_TIER,		/* tier N can serve */
	PLAN_SERVE_ALL,		/* no tier can; all_down = "serve-all" */
	PLAN_LAST,		/* no tier can; what served last goes on */
	PLAN_NODATA,		/* no tier can; the configuration wants an empty answer */
	PLAN_LIST,		/* no tier can; the listed providers */
	PLAN_REASONS
};

struct plan_service {
	enum plan_reason	reason;
	unsigned		tier;		/* that serves; 0: none does by itself */
	bool			suspect;	/* a target of it is suspect: ttl_suspect applies */
};

struct plan {
	uint64_t		 number;	/* 0: before the first decision */
	uint64_t		 since_ms;	/* when it was decided, Unix time */
	struct plan_service	*services;	/* by service index */
	bool			*serving;	/* by endpoint index */
};

struct plan *plan_new(const struct conf *conf);        /* plan 0: every first tier assumed, suspect (short TTL) */
void plan_free(struct plan *plan);                     /* NULL is allowed */
const char *plan_reason_name(enum plan_reason reason); /* "tier", "serve-all"...; out of range "?" */

/* Put service s to what plan 0 says. */
void plan_assume(struct plan *plan, const struct conf *conf, uint32_t service);

/*
 * Messages. A plan travels in packets of at most PLAN_PACKET_MAX bytes, each with the
 * number and as many services as fit. plan_encode() writes the services of list[*next..n)
 * and advances *next; it returns the length. Call until *next == n (once when n == 0).
 */
#define PLAN_PACKET_MAX	32768

size_t plan_encode(const struct plan *plan, const struct conf *conf, const uint32_t *list, size_t n, size_t *next,
    bool whole, uint8_t *packet);

/*
 * Take in one packet, checked at the door: well-formed, number not below plan->number,
 * indexes in range, no service empty unless its all_down is "nodata". Nothing is
 * changed when anything is wrong: returns -1, *why says what. Otherwise the number of
 * services put into touched[] (room for conf->n_services).
 */
int plan_decode(struct plan *plan, const struct conf *conf, const uint8_t *packet, size_t len, uint32_t *touched,
    const char **why);

#endif
