/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plan: making, assuming, and carrying it in packets.
 *
 * A packet, all numbers in network order:
 *	u8 version, u8 whole (0 or 1), u16 zero, u32 services, u64 number, u64 since_ms
 * and for each service
 *	u32 index, u8 reason, u8 suspect (0 or 1), u16 zero, u32 tier, u32 endpoints,
 *	one bit an endpoint, lowest bit of the first byte first, unused bits zero.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "conf/mem.h"
#include "conf/plan.h"

#define PACKET_VERSION 1
#define HEADER_LEN     24
#define RECORD_LEN     16 /* without the bits */

// clang-format off
static const char *const reason_names[PLAN_REASONS] = {
	[PLAN_ASSUMED]		= "assumed",
	[PLAN_TIER]		= "tier",
	[PLAN_SERVE_ALL]	= "serve-all",
	[PLAN_LAST]		= "last",
	[PLAN_NODATA]		= "nodata",
	[PLAN_LIST]		= "list",
};
// clang-format on

/* A packet being read; ok turns false at the first byte that is not there. */
struct reader {
	const uint8_t *at;
	size_t left;
	bool ok;
};

/* One service as a packet has it. */
struct record {
	uint32_t index;
	uint32_t reason;
	uint32_t suspect;
	uint32_t tier;
	uint32_t endpoints;
	const uint8_t *bits;
};

const char *
plan_reason_name(enum plan_reason reason)
{
	if ((unsigned)reason >= PLAN_REASONS)
		return "?";
	return reason_names[reason];
}

struct plan *
plan_new(const struct conf *conf)
{
	struct plan *plan = mem_zero(1, sizeof(*plan));
	uint32_t i;

	plan->services = mem_zero(conf->n_services + 1, sizeof(*plan->services));
	plan->serving = mem_zero(conf->n_endpoints + 1, sizeof(*plan->serving));
	for (i = 0; i < conf->n_services; i++)
		plan_assume(plan, conf, i);
	return plan;
}

void
plan_free(struct plan *plan)
{
	if (plan == NULL)
		return;
	free(plan->services);
	free(plan->serving);
	free(plan);
}

static unsigned
first_tier(const struct conf *conf, const struct conf_service *s)
{
	unsigned tier = conf->members[s->first_member].tier;
	uint32_t i;

	for (i = 1; i < s->n_members; i++) {
		unsigned other = conf->members[s->first_member + i].tier;

		if (other < tier)
			tier = other;
	}
	return tier;
}

void
plan_assume(struct plan *plan, const struct conf *conf, uint32_t service)
{
	const struct conf_service *s = &conf->services[service];
	struct plan_service *ps = &plan->services[service];
	uint32_t i;

	ps->reason = PLAN_ASSUMED;
	ps->tier = first_tier(conf, s);
	ps->suspect = true;
	for (i = s->first_endpoint; i < s->first_endpoint + s->n_endpoints; i++)
		plan->serving[i] = conf->members[conf->endpoints[i].member].tier == ps->tier;
}

static uint8_t *
put(uint8_t *at, uint64_t value, unsigned octets)
{
	while (octets-- > 0)
		*at++ = (uint8_t)(value >> 8 * octets);
	return at;
}

static size_t
record_len(const struct conf_service *s)
{
	return RECORD_LEN + (s->n_endpoints + 7u) / 8;
}

static uint8_t *
put_record(uint8_t *at, const struct plan *plan, const struct conf_service *s)
{
	const struct plan_service *ps = &plan->services[s->index];
	uint32_t i;

	at = put(at, s->index, 4);
	at = put(at, ps->reason, 1);
	at = put(at, ps->suspect, 1);
	at = put(at, 0, 2);
	at = put(at, ps->tier, 4);
	at = put(at, s->n_endpoints, 4);
	memset(at, 0, (s->n_endpoints + 7u) / 8);
	for (i = 0; i < s->n_endpoints; i++)
		if (plan->serving[s->first_endpoint + i])
			at[i / 8] |= (uint8_t)(1u << i % 8);
	return at + (s->n_endpoints + 7u) / 8;
}

size_t
plan_encode(const struct plan *plan, const struct conf *conf, const uint32_t *list, size_t n, size_t *next, bool whole,
    uint8_t *packet)
{
	uint8_t *at = packet + HEADER_LEN;
	uint8_t *end = packet + PLAN_PACKET_MAX;
	uint32_t count = 0;

	while (*next < n) {
		const struct conf_service *s = &conf->services[list[*next]];

		if (record_len(s) > (size_t)(end - at))
			break;
		at = put_record(at, plan, s);
		(*next)++;
		count++;
	}
	assert(count > 0 || n == 0); /* the configuration's bound on members lets any service fit */
	packet = put(packet, PACKET_VERSION, 1);
	packet = put(packet, whole, 1);
	packet = put(packet, 0, 2);
	packet = put(packet, count, 4);
	packet = put(packet, plan->number, 8);
	packet = put(packet, plan->since_ms, 8);
	return (size_t)(at - (packet - HEADER_LEN));
}

