/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Table: see table.h.
 *
 * A slot is eight bytes: a node's address with 16 bits of its name's hash above it
 * (user addresses of Linux have 47 or 48 bits), so that a miss touches one line of
 * memory and a hit two: the slot's, and the node with its name. Blocks of static names
 * stand right behind their node.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/mem.h"
#include "zones/compile.h"
#include "zones/name.h"
#include "zones/rr.h"
#include "zones/table.h"

#define ADDRESS_BITS	48
#define FILL_PERCENT	70		/* of the slots; linear probing stays short */

struct node {
	_Atomic(const struct answers *)	answers;	/* NULL: a service before the first plan */
	uint32_t			zone;
	bool				cut;		/* at or below a delegation: answers is the referral */
	bool				has_wildcard;	/* "*" stands right below */
	bool				apex;		/* of its zone */
	uint8_t				len;
	uint8_t				name[];		/* wire format, lower case */
};

struct published {			/* a block that will be replaced */
	struct rcu_head		rcu;
	struct answers		answers;	/* and what follows */
};

struct table_zone {
	const struct answer	*nodata;
	const struct answer	*nxdomain;
	const struct answer	*ds;		/* said at its apex; NULL: the zone above is not ours */
	const uint8_t		*origin;
	struct zone_record	*soa;
};

struct dynamic {			/* a node that follows the plan */
	struct node		*node;
	struct recipe		 recipe;
};

struct table {
	const struct conf	*conf;
	struct arena		*arena;
	uint64_t		*slots;
	uint64_t		 n_slots;
	size_t			 n_nodes;
	struct table_zone	*zones;		/* by zone index */
	const struct answer	*any;
	struct zone_member	*members;	/* by member index; taken over from zones */
	struct arena		*members_arena;
	struct dynamic		*dynamics;	/* by service */
	size_t			 n_dynamics;
	size_t			*first_dynamic;	/* by service, n_services + 1 of them */
	struct compiler		*compiler;
};

static uint64_t
slot_index(const struct table *t, uint64_t hash)
{
	return (hash >> 32) * t->n_slots >> 32;
}

static uint64_t
slot_tag(uint64_t hash)
{
	return hash << ADDRESS_BITS;
}

static struct node *
slot_node(uint64_t slot)
{
	return (struct node *)(uintptr_t)(slot & (((uint64_t)1 << ADDRESS_BITS) - 1));
}

/* -- readers -- */

static const struct node *
find_node(const struct table *t, const uint8_t *name, size_t len, uint64_t hash)
{
	uint64_t i = slot_index(t, hash), tag = slot_tag(hash), slot;

	while ((slot = t->slots[i]) != 0) {
		const struct node *node = slot_node(slot);

		if ((slot ^ tag) >> ADDRESS_BITS == 0 && node->len == len && memcmp(node->name, name, len) == 0)
			return node;
		if (++i == t->n_slots)
			i = 0;
	}
	return NULL;
}

void
table_prefetch(const struct table *t, const struct question *q)
{
	__builtin_prefetch(&t->slots[slot_index(t, q->hash)]);
}

/* The closest ancestor that exists; NULL outside our zones. */
static const struct node *
find_encloser(const struct table *t, const uint8_t *name, size_t len)
{
	const struct node *node = NULL;

	while (node == NULL && len > 1) {
		len -= 1 + (size_t)*name;
		name = name_parent(name);
		node = find_node(t, name, len, name_hash(name, len));
	}
	return node;
}

static const struct node *
find_wildcard(const struct table *t, const struct node *encloser)
{
	uint8_t wild[NAME_MAX_LEN + 2] = { 1, '*' };

	memcpy(wild + 2, encloser->name, encloser->len);
	return find_node(t, wild, encloser->len + 2u, name_hash(wild, encloser->len + 2u));
}

static const struct answer *
choose(const struct table *t, const struct node *node, const struct answers *answers, const struct choice *choice,
    const struct view *view)
{
	const uint8_t *block = (const uint8_t *)answers;
	const struct variants *v;

	if (choice->n == 0)
		return t->zones[node->zone].nodata;
	if (choice->n == 1)
		return (const struct answer *)(const void *)(block + choice->offset);
	v = (const struct variants *)(const void *)(block + choice->offset);
	return (const struct answer *)(const void *)(block + v->of[pick_variant(v->answer, v->of, choice->n, view)].at);
}

static const struct choice *
find_choice(const struct answers *answers, uint16_t type)
{
	const struct choice *c;

	for (c = answers->of; c < answers->of + answers->n; c++)
		if (c->type == type)
			return c;
	return NULL;
}

/* RFC 8482 section 4: one HINFO for all there is, but a CNAME as it stands. */
static const struct answer *
answer_any(const struct table *t, const struct node *node, const struct answers *answers, const struct view *view)
{
	const struct choice *cname = find_choice(answers, RR_CNAME);

	if (cname)
		return choose(t, node, answers, cname, view);
	return answers->n ? t->any : t->zones[node->zone].nodata;
}

