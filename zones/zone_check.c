/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Zone checking: ldns is a reader, not a judge. What named-checkzone refuses is a
 * mistake here, what it warns of is a warning.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ldns/ldns.h>

#include "conf/mem.h"
#include "zones/rr.h"
#include "zones/zone.h"

struct checking {
	struct zone		*zone;
	const struct conf	*conf;
	struct complaints	*complaints;
};

const char *
zone_type_text(uint16_t type, char text[16])
{
	const ldns_rr_descriptor *d = ldns_rr_descript(type);

	if (d && d->_name && d->_type == type)
		snprintf(text, 16, "%s", d->_name);
	else
		snprintf(text, 16, "TYPE%u", type);
	return text;
}

#define MISTAKE(k, r, ...) \
	zone_complain((k)->zone, (k)->complaints, COMPLAINT_MISTAKE, zone_place((k)->zone, r), __VA_ARGS__)
#define WARNING(k, r, ...) \
	zone_complain((k)->zone, (k)->complaints, COMPLAINT_WARNING, zone_place((k)->zone, r), __VA_ARGS__)
#define ZONE_MISTAKE(k, ...) \
	zone_complain((k)->zone, (k)->complaints, COMPLAINT_MISTAKE, \
	    (struct place) { (k)->zone->conf->file, 0 }, __VA_ARGS__)

static void
check_soa(const struct checking *k)
{
	const struct zone_record *soa = zone_rrset(k->zone->apex, RR_SOA);

	if (soa == NULL)
		ZONE_MISTAKE(k, "zone %s has no SOA record at its apex; expected one", k->zone->conf->name);
	else if (zone_rrset_count(soa) > 1)
		MISTAKE(k, soa->next, "zone %s has more than one SOA record; the first is at line %u",
		    k->zone->conf->name, soa->line);
}

/* RFC 1034 section 3.6.2, RFC 6672 section 2.4; the types of DNSSEC may stand beside a CNAME (RFC 4034). */
static void
check_cname(const struct checking *k, const struct zone_name *n)
{
	static const uint16_t singles[] = { RR_CNAME, RR_DNAME };
	const struct zone_record *cname = zone_rrset(n, RR_CNAME), *r;
	char text[NAME_TEXT_MAX], type[16];
	size_t i;

	for (i = 0; i < sizeof singles / sizeof singles[0]; i++) {
		r = zone_rrset(n, singles[i]);
		if (r && zone_rrset_count(r) > 1)
			MISTAKE(k, r->next, "%s has more than one %s record; expected one", name_text(n->name, text),
			    zone_type_text(r->type, type));
	}
	if (cname == NULL)
		return;
	for (r = n->records; r; r = r->next) {
		if (r->type == RR_CNAME || r->type == RR_RRSIG || r->type == RR_NSEC)
			continue;
		MISTAKE(k, r, "%s has a CNAME (line %u) and other data, %s; expected the CNAME alone",
		    name_text(n->name, text), cname->line, zone_type_text(r->type, type));
		return;
	}
}

static void
check_place(const struct checking *k, const struct zone_name *n)
{
	const struct zone_record *r;
	char text[NAME_TEXT_MAX];

	if (n != k->zone->apex && (r = zone_rrset(n, RR_SOA)))
		MISTAKE(k, r, "SOA record at %s, which is not the apex of zone %s", name_text(n->name, text),
		    k->zone->conf->name);
	if (name_is_wildcard(n->name) && (r = zone_rrset(n, RR_NS)))
		MISTAKE(k, r, "NS record at the wildcard %s; a wildcard cannot be delegated", name_text(n->name, text));
}

static void
check_ttls(const struct checking *k, struct zone_name *n)
{
	struct zone_record *r;

	for (r = n->records; r && r->next; r = r->next) {
		if (r->next->type != r->type || r->next->ttl == r->ttl)
			continue;
		WARNING(k, r->next, "TTL %u differs from the RRset's first, %u, which is used", r->next->ttl, r->ttl);
		r->next->ttl = r->ttl;
	}
}

/* An answer must fit into one message: header, question, and each record with a pointer as owner. */
static void
check_size(const struct checking *k, const struct zone_name *n)
{
	const struct zone_record *r;
	size_t size = 0;
	char text[NAME_TEXT_MAX], type[16];

	for (r = n->records; r; r = r->next) {
		size += 12u + r->len;
		if (size > UINT16_MAX - 1024)
			MISTAKE(k, r, "the %s records of %s are more than a message of 65535 octets holds",
			    zone_type_text(r->type, type), name_text(n->name, text));
		if (size > UINT16_MAX - 1024)
			return;
		if (r->next && r->next->type != r->type)
			size = 0;
	}
}

