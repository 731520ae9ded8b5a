/* SPDX-License-Identifier: BSD-2-Clause */
/* Zone: the names of a zone and their records. See zone.h. */
#include <sys/types.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/mem.h"
#include "zones/rr.h"
#include "zones/zone.h"

#define COMPLAINTS_MAX	100	/* a zone: whoever gives us the wrong file need not read a million lines */

static uint32_t *
slot_of(const struct zone *z, const uint8_t *name, size_t len)
{
	size_t i = name_hash(name, len) & (z->n_slots - 1);

	for (; z->slots[i] != 0; i = (i + 1) & (z->n_slots - 1)) {
		const struct zone_name *n = z->names[z->slots[i] - 1];

		if (n->len == len && memcmp(n->name, name, len) == 0)
			break;
	}
	return &z->slots[i];
}

static void
grow_slots(struct zone *z)
{
	size_t i;

	z->n_slots = z->n_slots ? 2 * z->n_slots : 64;
	free(z->slots);
	z->slots = mem_zero(z->n_slots, sizeof *z->slots);
	for (i = 0; i < z->n_names; i++)
		*slot_of(z, z->names[i]->name, z->names[i]->len) = (uint32_t)i + 1;
}

struct zone_name *
zone_find(const struct zone *z, const uint8_t *name)
{
	uint32_t i;

	if (z->n_slots == 0)
		return NULL;
	i = *slot_of(z, name, name_len(name));
	return i ? z->names[i - 1] : NULL;
}

struct zone_name *
zone_resolve(const struct zone *z, const uint8_t *name, const struct zone_name **encloser)
{
	uint8_t wild[NAME_MAX_LEN + 2] = { 1, '*' };
	struct zone_name *n = zone_find(z, name);

	*encloser = n;
	if (n)
		return n;
	while (*encloser == NULL) {
		name = name_parent(name);
		*encloser = zone_find(z, name);
	}
	if (!(*encloser)->has_wildcard || (*encloser)->cut)
		return NULL;
	memcpy(wild + 2, (*encloser)->name, (*encloser)->len);
	return zone_find(z, wild);
}

struct zone_name *
zone_add_name(struct zone *z, const uint8_t *name)
{
	size_t len = name_len(name);
	struct zone_name *n;
	uint32_t *slot;

	if (z->n_names >= z->n_slots / 2)
		grow_slots(z);
	slot = slot_of(z, name, len);
	if (*slot)
		return z->names[*slot - 1];
	if (z->n_names == z->room_names) {
		z->room_names = z->room_names ? 2 * z->room_names : 64;
		z->names = mem_grow(z->names, z->room_names, sizeof *z->names);
	}
	n = arena_alloc(z->arena, sizeof *n + len, _Alignof(struct zone_name));
	n->service = ZONE_NO_SERVICE;
	n->len = (uint8_t)len;
	memcpy(n->name, name, len);
	z->names[z->n_names++] = n;
	*slot = (uint32_t)z->n_names;
	return n;
}

/* Put in front: the order is set right once, by sort_records(). */
struct zone_record *
zone_add_record(struct zone *z, struct zone_name *n, const struct zone_record *like)
{
	struct zone_record *r = arena_alloc(z->arena, sizeof *r + like->len, _Alignof(struct zone_record));

	*r = *like;
	r->next = n->records;
	n->records = r;
	return r;
}

const struct zone_record *
zone_rrset(const struct zone_name *n, uint16_t type)
{
	const struct zone_record *r;

	for (r = n->records; r && r->type < type; r = r->next)
		continue;
	return r && r->type == type ? r : NULL;
}

size_t
zone_rrset_count(const struct zone_record *first)
{
	const struct zone_record *r;
	size_t n = 0;

	for (r = first; r && r->type == first->type; r = r->next)
		n++;
	return n;
}

