/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Board: one shared anonymous mapping, every field of it atomic. One writer; a reader
 * that overlaps it tries again a bounded number of times and then takes what it sees,
 * for every value is checked on the way out.
 *
 * A sequence count (odd while written) guards each target and the plan as a whole. Data
 * are stored with release and loaded with acquire instead of fences, which costs nothing
 * on the machines at hand and is understood by the thread sanitizer.
 */
#include <sys/mman.h>

#include <assert.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "conf/board.h"
#include "conf/index.h"
#include "conf/log.h"
#include "conf/mem.h"

#define READ_TRIES 16 /* a plan of 50,000 services is written in about a millisecond */

struct shared_target {
	_Atomic uint32_t sequence;
	_Atomic uint32_t state;
	_Atomic uint32_t streak;
	_Atomic uint32_t seen;
	_Atomic uint64_t history;
	_Atomic uint64_t since_ms;
	_Atomic uint64_t probed_ms;
	_Atomic uint64_t started_ms;
	_Atomic uint32_t outcome;
	_Atomic uint32_t number;
	_Atomic uint32_t latency_us;
};

struct shared_service {
	_Atomic uint32_t reason;
	_Atomic uint32_t tier;
	_Atomic uint32_t suspect;
};

struct shared_head {
	_Atomic uint64_t beat_ms;
	_Atomic uint64_t number;
	_Atomic uint64_t since_ms;
	_Atomic uint32_t sequence;
};

/* Private to each process, so that nobody's stray write can move another's pointers. */
struct board {
	void *mapping;
	size_t size;
	size_t n_targets;
	struct shared_head *head;
	struct shared_target *targets;
	struct shared_service *services;
	_Atomic uint8_t *serving; /* by endpoint */
};

#define GET(field)        atomic_load_explicit(&(field), memory_order_acquire)
#define SET(field, value) atomic_store_explicit(&(field), (value), memory_order_release)

static void
write_begin(_Atomic uint32_t *sequence)
{
	/* A writer killed midway left it odd; it stays odd until we are done. */
	atomic_store_explicit(sequence, atomic_load_explicit(sequence, memory_order_relaxed) | 1, memory_order_relaxed);
}

static void
write_end(_Atomic uint32_t *sequence)
{
	SET(*sequence, atomic_load_explicit(sequence, memory_order_relaxed) + 1);
}

static bool
read_torn(const _Atomic uint32_t *sequence, uint32_t before)
{
	return before % 2 != 0 || atomic_load_explicit(sequence, memory_order_relaxed) != before;
}

