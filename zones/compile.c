/* SPDX-License-Identifier: BSD-2-Clause */
/* Compile: see compile.h. */
#include <stdlib.h>
#include <string.h>

#include "conf/mem.h"
#include "zones/compile.h"
#include "zones/name.h"
#include "zones/rr.h"

#define RCODE_NOERROR	0
#define RCODE_NXDOMAIN	3
#define SOA_NUMBERS	20	/* serial, refresh, retry, expire, minimum */
#define ANY_TTL		3600

/* How a chain of CNAMEs inside a zone ends. */
enum chain_end {
	END_NAME,		/* at a name with other records, or a wildcard's */
	END_NXDOMAIN,
	END_CUT,		/* at a delegation */
	END_BELOW_CUT,
	END_ELSEWHERE,		/* in another zone, of ours or not, or after COMPILE_CHAIN_MAX steps, or in a loop */
};

struct chain {
	const struct zone_record	*cname[COMPILE_CHAIN_MAX];
	unsigned			 n;
	enum chain_end			 end;
	const struct zone_name		*last;	/* END_NAME, END_CUT, END_BELOW_CUT */
};

struct compiler *
compiler_new(void)
{
	return mem_zero(1, sizeof(struct compiler));
}

void
compiler_free(struct compiler *c)
{
	if (c == NULL)
		return;
	free(c->block.bytes);
	free(c->pick.records);
	free(c);
}

/* -- the block -- */

/* Room for len more bytes, aligned to 4; returns their offset. */
static uint32_t
block_take(struct block *b, size_t len)
{
	size_t at = (b->len + 3) & ~(size_t)3;

	if (at + len > b->room) {
		b->room = 2 * (at + len);
		b->bytes = mem_grow(b->bytes, b->room, 1);
	}
	memset(b->bytes + b->len, 0, at - b->len);
	b->len = at + len;
	return (uint32_t)at;
}

static struct answers *
block_head(struct block *b)
{
	return (struct answers *)(void *)b->bytes;
}

static void
block_begin(struct block *b, uint32_t service, size_t n_types, bool has_otherwise)
{
	b->len = 0;
	block_take(b, sizeof(struct answers) + (n_types + has_otherwise) * sizeof(struct choice));
	memset(b->bytes, 0, b->len);
	block_head(b)->service = service;
	block_head(b)->has_otherwise = has_otherwise;
}

/* The builder's answer goes to the end of the block. */
static uint32_t
block_add_answer(struct compiler *c)
{
	uint32_t at = block_take(&c->block, answer_size(&c->builder));

	answer_write(&c->builder, c->block.bytes + at);
	return at;
}

static void
block_set_choice(struct compiler *c, size_t i, uint16_t type, size_t n, uint32_t offset)
{
	block_head(&c->block)->of[i] = (struct choice){ type, (uint16_t)n, offset };
}

/* The next listed type; its answer is in the builder. */
static void
block_add_type(struct compiler *c, uint16_t type)
{
	uint32_t at = block_add_answer(c);

	block_set_choice(c, block_head(&c->block)->n++, type, 1, at);
}

/* All types not listed; to be called last. */
static void
block_add_otherwise(struct compiler *c)
{
	uint32_t at = block_add_answer(c);

	block_set_choice(c, block_head(&c->block)->n, 0, 1, at);
}

/* -- parts of answers -- */

static void
begin(struct compiler *c, const struct zone_name *n, uint8_t rcode, bool authoritative)
{
	bool wildcard = name_is_wildcard(n->name);

	answer_begin(&c->builder, wildcard ? name_parent(n->name) : n->name, !wildcard, rcode, authoritative);
}

/* owner: NULL for the asked name */
static void
add_rrset(struct compiler *c, enum answer_section section, const uint8_t *owner, const struct zone_record *first)
{
	const struct zone_record *r;

	for (r = first; r && r->type == first->type; r = r->next)
		answer_add(&c->builder, section, owner, r->type, r->ttl, r->rdata, r->len);
	if (first)
		answer_end_rrset(&c->builder);
}

