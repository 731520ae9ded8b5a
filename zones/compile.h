/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Compile: everything that is said at one name, for every type, as one block of memory
 * ready for the wire. A block of a static name is made when the zone is loaded; one of
 * a service, or of a name whose CNAME leads to a service, again whenever the plan
 * changes it. Pure.
 */
#ifndef ZONES_COMPILE_H
#define ZONES_COMPILE_H

#include "zones/answer.h"
#include "zones/pick.h"
#include "zones/zone.h"

#define COMPILE_CHAIN_MAX	16	/* CNAMEs in one answer; what is behind, the resolver asks for */

struct choice {				/* what is said for one type */
	uint16_t	type;
	uint16_t	n;		/* variants; 0: the zone's NODATA; 1: an answer stands at offset */
	uint32_t	offset;		/* n > 1: of struct variants; from the block's begin */
};

struct variants {
	enum service_answer	answer;	/* how one is picked */
	struct variant		of[];
};

struct answers {			/* the block's begin; aligned to 4 */
	uint32_t	service;	/* whose name this is, or ZONE_NO_SERVICE */
	uint16_t	n;
	bool		has_otherwise;	/* of[n] is for the types that are not listed; without it, NODATA */
	struct choice	of[];
};

/* What is needed to compile a service's name, or one whose CNAME leads there, again and again. */
struct recipe {
	uint32_t			 service;
	bool				 is_alias;	/* not the service's own name */
	bool				 exact;		/* false: a wildcard */
	const uint8_t			*suffix;	/* see answer_begin() */
	const uint8_t			*apex;		/* with soa: for NODATA */
	const struct zone_record	*soa;
	struct zone_record		*chain;		/* CNAMEs before the service's name, by next */
	const struct zone_record	*records;	/* static ones at the service's name, by type */
};

struct block {				/* grows; reused from name to name */
	uint8_t	*bytes;
	size_t	 len;
	size_t	 room;
};

struct compiler {
	struct answer_builder	 builder;
	struct block		 block;		/* the result of the last call */
	struct pick		 pick;
};

struct compiler *compiler_new(void);
void compiler_free(struct compiler *c);

/* Seconds that a negative answer may be kept: RFC 2308 section 3. */
uint32_t compile_negative_ttl(const struct zone_record *soa);

/* A zone's NODATA or NXDOMAIN, or the HINFO for ANY (RFC 8482), as a bare struct answer in c->block. */
void compile_negative(struct compiler *c, const struct zone *z, uint8_t rcode);
void compile_any(struct compiler *c);

/* DS at the apex as a bare struct answer, out of the zone's parent; false: no zone of ours has it to say. */
bool compile_apex_ds(struct compiler *c, const struct zone *z);

/* Everything at a static name that owns records (n->cut is NULL or n) as a block. */
void compile_name(struct compiler *c, const struct zone *z, const struct zone_name *n);
/* What is said below a cut, for every type. */
void compile_below_cut(struct compiler *c, const struct zone *z, const struct zone_name *cut);

/*
 * Does a CNAME at n lead to a service? Then the recipe's parts are put into *r, whose
 * chain and records are copied into arena; apex, soa and suffix's memory are the
 * caller's to set. For a service's own name as well.
 */
bool compile_is_dynamic(const struct zone *z, const struct zone_name *n, struct arena *arena, struct recipe *r);

/* The block of a recipe while the plan says c->pick. */
void compile_recipe(struct compiler *c, const struct recipe *r);

#endif