struct board *
board_new(const struct conf *conf)
{
	struct board *b = mem_zero(1, sizeof(*b));
	struct plan *assumed = plan_new(conf);
	uint32_t *list = mem_zero(conf->n_services + 1, sizeof(*list));
	uint32_t i;
	char *at;

	b->n_targets = conf->n_targets;
	b->size = sizeof(*b->head) + conf->n_targets * sizeof(*b->targets) + conf->n_services * sizeof(*b->services) +
	    conf->n_endpoints;
	b->mapping = mmap(NULL, b->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (b->mapping == MAP_FAILED)
		fatal("board of %zu bytes", b->size);
	at = b->mapping;
	b->head = (void *)at;
	at += sizeof(*b->head);
	b->targets = (void *)at;
	at += conf->n_targets * sizeof(*b->targets);
	b->services = (void *)at;
	at += conf->n_services * sizeof(*b->services);
	b->serving = (void *)at;

	for (i = 0; i < conf->n_services; i++)
		list[i] = i;
	board_set_plan(b, conf, assumed, list, conf->n_services);
	free(list);
	plan_free(assumed);
	return b;
}

void
board_free(struct board *b)
{
	if (b == NULL)
		return;
	munmap(b->mapping, b->size);
	free(b);
}

void
board_set_target(struct board *b, uint32_t target, const struct board_target *t)
{
	struct shared_target *s = &b->targets[target];

	assert(target < b->n_targets);
	write_begin(&s->sequence);
	SET(s->state, t->state);
	SET(s->streak, t->streak);
	SET(s->history, t->history);
	SET(s->seen, t->seen);
	SET(s->since_ms, t->since_ms);
	SET(s->probed_ms, t->probed_ms);
	SET(s->started_ms, t->started_ms);
	SET(s->outcome, t->outcome);
	SET(s->number, t->number);
	SET(s->latency_us, t->latency_us);
	write_end(&s->sequence);
}

static void
copy_target(const struct shared_target *s, struct board_target *t)
{
	t->state = (enum verdict_state)GET(s->state);
	t->streak = GET(s->streak);
	t->history = GET(s->history);
	t->seen = GET(s->seen);
	t->since_ms = GET(s->since_ms);
	t->probed_ms = GET(s->probed_ms);
	t->started_ms = GET(s->started_ms);
	t->outcome = (enum outcome)GET(s->outcome);
	t->number = GET(s->number);
	t->latency_us = GET(s->latency_us);
}

struct board_target
board_target(const struct board *b, uint32_t target)
{
	const struct shared_target *s = &b->targets[target];
	struct board_target t;
	unsigned tries = 0;
	uint32_t before;

	assert(target < b->n_targets);
	do {
		before = GET(s->sequence);
		copy_target(s, &t);
	} while (read_torn(&s->sequence, before) && ++tries < READ_TRIES);
	if ((unsigned)t.state >= VERDICT_STATES)
		t.state = VERDICT_UNKNOWN;
	if ((unsigned)t.outcome >= OUTCOME_COUNT)
		t.outcome = OUTCOME_NONE;
	if (t.seen > 64)
		t.seen = 64;
	return t;
}

/*
 * In an order that never shows a service emptier than before or after: first what is
 * added, then what leaves, and the reason that allows emptiness last.
 */
static void
set_service(struct board *b, const struct conf_service *s, const struct plan *plan)
{
	const struct plan_service *ps = &plan->services[s->index];
	struct shared_service *to = &b->services[s->index];
	uint32_t end = s->first_endpoint + s->n_endpoints;
	uint32_t i;

	for (i = s->first_endpoint; i < end; i++)
		if (plan->serving[i])
			SET(b->serving[i], 1);
	for (i = s->first_endpoint; i < end; i++)
		if (!plan->serving[i])
			SET(b->serving[i], 0);
	SET(to->tier, ps->tier);
	SET(to->suspect, ps->suspect);
	SET(to->reason, ps->reason);
}

void
board_set_plan(struct board *b, const struct conf *conf, const struct plan *plan, const uint32_t *list, size_t n)
{
	size_t i;

	write_begin(&b->head->sequence);
	for (i = 0; i < n; i++)
		set_service(b, &conf->services[list[i]], plan);
	SET(b->head->number, plan->number);
	SET(b->head->since_ms, plan->since_ms);
	write_end(&b->head->sequence);
}

static bool
has_tier(const struct conf *conf, const struct conf_service *s, unsigned tier)
{
	uint32_t i;

	for (i = 0; i < s->n_members; i++)
		if (conf->members[s->first_member + i].tier == tier)
			return true;
	return tier == 0;
}

/* Is what the board says of the service something that a plan can say? */
static bool
believable(const struct conf *conf, const struct conf_service *s, const struct plan *plan)
{
	const struct plan_service *ps = &plan->services[s->index];
	uint32_t i;

	if ((unsigned)ps->reason >= PLAN_REASONS || !has_tier(conf, s, ps->tier))
		return false;
	for (i = 0; i < s->n_endpoints; i++)
		if (plan->serving[s->first_endpoint + i])
			return true;
	return ps->reason == PLAN_NODATA && s->all_down == ALL_DOWN_NODATA;
}

static void
copy_plan(const struct board *b, const struct conf *conf, struct plan *plan)
{
	size_t i;

	for (i = 0; i < conf->n_services; i++) {
		plan->services[i].reason = (enum plan_reason)GET(b->services[i].reason);
		plan->services[i].tier = GET(b->services[i].tier);
		plan->services[i].suspect = GET(b->services[i].suspect) != 0;
	}
	for (i = 0; i < conf->n_endpoints; i++)
		plan->serving[i] = GET(b->serving[i]) != 0;
	plan->number = GET(b->head->number);
	plan->since_ms = GET(b->head->since_ms);
}

void
board_plan(const struct board *b, const struct conf *conf, struct plan *plan)
{
	unsigned tries = 0;
	uint32_t before, i;

	for (;;) {
		before = GET(b->head->sequence);
		copy_plan(b, conf, plan);
		if (!read_torn(&b->head->sequence, before) || ++tries >= READ_TRIES)
			break;
		sched_yield();
	}
	for (i = 0; i < conf->n_services; i++)
		if (!believable(conf, &conf->services[i], plan))
			plan_assume(plan, conf, i);
}

uint64_t
board_plan_number(const struct board *b)
{
	return GET(b->head->number);
}

void
board_raise_number(struct board *b, uint64_t number)
{
	if (GET(b->head->number) < number)
		SET(b->head->number, number);
}

void
board_beat(struct board *b, uint64_t now_ms)
{
	SET(b->head->beat_ms, now_ms);
}

uint64_t
board_last_beat(const struct board *b)
{
	return GET(b->head->beat_ms);
}

/* Carrying over: everything below finds the old by name. */

uint32_t *
board_match(const struct conf *conf, const struct conf *old_conf)
{
	uint32_t *match = mem_zero(conf->n_targets + 1, sizeof(*match));
	struct index names = { 0 };
	uint32_t i, was;

	for (i = 0; i < old_conf->n_targets; i++)
		index_add(&names, old_conf->targets[i].key, i);
	for (i = 0; i < conf->n_targets; i++) {
		was = index_find(&names, conf->targets[i].key);
		match[i] = was == INDEX_NONE ? CONF_NO_TARGET : was;
	}
	index_free(&names);
	return match;
}

static void
carry_targets(struct board *b, const struct conf *conf, const struct board *old, const struct conf *old_conf)
{
	uint32_t *match = board_match(conf, old_conf), i;

	for (i = 0; i < conf->n_targets; i++) {
		struct board_target t;

		if (match[i] == CONF_NO_TARGET)
			continue;
		t = board_target(old, match[i]);
		board_set_target(b, i, &t);
	}
	free(match);
}

/* Identity of an endpoint: two members that differ in their tier only are one. */
static const char *
endpoint_key(struct arena *arena, const struct conf *conf, const struct conf_endpoint *e)
{
	const struct conf_member *m = &conf->members[e->member];

	return arena_printf(arena, "%s %s %u %s", conf->services[e->service].fqdn, conf->providers[m->provider].name,
	    m->port, e->text);
}

/*
 * Put the service to what the old plan said of it, as far as its endpoints still are:
 * where none that served is left, it stays assumed.
 */
static void
carry_service(struct plan *plan, const struct conf *conf, const struct conf_service *s, const struct plan_service *was,
    const bool *kept)
{
	struct plan_service *ps = &plan->services[s->index];
	unsigned tier = 0;
	bool any = false;
	uint32_t i;

	for (i = s->first_endpoint; i < s->first_endpoint + s->n_endpoints; i++) {
		unsigned its = conf->members[conf->endpoints[i].member].tier;

		if (!kept[i])
			continue;
		if (!any || its < tier)
			tier = its;
		any = true;
	}
	if (!any && !(was->reason == PLAN_NODATA && s->all_down == ALL_DOWN_NODATA))
		return;
	memcpy(&plan->serving[s->first_endpoint], &kept[s->first_endpoint], s->n_endpoints * sizeof(*kept));
	*ps = *was;
	if (ps->tier != 0)
		ps->tier = tier;
}

static void
carry_serving(struct arena *arena, const struct conf *conf, const struct conf *old_conf, const struct plan *was,
    bool *kept)
{
	struct index names = { 0 };
	uint32_t i;

	for (i = 0; i < old_conf->n_endpoints; i++)
		if (was->serving[i])
			index_add(&names, endpoint_key(arena, old_conf, &old_conf->endpoints[i]), i);
	for (i = 0; i < conf->n_endpoints; i++)
		kept[i] = index_find(&names, endpoint_key(arena, conf, &conf->endpoints[i])) != INDEX_NONE;
	index_free(&names);
}

static void
carry_services(struct plan *plan, const struct conf *conf, const struct conf *old_conf, const struct plan *was,
    const bool *kept)
{
	struct index names = { 0 };
	uint32_t i, old;

	for (i = 0; i < old_conf->n_services; i++)
		index_add(&names, old_conf->services[i].fqdn, i);
	for (i = 0; i < conf->n_services; i++) {
		old = index_find(&names, conf->services[i].fqdn);
		if (old != INDEX_NONE)
			carry_service(plan, conf, &conf->services[i], &was->services[old], kept);
	}
	index_free(&names);
}

static void
carry_plan(struct board *b, const struct conf *conf, const struct board *old, const struct conf *old_conf)
{
	struct arena *arena = arena_new();
	struct plan *was = plan_new(old_conf);
	struct plan *plan = plan_new(conf);
	bool *kept = mem_zero(conf->n_endpoints + 1, sizeof(*kept));
	uint32_t *list = mem_zero(conf->n_services + 1, sizeof(*list));
	uint32_t i;

	board_plan(old, old_conf, was);
	carry_serving(arena, conf, old_conf, was, kept);
	carry_services(plan, conf, old_conf, was, kept);
	plan->number = was->number;
	plan->since_ms = was->since_ms;
	for (i = 0; i < conf->n_services; i++)
		list[i] = i;
	board_set_plan(b, conf, plan, list, conf->n_services);
	free(list);
	free(kept);
	plan_free(plan);
	plan_free(was);
	arena_free(arena);
}

void
board_carry(struct board *b, const struct conf *conf, const struct board *old, const struct conf *old_conf)
{
	carry_targets(b, conf, old, old_conf);
	carry_plan(b, conf, old, old_conf);
}