uint32_t
compile_negative_ttl(const struct zone_record *soa)
{
	uint32_t minimum = rr_get32(soa->rdata + soa->len - 4);

	return minimum < soa->ttl ? minimum : soa->ttl;
}

static void
add_soa(struct compiler *c, const uint8_t *apex, const struct zone_record *soa)
{
	answer_add(&c->builder, AUTHORITY_SECTION, apex, RR_SOA, compile_negative_ttl(soa), soa->rdata, soa->len);
	answer_end_rrset(&c->builder);
}

static void
add_glue(struct compiler *c, const struct zone *z, const uint8_t *target)
{
	uint8_t name[NAME_MAX_LEN];
	const struct zone_name *n;

	name_lower(name, target, name_len(target));
	n = zone_find(z, name);
	if (n == NULL)
		return;
	add_rrset(c, ADDITIONAL_SECTION, target, zone_rrset(n, RR_A));
	add_rrset(c, ADDITIONAL_SECTION, target, zone_rrset(n, RR_AAAA));
}

/* RFC 1034 section 4.3.2, step 3b */
static void
add_referral(struct compiler *c, const struct zone *z, const struct zone_name *cut)
{
	const struct zone_record *first = zone_rrset(cut, RR_NS), *r;

	add_rrset(c, AUTHORITY_SECTION, cut->name, first);
	for (r = first; r && r->type == RR_NS; r = r->next)
		add_glue(c, z, r->rdata);
}

/* -- CNAME chains (RFC 1034 section 3.6.2) -- */

static enum chain_end
end_at(const struct zone_name *n)
{
	if (n->cut == NULL)
		return END_NAME;
	return n->cut == n ? END_CUT : END_BELOW_CUT;
}

static void
follow(const struct zone *z, const struct zone_name *n, struct chain *chain)
{
	uint8_t target[NAME_MAX_LEN];
	const struct zone_record *cname;
	const struct zone_name *encloser;

	chain->n = 0;
	for (;;) {
		chain->last = n;
		chain->end = end_at(n);
		cname = n->cut || n->service != ZONE_NO_SERVICE ? NULL : zone_rrset(n, RR_CNAME);
		if (cname == NULL)
			return;
		chain->end = END_ELSEWHERE;
		if (chain->n == COMPILE_CHAIN_MAX)
			return;
		chain->cname[chain->n++] = cname;
		name_lower(target, cname->rdata, name_len(cname->rdata));
		if (!name_within(target, z->origin))
			return;
		n = zone_resolve(z, target, &encloser);
		if (encloser->nested || (n && n->nested))
			return;
		if (n == NULL) {
			chain->end = encloser->cut ? END_BELOW_CUT : END_NXDOMAIN;
			chain->last = encloser;
			return;
		}
	}
}

static void
add_chain(struct compiler *c, const struct chain *chain)
{
	unsigned i;

	for (i = 0; i < chain->n; i++)
		add_rrset(c, ANSWER_SECTION, i ? chain->cname[i - 1]->rdata : NULL, chain->cname[i]);
}

/* What a chain says of the types that its last name does not have. */
static void
compile_chain_end(struct compiler *c, const struct zone *z, const struct zone_name *n, const struct chain *chain)
{
	begin(c, n, chain->end == END_NXDOMAIN ? RCODE_NXDOMAIN : RCODE_NOERROR, true); /* RFC 6604 section 2.1 */
	add_chain(c, chain);
	if (chain->end == END_CUT || chain->end == END_BELOW_CUT)
		add_referral(c, z, chain->last->cut);
	else if (chain->end != END_ELSEWHERE)
		add_soa(c, z->origin, zone_rrset(z->apex, RR_SOA));
	block_add_otherwise(c);
}

static size_t
count_types(const struct zone_record *r)
{
	size_t n = 0;

	for (; r; r = r->next)
		n += r->next == NULL || r->next->type != r->type;
	return n;
}

static const struct zone_record *
next_type(const struct zone_record *r)
{
	uint16_t type = r->type;

	while (r && r->type == type)
		r = r->next;
	return r;
}

