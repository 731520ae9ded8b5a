/* SPDX-License-Identifier: BSD-2-Clause */
/* Reply: see reply.h. */
#include <string.h>

#include "dnsd/reply.h"
#include "zones/rr.h"

#define QR_AND_AA	0x84
#define QR_BIT		0x80
#define TC_BIT		0x02
#define OPCODE_AND_RD	0x79
#define CD_BIT		0x10		/* copied: RFC 4035 section 3.1.6 */
#define UDP_MIN		512		/* RFC 1035 section 4.2.1 */
#define TXT_MAX		255

size_t
reply_udp_limit(const struct query *q)
{
	if (!q->edns.present || q->edns.size < UDP_MIN)
		return UDP_MIN;
	return q->edns.size < EDNS_SIZE ? q->edns.size : EDNS_SIZE;
}

static size_t
opt_len(const struct reply *r)
{
	return edns_len(&r->query->edns, r->identity, r->identity_len);
}

static void
write_header(struct reply *r, unsigned rcode, bool authoritative, const struct answer_cut *counts)
{
	uint8_t *p = r->packet;

	p[2] = (uint8_t)((p[2] & OPCODE_AND_RD) | (authoritative ? QR_AND_AA : QR_BIT) | (r->truncated ? TC_BIT : 0));
	p[3] = (uint8_t)((p[3] & CD_BIT) | (rcode & 0x0f));
	rr_put16(p + 4, r->query->question_end > DNS_HEADER_LEN);
	rr_put16(p + 6, counts->ancount);
	rr_put16(p + 8, counts->nscount);
	rr_put16(p + 10, (uint16_t)(counts->arcount + r->query->edns.present));
}

/* Header and OPT around a body of which end tells length and counts. */
static size_t
finish(struct reply *r, unsigned rcode, bool authoritative, const struct answer_cut *end)
{
	size_t len = r->query->question_end + end->len;

	write_header(r, rcode, authoritative, end);
	return len + edns_write(&r->query->edns, (uint8_t)(rcode >> 4), r->identity, r->identity_len, r->packet + len);
}

size_t
reply_answer(struct reply *r, const struct answer *a)
{
	const struct query *q = r->query;
	struct answer_cut end;

	answer_copy(a, r->packet + q->question_end, r->limit - q->question_end - opt_len(r), q->question.len, &end,
	    &r->truncated);
	return finish(r, a->rcode, a->authoritative, &end);
}

size_t
reply_error(struct reply *r, enum rcode rcode)
{
	return finish(r, rcode, false, &(struct answer_cut){ 0, 0, 0, 0 });
}

/* -- texts -- */

void
reply_text_begin(struct reply_texts *t, struct reply *r)
{
	*t = (struct reply_texts){ .reply = r };
}

void
reply_text_add(struct reply_texts *t, const char *text)
{
	struct reply *r = t->reply;
	size_t text_len = strnlen(text, TXT_MAX), begin = r->query->question_end;
	uint8_t *p = r->packet + begin + t->len;

	if (begin + t->len + 13 + text_len + opt_len(r) > r->limit) {
		r->truncated = true;
		return;
	}
	rr_put16(p, 0xc000 | DNS_HEADER_LEN);
	rr_put16(p + 2, RR_TXT);
	rr_put16(p + 4, r->query->class);
	rr_put32(p + 6, 0);
	rr_put16(p + 10, (uint16_t)(1 + text_len));
	p[12] = (uint8_t)text_len;
	memcpy(p + 13, text, text_len);
	t->len += 13 + text_len;
	t->count++;
}

size_t
reply_text_end(struct reply_texts *t)
{
	if (t->reply->truncated)
		t->len = t->count = 0;
	return finish(t->reply, RCODE_NOERROR, true, &(struct answer_cut){ (uint16_t)t->len, t->count, 0, 0 });
}
