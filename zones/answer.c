/* SPDX-License-Identifier: BSD-2-Clause */
/* Answer: see answer.h. */
#include <string.h>

#include "zones/answer.h"
#include "zones/name.h"
#include "zones/rr.h"

#define POINTER			0xc000u
#define POINTER_TO_QUESTION	0xc00cu			/* the asked name stands behind the header, at 12 */
#define POINTER_REACH		(0x4000 - 12 - NAME_MAX_LEN)	/* relative places that any asked name can point to */
#define HEADER_LEN		12
#define QUESTION_REST		4			/* type and class behind the asked name */
#define RCODE_SERVFAIL		2

/* -- copying: on the path of every query -- */

static const struct answer_cut *
last_fitting(const struct answer *a, const struct answer_cut *cuts, size_t room)
{
	const struct answer_cut *best = NULL;
	unsigned i;

	for (i = 0; i < a->n_cuts && cuts[i].len <= room; i++)
		best = &cuts[i];
	return best;
}

size_t
answer_copy(const struct answer *a, uint8_t *at, size_t room, size_t name_len, struct answer_cut *end, bool *truncated)
{
	const uint16_t *fixes = (const uint16_t *)(a + 1);
	const struct answer_cut *cuts = (const struct answer_cut *)(fixes + a->n_fixes), *cut;
	const uint8_t *wire = (const uint8_t *)(cuts + a->n_cuts);
	unsigned i;

	if (a->len <= room) {
		*end = (struct answer_cut){ a->len, a->ancount, a->nscount, a->arcount };
	} else {
		cut = last_fitting(a, cuts, room);
		*end = cut ? *cut : (struct answer_cut){ 0, 0, 0, 0 };
		*truncated = true;
	}
	memcpy(at, wire, end->len);
	for (i = 0; i < a->n_fixes && fixes[i] < end->len; i++) {
		int place = (int16_t)rr_get16(at + fixes[i]) + HEADER_LEN + (int)name_len;

		rr_put16(at + fixes[i], (uint16_t)(POINTER | (unsigned)place));
	}
	return end->len;
}

/* -- making -- */

void
answer_begin(struct answer_builder *b, const uint8_t *suffix, bool exact, uint8_t rcode, bool authoritative)
{
	b->head = (struct answer){ .rcode = rcode, .authoritative = authoritative };
	b->suffix = suffix;
	b->exact = exact;
	b->overflow = false;
	b->n_names = 0;
	b->names_len = 0;
}

static bool
put(struct answer_builder *b, const void *bytes, size_t len)
{
	if (b->overflow || b->head.len + len > ANSWER_BODY_MAX) {
		b->overflow = true;
		return false;
	}
	memcpy(b->wire + b->head.len, bytes, len);
	b->head.len = (uint16_t)(b->head.len + len);
	return true;
}

static void
put16(struct answer_builder *b, uint16_t v)
{
	uint8_t bytes[2];

	rr_put16(bytes, v);
	put(b, bytes, sizeof bytes);
}

static void
put32(struct answer_builder *b, uint32_t v)
{
	uint8_t bytes[4];

	rr_put32(bytes, v);
	put(b, bytes, sizeof bytes);
}

static void
put_pointer(struct answer_builder *b, int relative)
{
	if (b->exact) {
		put16(b, (uint16_t)(POINTER | (unsigned)(HEADER_LEN + (int)name_len(b->suffix) + relative)));
		return;
	}
	if (!b->overflow)
		b->fixes[b->head.n_fixes++] = b->head.len;
	put16(b, (uint16_t)relative);
}

static void
remember(struct answer_builder *b, const uint8_t *name, int relative)
{
	size_t len = name_len(name);

	if (b->n_names == ANSWER_NAMES_MAX || b->names_len + len > sizeof b->names || relative >= POINTER_REACH)
		return;
	memcpy(b->names + b->names_len, name, len);
	b->name[b->n_names].at = (uint16_t)b->names_len;
	b->name[b->n_names++].relative = (int16_t)relative;
	b->names_len += len;
}