/* DS is said on this side of the cut: RFC 4035 section 3.1.4.1. owner: NULL for the asked name */
static void
add_ds(struct compiler *c, const struct zone *z, const uint8_t *owner, const struct zone_name *cut)
{
	const struct zone_record *ds = zone_rrset(cut, RR_DS);

	if (ds)
		add_rrset(c, ANSWER_SECTION, owner, ds);
	else
		add_soa(c, z->origin, zone_rrset(z->apex, RR_SOA));
}

static void
compile_alias(struct compiler *c, const struct zone *z, const struct zone_name *n)
{
	const struct zone_record *r;
	struct chain chain;

	follow(z, n, &chain);
	r = chain.end == END_NAME ? chain.last->records : NULL;
	block_begin(&c->block, ZONE_NO_SERVICE, 1 + count_types(r) + (chain.end == END_CUT), true);
	begin(c, n, RCODE_NOERROR, true);
	add_rrset(c, ANSWER_SECTION, NULL, chain.cname[0]);
	block_add_type(c, RR_CNAME);
	for (; r; r = next_type(r)) {
		begin(c, n, RCODE_NOERROR, true);
		add_chain(c, &chain);
		add_rrset(c, ANSWER_SECTION, chain.cname[chain.n - 1]->rdata, r);
		block_add_type(c, r->type);
	}
	if (chain.end == END_CUT) {
		begin(c, n, RCODE_NOERROR, true);
		add_chain(c, &chain);
		add_ds(c, z, chain.cname[chain.n - 1]->rdata, chain.last);
		block_add_type(c, RR_DS);
	}
	compile_chain_end(c, z, n, &chain);
}

/* -- static names -- */

static void
compile_cut(struct compiler *c, const struct zone *z, const struct zone_name *cut)
{
	block_begin(&c->block, ZONE_NO_SERVICE, 1, true);
	if (zone_rrset(cut, RR_DS)) {
		answer_begin(&c->builder, cut->name, true, RCODE_NOERROR, true);
		add_ds(c, z, NULL, cut);
		block_add_type(c, RR_DS);
	} else {
		block_set_choice(c, block_head(&c->block)->n++, RR_DS, 0, 0); /* the zone's NODATA, which all share */
	}
	answer_begin(&c->builder, cut->name, false, RCODE_NOERROR, false); /* for names below as well */
	add_referral(c, z, cut);
	block_add_otherwise(c);
}

void
compile_below_cut(struct compiler *c, const struct zone *z, const struct zone_name *cut)
{
	block_begin(&c->block, ZONE_NO_SERVICE, 0, true);
	answer_begin(&c->builder, cut->name, false, RCODE_NOERROR, false);
	add_referral(c, z, cut);
	block_add_otherwise(c);
}

void
compile_name(struct compiler *c, const struct zone *z, const struct zone_name *n)
{
	const struct zone_record *r;

	if (n->cut) {
		compile_cut(c, z, n);
		return;
	}
	if (zone_rrset(n, RR_CNAME)) {
		compile_alias(c, z, n);
		return;
	}
	block_begin(&c->block, ZONE_NO_SERVICE, count_types(n->records), false);
	for (r = n->records; r; r = next_type(r)) {
		begin(c, n, RCODE_NOERROR, true);
		add_rrset(c, ANSWER_SECTION, NULL, r);
		block_add_type(c, r->type);
	}
}

void
compile_negative(struct compiler *c, const struct zone *z, uint8_t rcode)
{
	answer_begin(&c->builder, z->origin, false, rcode, true);
	add_soa(c, z->origin, zone_rrset(z->apex, RR_SOA));
	c->block.len = 0;
	block_add_answer(c);
}

bool
compile_apex_ds(struct compiler *c, const struct zone *z)
{
	const struct zone_name *n = z->parent ? zone_find(z->parent, z->origin) : NULL;

	if (n == NULL || (n->cut && n->cut != n)) /* a cut further up leads to a parent that is not ours */
		return false;
	answer_begin(&c->builder, z->origin, true, RCODE_NOERROR, true);
	add_ds(c, z->parent, NULL, n);
	c->block.len = 0;
	block_add_answer(c);
	return true;
}

