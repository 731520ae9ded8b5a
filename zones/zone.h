/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Zone: the static content of a zone as names with their records, built from a master
 * file and the services that the configuration puts into it. Lives only while a table
 * is built; the table copies what it needs.
 *
 * zone.c keeps the names, zone_read.c reads master files (ldns), zone_check.c judges,
 * nest.c says which zone stands inside which.
 */
#ifndef ZONES_ZONE_H
#define ZONES_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "zones/name.h"

#define ZONE_NO_SERVICE	UINT32_MAX

struct zone_record {
	struct zone_record	*next;		/* of the same name; by type, then as in the file */
	uint32_t		 ttl;		/* seconds */
	uint32_t		 line;
	uint16_t		 file;		/* index into zone->files */
	uint16_t		 type;
	uint16_t		 len;
	uint8_t			 rdata[];	/* wire format, uncompressed */
};

struct zone_name {
	struct zone_record	*records;	/* NULL: an empty non-terminal, or a service alone */
	struct zone_name	*parent;	/* NULL for the apex */
	struct zone_name	*cut;		/* zone cut at or above (the apex is none); NULL: authoritative */
	struct zone_name	*nested;	/* where another zone of ours begins, at or above; what is said here is its */
	uint32_t		 service;	/* ZONE_NO_SERVICE */
	bool			 has_wildcard;	/* "*" stands right below */
	bool			 linked;	/* parents exist (while building) */
	uint8_t			 len;
	uint8_t			 name[];	/* wire format, lower case */
};

/* What a member says beside addresses. By member index. */
struct zone_member {
	const uint8_t		*cname;		/* wire format NULL: none */
	struct zone_record	*records;	/* ttl unused */
};

struct zone {
	const struct conf_zone	*conf;
	const struct zone	*parent;	/* the closest zone of ours that this one stands in, or NULL */
	struct arena		*arena;
	struct zone_name	*apex;		/* NULL until something stands there */
	bool			 named;		/* origin is good */
	uint8_t			 origin[NAME_MAX_LEN];	/* apex name, lower case */
	struct zone_name	**names;	/* in the order they came */
	size_t			 n_names;
	size_t			 room_names;
	uint32_t		*slots;		/* open addressing: index into names + 1 */
	size_t			 n_slots;	/* a power of two */
	const char		**files;
	size_t			 n_files;
	size_t			 complained;	/* so many, to stop at a bound */
};

struct zones {
	struct zone		**list;		/* by zone index */
	size_t			 count;
	struct zone_member	*members;	/* by member index */
	struct arena		*arena;
};

/*
 * Load every zone of the configuration. Always returns what could be read; whether it
 * may be used is said by the mistakes in c. Free with zones_free().
 */
struct zones *zones_load(const struct conf *conf, struct complaints *c);
void zones_free(struct zones *zones); /* NULL is allowed */

struct zone_name *zone_find(const struct zone *z, const uint8_t *name); /* lower case; NULL: none */
/* Exact, or the wildcard that covers it (RFC 4592); *encloser: the closest name that exists. name is in the zone. */
struct zone_name *zone_resolve(const struct zone *z, const uint8_t *name, const struct zone_name **encloser);
struct zone_name *zone_add_name(struct zone *z, const uint8_t *name); /* finds or adds */
struct zone_record *
zone_add_record(struct zone *z, struct zone_name *n, const struct zone_record *like); /* rdata: the caller fills it */

/* First record of the type, NULL if none; further ones of the RRset follow while the type is the same. */
const struct zone_record *zone_rrset(const struct zone_name *n, uint16_t type);
size_t zone_rrset_count(const struct zone_record *first);

/* Complain about the zone; at most 100 times a zone. line 0: about the zone as a whole. */
void zone_complain(struct zone *z, struct complaints *c, enum complaint_kind kind, struct place place, const char *fmt,
    ...) __attribute__((format(printf, 5, 6)));
struct place zone_place(const struct zone *z, const struct zone_record *r);

/* zone_read.c: the master file, and names and records written in the configuration. */
void zone_read(struct zone *z, const char *file, struct complaints *c);
bool zone_read_name(const char *text, const uint8_t *origin, uint8_t *name); /* false: not a name */
bool zone_read_record(const uint8_t *origin, const char *text, struct arena *arena, struct zone_record **list,
    const char **why); /* appends to list */

/* nest.c: find each zone's parent, and put the apex of each into its parent as a name. Before zones are read. */
void nest_zones(struct zones *zones);

/* zone_check.c: what named-checkzone refuses or warns of. */
void zone_check(struct zone *z, const struct conf *conf, struct complaints *c);
const char *zone_type_text(uint16_t type, char text[16]);

#endif