/* Where the name already stands in the message; false if nowhere. */
static bool
recall(struct answer_builder *b, const uint8_t *name, int *relative)
{
	const uint8_t *s;
	size_t i;

	if (b->n_names == 0)
		for (s = b->suffix; *s != 0; s = name_parent(s))
			remember(b, s, -(int)name_len(s));
	for (i = 0; i < b->n_names; i++) {
		if (!name_equal(b->names + b->name[i].at, name))
			continue;
		*relative = b->name[i].relative;
		return true;
	}
	return false;
}

/* A name, shortened by pointing to an earlier one (RFC 1035 section 4.1.4). */
static void
put_name(struct answer_builder *b, const uint8_t *name)
{
	uint8_t lower[NAME_MAX_LEN];
	const uint8_t *l = lower;
	int relative;

	name_lower(lower, name, name_len(name));
	for (; *l != 0; name = name_parent(name), l = name_parent(l)) {
		if (b->head.n_fixes < ANSWER_FIXES_MAX && recall(b, l, &relative)) {
			put_pointer(b, relative);
			return;
		}
		remember(b, l, QUESTION_REST + b->head.len);
		if (!put(b, name, 1u + *name))
			return;
	}
	put(b, "", 1);
}

static void
put_rdata(struct answer_builder *b, uint16_t type, const uint8_t *rdata, size_t len)
{
	struct rr_names names = rr_compressible(type);
	const uint8_t *end = rdata + len;
	size_t begin, length_at = b->head.len;

	put16(b, 0);
	begin = b->head.len;
	put(b, rdata, names.offset);
	for (rdata += names.offset; names.count > 0; names.count--) {
		put_name(b, rdata);
		rdata += name_len(rdata);
	}
	put(b, rdata, (size_t)(end - rdata));
	if (!b->overflow)
		rr_put16(b->wire + length_at, (uint16_t)(b->head.len - begin));
}

void
answer_add(struct answer_builder *b, enum answer_section section, const uint8_t *owner, uint16_t type, uint32_t ttl,
    const uint8_t *rdata, size_t len)
{
	if (owner)
		put_name(b, owner);
	else
		put16(b, POINTER_TO_QUESTION);
	put16(b, type);
	put16(b, RR_CLASS_IN);
	put32(b, ttl);
	put_rdata(b, type, rdata, len);
	if (section == ANSWER_SECTION)
		b->head.ancount++;
	else if (section == AUTHORITY_SECTION)
		b->head.nscount++;
	else
		b->head.arcount++;
}

void
answer_end_rrset(struct answer_builder *b)
{
	if (b->head.n_cuts < ANSWER_CUTS_MAX && !b->overflow)
		b->cuts[b->head.n_cuts++] =
		    (struct answer_cut){ b->head.len, b->head.ancount, b->head.nscount, b->head.arcount };
}

/* The last cut is the whole, which needs none. */
static unsigned
useful_cuts(const struct answer_builder *b)
{
	unsigned n = b->head.n_cuts;

	return n > 0 && b->cuts[n - 1].len == b->head.len ? n - 1 : n;
}

size_t
answer_size(const struct answer_builder *b)
{
	if (b->overflow)
		return sizeof b->head;
	return sizeof b->head + b->head.n_fixes * sizeof *b->fixes + useful_cuts(b) * sizeof *b->cuts + b->head.len;
}

void
answer_write(const struct answer_builder *b, void *room)
{
	struct answer *a = room;
	uint8_t *p = (uint8_t *)(a + 1);

	if (b->overflow) {
		*a = (struct answer){ .rcode = RCODE_SERVFAIL };
		return;
	}
	*a = b->head;
	a->n_cuts = (uint8_t)useful_cuts(b);
	memcpy(p, b->fixes, a->n_fixes * sizeof *b->fixes);
	p += a->n_fixes * sizeof *b->fixes;
	memcpy(p, b->cuts, a->n_cuts * sizeof *b->cuts);
	p += a->n_cuts * sizeof *b->cuts;
	memcpy(p, b->wire, a->len);
}