static const uint8_t *
get_bytes(struct reader *r, size_t len)
{
	const uint8_t *at = r->at;

	if (!r->ok || r->left < len) {
		r->ok = false;
		return NULL;
	}
	r->at += len;
	r->left -= len;
	return at;
}

static uint64_t
get(struct reader *r, unsigned octets)
{
	const uint8_t *at = get_bytes(r, octets);
	uint64_t value = 0;

	if (at == NULL)
		return 0;
	while (octets-- > 0)
		value = value << 8 | *at++;
	return value;
}

/* Read one record; what is wrong with it, or NULL. */
static const char *
get_record(struct reader *r, const struct conf *conf, struct record *rec)
{
	uint32_t zero;

	rec->index = (uint32_t)get(r, 4);
	rec->reason = (uint32_t)get(r, 1);
	rec->suspect = (uint32_t)get(r, 1);
	zero = (uint32_t)get(r, 2);
	rec->tier = (uint32_t)get(r, 4);
	rec->endpoints = (uint32_t)get(r, 4);
	if (!r->ok)
		return "packet cut short";
	if (rec->index >= conf->n_services)
		return "no such service";
	if (rec->reason >= PLAN_REASONS)
		return "no such reason";
	if (rec->suspect > 1 || zero != 0)
		return "flags out of range";
	if (rec->endpoints != conf->services[rec->index].n_endpoints)
		return "another number of endpoints";
	rec->bits = get_bytes(r, (rec->endpoints + 7u) / 8);
	return r->ok ? NULL : "packet cut short";
}

static const char *
wrong_bits(const struct record *rec, const struct conf_service *s)
{
	uint8_t any = 0;
	uint32_t i;

	for (i = 0; i < (rec->endpoints + 7u) / 8; i++)
		any |= rec->bits[i];
	if (rec->endpoints % 8 != 0 && rec->bits[rec->endpoints / 8] >> rec->endpoints % 8 != 0)
		return "endpoint out of range";
	if (any == 0 && s->all_down != ALL_DOWN_NODATA)
		return "a service would be empty";
	return NULL;
}

static void
take_record(struct plan *plan, const struct conf_service *s, const struct record *rec)
{
	struct plan_service *ps = &plan->services[s->index];
	uint32_t i;

	ps->reason = (enum plan_reason)rec->reason;
	ps->tier = rec->tier;
	ps->suspect = rec->suspect == 1;
	for (i = 0; i < s->n_endpoints; i++)
		plan->serving[s->first_endpoint + i] = rec->bits[i / 8] >> i % 8 & 1;
}

/* What is wrong with the records, all of them, or NULL. */
static const char *
check_records(struct reader r, const struct conf *conf, uint32_t count)
{
	struct record rec;
	uint32_t i;

	if (count > conf->n_services)
		return "more services than there are";
	for (i = 0; i < count; i++) {
		const char *wrong = get_record(&r, conf, &rec);

		if (wrong == NULL)
			wrong = wrong_bits(&rec, &conf->services[rec.index]);
		if (wrong != NULL)
			return wrong;
	}
	return r.left == 0 ? NULL : "packet too long";
}

int
plan_decode(struct plan *plan, const struct conf *conf, const uint8_t *packet, size_t len, uint32_t *touched,
    const char **why)
{
	struct reader r = { packet, len, true };
	uint32_t version = (uint32_t)get(&r, 1);
	uint32_t whole = (uint32_t)get(&r, 1);
	uint32_t zero = (uint32_t)get(&r, 2);
	uint32_t count = (uint32_t)get(&r, 4);
	uint64_t number = get(&r, 8);
	uint64_t since_ms = get(&r, 8);
	uint32_t i;

	if (!r.ok || version != PACKET_VERSION || whole > 1 || zero != 0)
		*why = "not a plan packet";
	else if (number < plan->number)
		*why = "number below the plan's";
	else
		*why = check_records(r, conf, count);
	if (*why != NULL)
		return -1;
	for (i = 0; i < count; i++) {
		struct record rec;

		get_record(&r, conf, &rec);
		take_record(plan, &conf->services[rec.index], &rec);
		touched[i] = rec.index;
	}
	plan->number = number;
	plan->since_ms = since_ms;
	return (int)count;
}