void
compile_any(struct compiler *c)
{
	static const uint8_t rfc8482[] = "\7RFC8482"; /* and an empty OS: section 4.2 */

	answer_begin(&c->builder, (const uint8_t *)"", false, RCODE_NOERROR, true);
	answer_add(&c->builder, ANSWER_SECTION, NULL, RR_HINFO, ANY_TTL, rfc8482, sizeof rfc8482);
	c->block.len = 0;
	block_add_answer(c);
}

/* -- names that follow the plan -- */

static struct zone_record *
copy_record(const struct zone_record *r, struct arena *arena)
{
	struct zone_record *copy = arena_alloc(arena, sizeof *r + r->len, _Alignof(struct zone_record));

	memcpy(copy, r, sizeof *r + r->len);
	copy->next = NULL;
	return copy;
}

static struct zone_record *
copy_records(const struct zone_record *r, struct arena *arena)
{
	struct zone_record *first = NULL, **tail = &first;

	for (; r; r = r->next) {
		*tail = copy_record(r, arena);
		tail = &(*tail)->next;
	}
	return first;
}

bool
compile_is_dynamic(const struct zone *z, const struct zone_name *n, struct arena *arena, struct recipe *r)
{
	struct zone_record *cname;
	struct chain chain;
	unsigned i;

	if (n->cut)
		return false;
	follow(z, n, &chain);
	if (chain.end != END_NAME || chain.last->service == ZONE_NO_SERVICE)
		return false;
	*r = (struct recipe){
		.service = chain.last->service,
		.is_alias = chain.n > 0,
		.exact = !name_is_wildcard(n->name),
		.suffix = name_is_wildcard(n->name) ? name_parent(n->name) : n->name,
		.records = copy_records(chain.last->records, arena),
	};
	for (i = chain.n; i > 0; i--) {
		cname = copy_record(chain.cname[i - 1], arena);
		cname->next = r->chain;
		r->chain = cname;
	}
	return true;
}

/* Begin an answer of the recipe with its chain; returns the owner of what follows. */
static const uint8_t *
recipe_begin(struct compiler *c, const struct recipe *r)
{
	const struct zone_record *cname;
	const uint8_t *owner = NULL;

	answer_begin(&c->builder, r->suffix, r->exact, RCODE_NOERROR, true);
	for (cname = r->chain; cname; cname = cname->next) {
		answer_add(&c->builder, ANSWER_SECTION, owner, RR_CNAME, cname->ttl, cname->rdata, cname->len);
		answer_end_rrset(&c->builder);
		owner = cname->rdata;
	}
	return owner;
}

/* One variant: count of the n records of one type, from the first on, round and round. */
static uint32_t
compile_variant(struct compiler *c, const struct recipe *r, const struct pick_record *records, size_t n, size_t first,
    size_t count)
{
	const uint8_t *owner = recipe_begin(c, r);
	size_t i;

	for (i = 0; i < count; i++) {
		const struct pick_record *p = &records[(first + i) % n];

		answer_add(&c->builder, ANSWER_SECTION, owner, p->type, c->pick.ttl, p->rdata, p->len);
	}
	answer_end_rrset(&c->builder);
	return block_add_answer(c);
}

static size_t
group_len(const struct pick_record *records, size_t n)
{
	size_t len = 1;

	while (len < n && records[len].group == records[0].group)
		len++;
	return len;
}

static size_t
count_groups(const struct pick_record *records, size_t n)
{
	size_t i, groups = 0;

	for (i = 0; i < n; i += group_len(records + i, n - i))
		groups++;
	return groups;
}

static struct variants *
variants_at(struct compiler *c, uint32_t at)
{
	return (struct variants *)(void *)(c->block.bytes + at);
}

/* Rotation: as many variants as records, each begins with another one (RFC 1794 section 3). */
static void
compile_rotation(struct compiler *c, const struct recipe *r, const struct pick_record *records, size_t n, size_t take,
    uint32_t at)
{
	size_t i;

	for (i = 0; i < n; i++) {
		uint32_t offset = compile_variant(c, r, records, n, i, take);

		variants_at(c, at)->of[i] = (struct variant){ offset, 0 };
	}
}