enum address_answer { ADDRESS_HAS, ADDRESS_NONE, ADDRESS_CNAME, ADDRESS_ELSEWHERE };

/* Has the target of an NS, MX or SRV record an address in this zone? */
static enum address_answer
has_address(const struct zone *z, const uint8_t *target)
{
	uint8_t name[NAME_MAX_LEN];
	const struct zone_name *n, *encloser;

	name_lower(name, target, name_len(target));
	if (!name_within(name, z->origin))
		return ADDRESS_ELSEWHERE;
	n = zone_resolve(z, name, &encloser);
	if (n == NULL)
		return ADDRESS_NONE;
	if (zone_rrset(n, RR_A) || zone_rrset(n, RR_AAAA) || n->service != ZONE_NO_SERVICE)
		return ADDRESS_HAS;
	return zone_rrset(n, RR_CNAME) ? ADDRESS_CNAME : ADDRESS_NONE;
}

static bool
below_any_cut(const struct zone *z, const uint8_t *target)
{
	const struct zone_name *encloser;
	uint8_t name[NAME_MAX_LEN];

	name_lower(name, target, name_len(target));
	if (!name_within(name, z->origin))
		return false;
	zone_resolve(z, name, &encloser);
	return encloser->cut != NULL;
}

static void
check_apex_ns(const struct checking *k)
{
	const struct zone_record *r = zone_rrset(k->zone->apex, RR_NS);
	char text[NAME_TEXT_MAX];

	if (r == NULL)
		ZONE_MISTAKE(k, "zone %s has no NS records at its apex; expected at least one", k->zone->conf->name);
	for (; r && r->type == RR_NS; r = r->next) {
		enum address_answer a = has_address(k->zone, r->rdata);

		if (a == ADDRESS_CNAME)
			MISTAKE(k, r, "name server %s is a CNAME; expected a name with addresses",
			    name_text(r->rdata, text));
		else if (a == ADDRESS_NONE && below_any_cut(k->zone, r->rdata))
			WARNING(k, r, "name server %s has no glue: no address records (A or AAAA)",
			    name_text(r->rdata, text));
		else if (a == ADDRESS_NONE)
			MISTAKE(k, r, "name server %s has no address records (A or AAAA)", name_text(r->rdata, text));
	}
}

static void
check_glue(const struct checking *k, const struct zone_name *cut)
{
	const struct zone_record *r;
	char owner[NAME_TEXT_MAX], text[NAME_TEXT_MAX];

	for (r = zone_rrset(cut, RR_NS); r && r->type == RR_NS; r = r->next) {
		enum address_answer a = has_address(k->zone, r->rdata);

		if (a == ADDRESS_NONE || a == ADDRESS_CNAME)
			WARNING(k, r, "delegation of %s: name server %s has no glue: no address records (A or AAAA)",
			    name_text(cut->name, owner), name_text(r->rdata, text));
	}
}

static void
check_targets(const struct checking *k, const struct zone_name *n, uint16_t type, size_t offset)
{
	const struct zone_record *r;
	char text[NAME_TEXT_MAX], type_text[16];

	for (r = zone_rrset(n, type); r && r->type == type; r = r->next) {
		const uint8_t *target = r->rdata + offset;
		enum address_answer a = *target ? has_address(k->zone, target) : ADDRESS_ELSEWHERE;

		if ((a == ADDRESS_NONE && !below_any_cut(k->zone, target)) || a == ADDRESS_CNAME)
			WARNING(k, r, "%s target %s %s", zone_type_text(type, type_text), name_text(target, text),
			    a == ADDRESS_CNAME ? "is a CNAME" : "has no address records (A or AAAA)");
	}
}

void
zone_check(struct zone *z, const struct conf *conf, struct complaints *c)
{
	struct checking k = { z, conf, c };
	size_t i;

	check_soa(&k);
	check_apex_ns(&k);
	for (i = 0; i < z->n_names; i++) {
		struct zone_name *n = z->names[i];

		check_place(&k, n);
		check_cname(&k, n);
		check_ttls(&k, n);
		check_size(&k, n);
		if (n->cut == n)
			check_glue(&k, n);
		if (n->cut)
			continue;
		check_targets(&k, n, RR_MX, 2);
		check_targets(&k, n, RR_SRV, 6);
	}
}
