/* SPDX-License-Identifier: BSD-2-Clause */
/* Query: see query.h. Reads like RFC 1035 section 4.1. */
#include "dnsd/query.h"
#include "zones/rr.h"

#define QR_BIT		0x80
#define OPCODE_BITS	0x78
#define LABEL_MAX	63
#define POINTER_BITS	0xc0	/* RFC 1035 section 4.1.4 */
#define RR_FIXED	10	/* type, class, TTL, rdata length */
#define ADDITIONAL_MAX	2	/* OPT and TSIG */

static uint16_t
count_at(const uint8_t *packet, size_t at)
{
	return rr_get16(packet + at);
}

/*
 * Length of the name at p, which may not go past end; 0: malformed. A question has
 * nothing to point back to, so a compression pointer in it is malformed as well.
 */
static size_t
read_name(const uint8_t *p, const uint8_t *end)
{
	const uint8_t *begin = p;

	for (;;) {
		if (p >= end || *p > LABEL_MAX)
			return 0;
		if (*p == 0)
			break;
		p += 1 + *p;
		if (p - begin >= NAME_MAX_LEN)
			return 0;
	}
	return (size_t)(p - begin) + 1;
}

static bool
read_question(const uint8_t *packet, size_t len, struct query *q)
{
	const uint8_t *name = packet + DNS_HEADER_LEN, *end = packet + len;
	size_t n = read_name(name, end);

	if (n == 0 || (size_t)(end - name) < n + 4)
		return false;
	name_lower(q->name, name, n);
	q->question.name = q->name;
	q->question.len = n;
	q->question.hash = name_hash(q->name, n);
	q->question.type = rr_get16(name + n);
	q->class = rr_get16(name + n + 2);
	q->question_end = DNS_HEADER_LEN + n + 4;
	return true;
}

/* One record of the additional section; *at moves behind it. Only OPT says something to us. */
static bool
read_additional(const uint8_t *packet, size_t len, size_t *at, struct query *q)
{
	const uint8_t *p = packet + *at, *end = packet + len;
	size_t name_len = read_name(p, end), rdata_len;

	if (name_len == 0 || (size_t)(end - p) < name_len + RR_FIXED)
		return false;
	p += name_len;
	rdata_len = rr_get16(p + 8);
	if ((size_t)(end - p) - RR_FIXED < rdata_len)
		return false;
	*at += name_len + RR_FIXED + rdata_len;
	if (rr_get16(p) != RR_OPT)
		return true;
	if (name_len != 1 || q->edns.present) /* RFC 6891 sections 6.1.1 and 6.1.2 */
		return false;
	return edns_read(&q->edns, rr_get16(p + 2), rr_get32(p + 4), p + RR_FIXED, rdata_len);
}

/* Length of a name that may end in a pointer, which is not followed; 0: malformed. */
static size_t
skip_name(const uint8_t *p, const uint8_t *end)
{
	const uint8_t *begin = p;

	while (p < end && *p != 0 && *p <= LABEL_MAX && p - begin < NAME_MAX_LEN)
		p += 1 + *p;
	if (p < end && *p == 0)
		return (size_t)(p - begin) + 1;
	if (end - p >= 2 && (*p & POINTER_BITS) == POINTER_BITS)
		return (size_t)(p - begin) + 2;
	return 0;
}

/* The authority section: nothing, but behind IXFR the SOA that the client has (RFC 1995 section 3). */
static bool
skip_authority(const uint8_t *packet, size_t len, size_t *at, const struct query *q)
{
	const uint8_t *p = packet + *at, *end = packet + len;
	unsigned n = count_at(packet, 8);
	size_t name_len, rdata_len;

	if (n == 0)
		return true;
	if (n > 1 || q->question.type != RR_IXFR)
		return false;
	name_len = skip_name(p, end);
	if (name_len == 0 || (size_t)(end - p) < name_len + RR_FIXED)
		return false;
	p += name_len;
	rdata_len = rr_get16(p + 8);
	*at += name_len + RR_FIXED + rdata_len;
	return rr_get16(p) == RR_SOA && *at <= len;
}

/* Everything behind the question. */
static bool
read_rest(const uint8_t *packet, size_t len, struct query *q)
{
	unsigned n = count_at(packet, 10);
	size_t at = q->question_end;

	if (count_at(packet, 6) != 0 || n > ADDITIONAL_MAX || !skip_authority(packet, len, &at, q))
		return false;
	for (; n > 0; n--)
		if (!read_additional(packet, len, &at, q))
			return false;
	return at == len;
}

bool
query_read(const uint8_t *packet, size_t len, struct query *q)
{
	if (len < DNS_HEADER_LEN || packet[2] & QR_BIT)
		return false;
	q->rcode = RCODE_NOERROR;
	q->question_end = DNS_HEADER_LEN;
	q->edns = (struct edns){ 0 };
	if (packet[2] & OPCODE_BITS) {
		q->rcode = RCODE_NOTIMP;
	} else if (count_at(packet, 4) != 1 || !read_question(packet, len, q)) {
		q->rcode = RCODE_FORMERR;
	} else if (!read_rest(packet, len, q)) {
		q->rcode = RCODE_FORMERR;
		q->edns = (struct edns){ 0 };
	} else if (q->edns.present && q->edns.version > 0) {
		q->rcode = RCODE_BADVERS;
	}
	return true;
}