void
zone_complain(struct zone *z, struct complaints *c, enum complaint_kind kind, struct place place, const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	if (z->complained > COMPLAINTS_MAX && kind == COMPLAINT_WARNING)
		return;
	if (++z->complained > COMPLAINTS_MAX) {
		if (z->complained == COMPLAINTS_MAX + 1)
			complain(c, COMPLAINT_MISTAKE, (struct place){ z->conf->file, 0 },
			    "more than %d complaints about zone %s, the rest is not shown", COMPLAINTS_MAX,
			    z->conf->name);
		return;
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	complain(c, kind, place, "%s", text);
}

struct place
zone_place(const struct zone *z, const struct zone_record *r)
{
	return (struct place){ z->files[r->file], r->line };
}

/* -- after reading: order, empty non-terminals, cuts -- */

struct sorted {
	struct zone_record	*record;
	size_t			 order;
	bool			 duplicate;
};

static int
by_content(const void *va, const void *vb)
{
	const struct sorted *a = va, *b = vb;
	int d = a->record->type - b->record->type;

	if (d == 0)
		d = a->record->len - b->record->len;
	if (d == 0)
		d = memcmp(a->record->rdata, b->record->rdata, a->record->len);
	return d ? d : (a->order > b->order) - (a->order < b->order);
}

static int
by_type_and_order(const void *va, const void *vb)
{
	const struct sorted *a = va, *b = vb;
	int d = a->record->type - b->record->type;

	return d ? d : (a->order > b->order) - (a->order < b->order);
}

static bool
same_content(const struct zone_record *a, const struct zone_record *b)
{
	return a->type == b->type && a->len == b->len && memcmp(a->rdata, b->rdata, a->len) == 0;
}

/* By type, then as in the file; the same record twice counts once (RFC 2181 section 5). */
static void
sort_records(struct zone_name *n)
{
	struct zone_record *r, **tail = &n->records;
	struct sorted *s;
	size_t i, count = 0;

	for (r = n->records; r; r = r->next)
		count++;
	if (count < 2)
		return;
	s = mem_zero(count, sizeof *s);
	for (i = count, r = n->records; r; r = r->next) {
		i--;
		s[i] = (struct sorted){ r, i, false };
	}
	qsort(s, count, sizeof *s, by_content);
	for (i = 1; i < count; i++)
		s[i].duplicate = same_content(s[i - 1].record, s[i].record);
	qsort(s, count, sizeof *s, by_type_and_order);
	for (i = 0; i < count; i++) {
		if (s[i].duplicate)
			continue;
		*tail = s[i].record;
		tail = &s[i].record->next;
	}
	*tail = NULL;
	free(s);
}

/* Make sure that every ancestor up to the apex exists (RFC 4592 section 2.2.2). */
static void
link_parents(struct zone *z, struct zone_name *n)
{
	while (!n->linked && n != z->apex) {
		struct zone_name *parent = zone_add_name(z, name_parent(n->name));

		n->parent = parent;
		n->linked = true;
		parent->has_wildcard |= name_is_wildcard(n->name);
		n = parent;
	}
}

/* What ends the zone at or above the name. Its cut is the highest one. */
static void
find_ends(struct zone *z, struct zone_name *n)
{
	struct zone_name *at;

	for (at = n; at != z->apex; at = at->parent) {
		if (zone_rrset(at, RR_NS))
			n->cut = at;
		if (at->nested == at)
			n->nested = at;
	}
}

static void
finish_names(struct zone *z)
{
	size_t i, given = z->n_names;

	z->apex = zone_add_name(z, z->origin);
	for (i = 0; i < given; i++) {
		sort_records(z->names[i]);
		link_parents(z, z->names[i]);
	}
	for (i = 0; i < z->n_names; i++)
		find_ends(z, z->names[i]);
}

/* -- services -- */

static bool
same_type_as_static(const struct zone_name *n, const struct conf *conf, const struct zones *zones,
    const struct conf_service *s, uint16_t *type, const struct zone_record **found)
{
	const struct zone_record *r, *given;
	uint32_t i;

	for (r = n->records; r; r = r->next) {
		*found = r;
		*type = r->type;
		if (r->type == RR_A || r->type == RR_AAAA)
			return true;
		for (i = s->first_member; i < s->first_member + s->n_members; i++) {
			if (conf->members[i].cname)
				return true;
			for (given = zones->members[i].records; given; given = given->next)
				if (given->type == r->type)
					return true;
		}
	}
	return false;
}

static void
add_service(struct zone *z, const struct conf_service *s, struct complaints *c)
{
	uint8_t name[NAME_MAX_LEN];
	struct zone_name *n;

	if (!zone_read_name(s->name, z->origin, name)) {
		zone_complain(z, c, COMPLAINT_MISTAKE, s->place, "service \"%s\": the name is too long in zone %s",
		    s->name, z->conf->name);
		return;
	}
	name_lower(name, name, name_len(name));
	n = zone_add_name(z, name);
	n->service = s->index;
}

static void
check_service(struct zones *zones, struct zone *z, const struct conf *conf, struct zone_name *n, struct complaints *c)
{
	const struct conf_service *s = &conf->services[n->service];
	const struct zone_record *found;
	char type_text[16], cut[NAME_TEXT_MAX];
	uint16_t type;

	if (n->nested)
		zone_complain(z, c, COMPLAINT_MISTAKE, s->place,
		    "service \"%s\" stands in zone %s, which is served here as well; expected it there", s->name,
		    name_text(n->nested->name, cut));
	else if (n->cut)
		zone_complain(z, c, COMPLAINT_MISTAKE, s->place,
		    "service \"%s\" stands at or below the delegation of %s in %s", s->name,
		    name_text(n->cut->name, cut), z->conf->file);
	else if (same_type_as_static(n, conf, zones, s, &type, &found))
		zone_complain(z, c, COMPLAINT_MISTAKE, s->place,
		    "service \"%s\" and a static %s record at %s:%u have the same name; expected one or the other",
		    s->name, zone_type_text(type, type_text), zone_place(z, found).file, found->line);
	else if (zone_rrset(n, RR_CNAME) || zone_rrset(n, RR_DNAME))
		zone_complain(z, c, COMPLAINT_MISTAKE, s->place,
		    "service \"%s\" has a static CNAME or DNAME at %s:%u; expected no such record beside a service",
		    s->name, zone_place(z, n->records).file, n->records->line);
}

/* A CNAME that leads to the name where it stands (in any case; by a wildcard as well) never ends. */
static void
check_cnames(const struct zones *zones, struct zone *z, const struct conf *conf, const struct zone_name *n,
    struct complaints *c)
{
	const struct conf_service *s = &conf->services[n->service];
	const struct zone_name *encloser, *found;
	uint8_t name[NAME_MAX_LEN];
	uint32_t i;

	for (i = s->first_member; i < s->first_member + s->n_members; i++) {
		const uint8_t *cname = zones->members[i].cname;

		if (cname == NULL)
			continue;
		name_lower(name, cname, name_len(cname));
		found = name_within(name, z->origin) ? zone_resolve(z, name, &encloser) : NULL;
		if (found == n)
			zone_complain(z, c, COMPLAINT_MISTAKE, conf->members[i].place,
			    "cname: \"%s\" is the service's own name", conf->members[i].cname);
	}
}

static void
read_member(struct zones *zones, struct zone *z, const struct conf_member *m, struct complaints *c)
{
	struct zone_member *given = &zones->members[m->index];
	uint8_t name[NAME_MAX_LEN];
	const char *why;
	size_t i;

	if (m->cname) {
		if (zone_read_name(m->cname, z->origin, name)) {
			uint8_t *copy = arena_alloc(zones->arena, name_len(name), 1);

			memcpy(copy, name, name_len(name));
			given->cname = copy;
		} else {
			zone_complain(z, c, COMPLAINT_MISTAKE, m->place, "cname: \"%s\" is not a domain name",
			    m->cname);
		}
	}
	for (i = 0; i < m->n_records; i++)
		if (!zone_read_record(z->origin, m->records[i], zones->arena, &given->records, &why))
			zone_complain(z, c, COMPLAINT_MISTAKE, m->place, "records: \"%s\": %s", m->records[i], why);
}

/* -- all of it -- */

static struct zone *
zone_new(const struct conf_zone *cz, struct complaints *c)
{
	struct zone *z = mem_zero(1, sizeof *z);

	z->conf = cz;
	z->arena = arena_new();
	z->named = zone_read_name(cz->name, (const uint8_t *)"", z->origin);
	if (z->named)
		name_lower(z->origin, z->origin, name_len(z->origin));
	else
		zone_complain(z, c, COMPLAINT_MISTAKE, cz->place, "zone \"%s\": not a domain name", cz->name);
	return z;
}

static void
load(struct zones *zones, struct zone *z, const struct conf *conf, struct complaints *c)
{
	const struct conf_zone *cz = z->conf;
	size_t i, mistakes = c->mistakes;
	uint32_t s, m;

	zone_read(z, cz->file, c);
	for (s = cz->first_service; s < cz->first_service + cz->n_services; s++) {
		add_service(z, &conf->services[s], c);
		for (m = 0; m < conf->services[s].n_members; m++)
			read_member(zones, z, &conf->members[conf->services[s].first_member + m], c);
	}
	finish_names(z);
	for (i = 0; i < z->n_names; i++) {
		if (z->names[i]->service == ZONE_NO_SERVICE)
			continue;
		check_service(zones, z, conf, z->names[i], c);
		check_cnames(zones, z, conf, z->names[i], c);
	}
	if (c->mistakes == mistakes || z->apex->records) /* without a file there is nothing to judge */
		zone_check(z, conf, c);
}

static void
check_parent(struct zone *z, struct complaints *c)
{
	if (z->parent && zone_find(z->parent, z->origin)->cut == NULL)
		zone_complain(z, c, COMPLAINT_WARNING, z->conf->place,
		    "zone %s is served here, but its parent zone %s does not delegate it", z->conf->name,
		    z->parent->conf->name);
}

struct zones *
zones_load(const struct conf *conf, struct complaints *c)
{
	struct zones *zones = mem_zero(1, sizeof *zones);
	size_t i;

	zones->arena = arena_new();
	zones->members = mem_zero(conf->n_members + 1, sizeof *zones->members);
	zones->list = mem_zero(conf->n_zones + 1, sizeof *zones->list);
	for (; zones->count < conf->n_zones; zones->count++)
		zones->list[zones->count] = zone_new(&conf->zones[zones->count], c);
	nest_zones(zones);
	for (i = 0; i < zones->count; i++)
		if (zones->list[i]->named)
			load(zones, zones->list[i], conf, c);
	for (i = 0; i < zones->count && c->mistakes == 0; i++)
		check_parent(zones->list[i], c);
	return zones;
}

static void
zone_free(struct zone *z)
{
	free(z->names);
	free(z->slots);
	free(z->files);
	arena_free(z->arena);
	free(z);
}

void
zones_free(struct zones *zones)
{
	if (zones == NULL)
		return;
	while (zones->count > 0)
		zone_free(zones->list[--zones->count]);
	free(zones->list);
	free(zones->members);
	arena_free(zones->arena);
	free(zones);
}
