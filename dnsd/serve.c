/* SPDX-License-Identifier: BSD-2-Clause */
/* Serve: see serve.h. */
#include <string.h>
#include <time.h>

#include "dnsd/reply.h"
#include "dnsd/serve.h"
#include "zones/rr.h"

void
serve_init(struct serve *s, const struct conf *conf, const struct table *table, const struct inspect *inspect,
    struct counter_block *counts)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	*s = (struct serve){ .conf = conf, .table = table, .inspect = inspect, .counts = counts };
	s->identity = conf->server.identity;
	s->identity_len = s->identity ? strnlen(s->identity, SERVE_IDENTITY_MAX) : 0;
	s->random = ((uint64_t)now.tv_nsec << 32 ^ (uintptr_t)s) | 1;
}

/* xorshift64*: which variant comes first needs to be even, not secret. */
static uint32_t
next_random(struct serve *s)
{
	s->random ^= s->random >> 12;
	s->random ^= s->random << 25;
	s->random ^= s->random >> 27;
	return (uint32_t)(s->random * 0x2545f4914f6cdd1du >> 32);
}

static enum counter
counter_of(enum rcode rcode, bool has_records)
{
	switch (rcode) {
	case RCODE_NOERROR:
		return has_records ? COUNTER_NOERROR : COUNTER_NODATA;
	case RCODE_NXDOMAIN:
		return COUNTER_NXDOMAIN;
	case RCODE_REFUSED:
		return COUNTER_REFUSED;
	case RCODE_FORMERR:
		return COUNTER_FORMERR;
	case RCODE_NOTIMP:
		return COUNTER_NOTIMP;
	case RCODE_BADVERS:
		return COUNTER_BADVERS;
	default:
		return COUNTER_SERVFAIL;
	}
}

static size_t
error(struct serve *s, struct reply *r, enum rcode rcode)
{
	counter_add(s->counts, counter_of(rcode, false));
	return reply_error(r, rcode);
}

/* Types that ask for something else than records. */
static enum rcode
type_trouble(uint16_t type)
{
	if (type == RR_OPT)
		return RCODE_FORMERR;
	if (type == RR_IXFR || type == RR_AXFR)
		return RCODE_REFUSED;
	if (type >= RR_TKEY && type < RR_ANY)
		return RCODE_NOTIMP;
	return RCODE_NOERROR;
}

static size_t
answer(struct serve *s, struct reply *r, const struct query *q, const struct asker *asker)
{
	struct view view = { asker->addr, next_random(s) };
	const struct answer *a = table_find(s->table, &q->question, &view);

	if (a == NULL)
		return error(s, r, RCODE_REFUSED);
	counter_add(s->counts, counter_of(a->rcode, a->ancount > 0 || !a->authoritative));
	return reply_answer(r, a);
}

static size_t
reply(struct serve *s, struct reply *r, const struct query *q, const struct asker *asker)
{
	enum rcode trouble;
	size_t len;

	if (q->rcode != RCODE_NOERROR)
		return error(s, r, q->rcode);
	if (q->class == RR_CLASS_CH || inspect_is_health(q)) {
		len = inspect_reply(s->inspect, r, asker->addr);
		if (len > 0)
			counter_add(s->counts, COUNTER_INSPECTED);
		if (len > 0)
			return len;
	}
	if (q->class != RR_CLASS_IN)
		return error(s, r, RCODE_REFUSED);
	trouble = type_trouble(q->question.type);
	if (trouble != RCODE_NOERROR)
		return error(s, r, trouble);
	return answer(s, r, q, asker);
}

bool
serve_read(struct serve *s, const uint8_t *packet, size_t len, bool tcp, struct query *q)
{
	counter_add(s->counts, tcp ? COUNTER_TCP_QUERIES : COUNTER_UDP_QUERIES);
	if (!query_read(packet, len, q)) {
		counter_add(s->counts, COUNTER_DROPPED);
		return false;
	}
	if (q->edns.present)
		counter_add(s->counts, COUNTER_EDNS);
	if (q->rcode == RCODE_NOERROR)
		table_prefetch(s->table, &q->question);
	return true;
}

size_t
serve_reply(struct serve *s, uint8_t *packet, const struct query *q, const struct asker *asker)
{
	struct reply r = {
		.packet = packet,
		.query = q,
		.identity = s->identity,
		.identity_len = s->identity_len,
		.limit = asker->tcp ? SERVE_TCP_ROOM : reply_udp_limit(q),
	};
	size_t len = reply(s, &r, q, asker);

	if (r.truncated)
		counter_add(s->counts, COUNTER_TRUNCATED);
	return len;
}

size_t
serve(struct serve *s, uint8_t *packet, size_t len, const struct asker *asker)
{
	struct query q;
	size_t reply_len = 0;

	table_read_begin();
	if (serve_read(s, packet, len, asker->tcp, &q))
		reply_len = serve_reply(s, packet, &q, asker);
	table_read_end();
	return reply_len;
}