static const struct answer *
answer_at(const struct table *t, const struct node *node, uint16_t type, const struct view *view)
{
	const struct answers *answers = atomic_load_explicit(&node->answers, memory_order_acquire);
	const struct choice *choice;

	if (type == RR_DS && node->apex && t->zones[node->zone].ds)
		return t->zones[node->zone].ds;
	if (answers == NULL)
		return t->zones[node->zone].nodata;
	choice = find_choice(answers, type);
	if (choice)
		return choose(t, node, answers, choice, view);
	if (type == RR_ANY && !node->cut)
		return answer_any(t, node, answers, view);
	if (answers->has_otherwise)
		return choose(t, node, answers, &answers->of[answers->n], view);
	return t->zones[node->zone].nodata;
}

/* Below a cut only the referral is said, whatever type stands at the cut itself. */
static const struct answer *
answer_referral(const struct table *t, const struct node *node, const struct view *view)
{
	const struct answers *answers = atomic_load_explicit(&node->answers, memory_order_acquire);

	return choose(t, node, answers, &answers->of[answers->n], view);
}

const struct answer *
table_find(const struct table *t, const struct question *q, const struct view *view)
{
	const struct node *node = find_node(t, q->name, q->len, q->hash);

	if (node)
		return answer_at(t, node, q->type, view);
	node = find_encloser(t, q->name, q->len);
	if (node == NULL)
		return NULL;
	if (node->cut)
		return answer_referral(t, node, view);
	if (node->has_wildcard)
		return answer_at(t, find_wildcard(t, node), q->type, view);
	return t->zones[node->zone].nxdomain;
}

uint32_t
table_service(const struct table *t, const uint8_t *name, size_t len, const struct conf_zone **zone)
{
	const struct node *node = find_node(t, name, len, name_hash(name, len)), *closest = node;
	const struct answers *answers;

	if (closest == NULL)
		closest = find_encloser(t, name, len);
	*zone = closest ? &t->conf->zones[closest->zone] : NULL;
	answers = node ? atomic_load_explicit(&node->answers, memory_order_acquire) : NULL;
	return answers ? answers->service : ZONE_NO_SERVICE;
}

const struct answer *
table_nodata(const struct table *t, const struct conf_zone *zone)
{
	return t->zones[zone->index].nodata;
}

/* -- threads; the annotations tell ThreadSanitizer what liburcu's barriers do unseen by it -- */

#if defined(__SANITIZE_THREAD__)
#define BEFORE_FREEING(p)	__tsan_release(p)
#define WHEN_FREEING(p)	__tsan_acquire(p)
void __tsan_release(void *p);
void __tsan_acquire(void *p);
#else
#define BEFORE_FREEING(p)	((void)(p))
#define WHEN_FREEING(p)	((void)(p))
#endif

static char readers_end; /* its address stands for "all readers have left" */

void
table_thread_begin(void)
{
	rcu_register_thread();
}

void
table_thread_end(void)
{
	rcu_unregister_thread();
}

void
table_read_end(void)
{
	BEFORE_FREEING(&readers_end);
	rcu_read_unlock();
}

/* -- the writer -- */

static void
published_free(struct rcu_head *head)
{
	WHEN_FREEING(&readers_end);
	free((char *)head - offsetof(struct published, rcu));
}

static void
publish(struct table *t, struct dynamic *d)
{
	struct published *fresh;
	const struct answers *old;

	compile_recipe(t->compiler, &d->recipe);
	fresh = mem_alloc(offsetof(struct published, answers) + t->compiler->block.len);
	memcpy(&fresh->answers, t->compiler->block.bytes, t->compiler->block.len);
	old = atomic_exchange_explicit(&d->node->answers, &fresh->answers, memory_order_acq_rel);
	BEFORE_FREEING(&readers_end); /* nor does it see the way to call_rcu()'s thread */
	if (old)
		call_rcu((struct rcu_head *)((uintptr_t)old - offsetof(struct published, answers)), published_free);
}

void
table_publish(struct table *t, const struct plan *plan, const uint32_t *list, size_t n)
{
	size_t i, d;

	for (i = 0; i < n; i++) {
		pick_records(t->conf, t->members, plan, list[i], &t->compiler->pick);
		for (d = t->first_dynamic[list[i]]; d < t->first_dynamic[list[i] + 1]; d++)
			publish(t, &t->dynamics[d]);
	}
}

/* -- building -- */

static const void *
keep(struct table *t, const struct block *b)
{
	void *copy = arena_alloc(t->arena, b->len, 4);

	memcpy(copy, b->bytes, b->len);
	return copy;
}

static void
insert(struct table *t, const struct node *node)
{
	uint64_t hash = name_hash(node->name, node->len), i = slot_index(t, hash);

	while (t->slots[i])
		if (++i == t->n_slots)
			i = 0;
	t->slots[i] = slot_tag(hash) | (uintptr_t)node;
	t->n_nodes++;
}

static struct node *
add_node(struct table *t, const struct zone *z, const struct zone_name *n)
{
	struct node *node = arena_alloc(t->arena, sizeof *node + n->len, _Alignof(struct node));

	node->zone = z->conf->index;
	node->cut = n->cut != NULL;
	node->has_wildcard = n->has_wildcard;
	node->apex = n == z->apex;
	node->len = n->len;
	memcpy(node->name, n->name, n->len);
	insert(t, node);
	return node;
}