/* One of the groups is said: by weight or by the client's network. */
static void
compile_groups(struct compiler *c, const struct recipe *r, const struct pick_record *records, size_t n, uint32_t at)
{
	size_t i = 0, v = 0, len;
	uint32_t sum = 0;

	for (; i < n; i += len, v++) {
		uint32_t offset, key;

		len = group_len(records + i, n - i);
		offset = compile_variant(c, r, records + i, len, 0, len);
		sum += records[i].weight;
		key = (uint32_t)name_hash(records[i].rdata, records[i].len);
		variants_at(c, at)->of[v] = (struct variant){ offset, c->pick.answer == ANSWER_WEIGHTED ? sum : key };
	}
}

/* All variants of one type; the choice is put at place i of the block. */
static void
compile_type(struct compiler *c, const struct recipe *r, const struct pick_record *records, size_t n, size_t i,
    uint16_t type)
{
	bool all = c->pick.answer == ANSWER_ALL;
	size_t take = records[0].type == RR_CNAME ? 1 : n < c->pick.max_answers ? n : c->pick.max_answers;
	size_t count = all ? n : count_groups(records, n);
	uint32_t at;

	if (count == 1) {
		at = compile_variant(c, r, records, n, 0, all ? take : n);
		block_set_choice(c, i, type, 1, at);
		return;
	}
	at = block_take(&c->block, sizeof(struct variants) + count * sizeof(struct variant));
	memset(variants_at(c, at), 0, sizeof(struct variants));
	variants_at(c, at)->answer = c->pick.answer;
	if (all)
		compile_rotation(c, r, records, n, take, at);
	else
		compile_groups(c, r, records, n, at);
	block_set_choice(c, i, type, count, at);
}

static size_t
same_type(const struct pick_record *records, size_t n)
{
	size_t len = 1;

	while (len < n && records[len].type == records[0].type)
		len++;
	return len;
}

static size_t
count_pick_types(const struct pick *p)
{
	size_t i, n = 0;

	for (i = 0; i < p->count; i += same_type(p->records + i, p->count - i))
		n++;
	return n;
}

/* What an alias says of itself, and the static records at the service's name. */
static void
compile_static_part(struct compiler *c, const struct recipe *r)
{
	const struct zone_record *s, *t;
	const uint8_t *owner;

	if (r->chain) {
		answer_begin(&c->builder, r->suffix, r->exact, RCODE_NOERROR, true);
		answer_add(&c->builder, ANSWER_SECTION, NULL, RR_CNAME, r->chain->ttl, r->chain->rdata, r->chain->len);
		block_add_type(c, RR_CNAME);
	}
	for (s = r->records; s; s = next_type(s)) {
		owner = recipe_begin(c, r);
		for (t = s; t && t->type == s->type; t = t->next)
			answer_add(&c->builder, ANSWER_SECTION, owner, t->type, t->ttl, t->rdata, t->len);
		answer_end_rrset(&c->builder);
		block_add_type(c, s->type);
	}
}

/*
 * A member's CNAME stands alone, also when it leads to a name of the zone: the resolver
 * goes on by itself. Each variant would otherwise need an answer for each type there.
 */
void
compile_recipe(struct compiler *c, const struct recipe *r)
{
	const struct pick *p = &c->pick;
	bool to_cname = p->count > 0 && p->records[0].type == RR_CNAME;
	bool has_otherwise = to_cname || r->chain;
	size_t i, n;

	block_begin(&c->block, r->is_alias ? ZONE_NO_SERVICE : r->service,
	    count_pick_types(p) + count_types(r->records) + (r->chain != NULL), has_otherwise);
	compile_static_part(c, r);
	for (i = 0; i < p->count && !to_cname; i += n) {
		n = same_type(p->records + i, p->count - i);
		compile_type(c, r, p->records + i, n, block_head(&c->block)->n++, p->records[i].type);
	}
	if (to_cname && !r->chain)
		compile_type(c, r, p->records, p->count, block_head(&c->block)->n++, RR_CNAME);
	if (to_cname) {
		compile_type(c, r, p->records, p->count, block_head(&c->block)->n, 0);
	} else if (r->chain) {
		recipe_begin(c, r);
		add_soa(c, r->apex, r->soa);
		block_add_otherwise(c);
	}
}