static void
add_dynamic(struct table *t, const struct zone *z, struct node *node, const struct recipe *r)
{
	struct dynamic *d;

	if ((t->n_dynamics & (t->n_dynamics - 1)) == 0)
		t->dynamics = mem_grow(t->dynamics, t->n_dynamics ? 2 * t->n_dynamics : 1, sizeof *d);
	d = &t->dynamics[t->n_dynamics++];
	d->node = node;
	d->recipe = *r;
	d->recipe.suffix = r->exact ? node->name : name_parent(node->name);
	d->recipe.apex = t->zones[z->conf->index].origin;
	d->recipe.soa = t->zones[z->conf->index].soa;
}

/* Names below one cut say the same; the last block made is kept for the neighbours. */
struct below {
	const struct zone_name	*cut;
	const struct answers	*answers;
};

static void
add_name(struct table *t, const struct zone *z, const struct zone_name *n, struct below *below)
{
	struct node *node = add_node(t, z, n);
	struct recipe r;

	if (compile_is_dynamic(z, n, t->arena, &r)) {
		add_dynamic(t, z, node, &r);
		return;
	}
	if (n->cut && n->cut != n) {
		if (below->cut != n->cut) {
			compile_below_cut(t->compiler, z, n->cut);
			*below = (struct below){ n->cut, keep(t, &t->compiler->block) };
		}
		node->answers = below->answers;
		return;
	}
	compile_name(t->compiler, z, n);
	node->answers = keep(t, &t->compiler->block);
}

static void
add_zone(struct table *t, const struct zone *z)
{
	struct table_zone *tz = &t->zones[z->conf->index];
	const struct zone_record *soa = zone_rrset(z->apex, RR_SOA);
	struct below below = { NULL, NULL };
	uint8_t *origin = arena_alloc(t->arena, z->apex->len, 1);
	size_t i;

	memcpy(origin, z->origin, z->apex->len);
	tz->origin = origin;
	tz->soa = arena_alloc(t->arena, sizeof *soa + soa->len, _Alignof(struct zone_record));
	memcpy(tz->soa, soa, sizeof *soa + soa->len);
	compile_negative(t->compiler, z, 0);
	tz->nodata = keep(t, &t->compiler->block);
	compile_negative(t->compiler, z, 3);
	tz->nxdomain = keep(t, &t->compiler->block);
	if (compile_apex_ds(t->compiler, z))
		tz->ds = keep(t, &t->compiler->block);
	for (i = 0; i < z->n_names; i++)
		if (z->names[i]->nested == NULL)
			add_name(t, z, z->names[i], &below);
}

static int
by_service(const void *va, const void *vb)
{
	const struct dynamic *a = va, *b = vb;

	return (a->recipe.service > b->recipe.service) - (a->recipe.service < b->recipe.service);
}

/* dynamics in the order of their services, and where each service's begin */
static void
index_dynamics(struct table *t)
{
	size_t s, d = 0;

	if (t->n_dynamics)
		qsort(t->dynamics, t->n_dynamics, sizeof *t->dynamics, by_service);
	t->first_dynamic = mem_zero(t->conf->n_services + 1, sizeof *t->first_dynamic);
	for (s = 0; s <= t->conf->n_services; s++) {
		while (d < t->n_dynamics && t->dynamics[d].recipe.service < s)
			d++;
		t->first_dynamic[s] = d;
	}
}

struct table *
table_build(const struct conf *conf, struct zones *zones)
{
	struct table *t = mem_zero(1, sizeof *t);
	size_t i, names = 0;

	t->conf = conf;
	t->arena = arena_new();
	t->compiler = compiler_new();
	t->zones = mem_zero(conf->n_zones + 1, sizeof *t->zones);
	for (i = 0; i < zones->count; i++)
		names += zones->list[i]->n_names;
	t->n_slots = names * 100 / FILL_PERCENT + 8;
	t->slots = arena_alloc(t->arena, t->n_slots * sizeof *t->slots, 64);
	compile_any(t->compiler);
	t->any = keep(t, &t->compiler->block);
	for (i = 0; i < zones->count; i++)
		add_zone(t, zones->list[i]);
	index_dynamics(t);
	t->members = zones->members;
	t->members_arena = zones->arena;
	zones->members = NULL;
	zones->arena = NULL;
	return t;
}

void
table_free(struct table *t)
{
	size_t d;

	if (t == NULL)
		return;
	for (d = 0; d < t->n_dynamics; d++)
		if (t->dynamics[d].node->answers)
			free((void *)((uintptr_t)t->dynamics[d].node->answers - offsetof(struct published, answers)));
	free(t->dynamics);
	free(t->first_dynamic);
	free(t->members);
	arena_free(t->members_arena);
	free(t->zones);
	compiler_free(t->compiler);
	arena_free(t->arena);
	free(t);
}

size_t
table_names(const struct table *t)
{
	return t->n_nodes;
}

size_t
table_size(const struct table *t)
{
	return arena_size(t->arena);
}
