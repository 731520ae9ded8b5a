/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading queries: what each packet is taken for. Packets end at an unreadable page.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dnsd/query.h"
#include "zones/rr.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PAGE_ROOM    4096
#define SILENCE	     (-1)

/* id, flags, counts */
#define HEADER(qd, an, ns, ar) "\x12\x34\1\0\0" qd "\0" an "\0" ns "\0" ar
#define ONE		       HEADER("\1", "\0", "\0", "\0")
#define WITH_OPT	       HEADER("\1", "\0", "\0", "\1")
#define QUESTION	       "\3www\4test\0\0\1\0\1"
#define IXFR		       "\4test\0\0\xfb\0\1"
/* behind its owner: type, class, TTL, length; the root twice, and the numbers */
#define SOA		       "\0\6\0\1\0\0\0\0\0\x16\0\0" "1234567890abcdefghij"
/* name, type, size 1232, extended rcode, version, flags */
#define OPT		       "\0\0\x29\x04\xd0\0\0\0\0"

static uint8_t *page_end;

static int
set_up(void **unused)
{
	uint8_t *map = mmap(NULL, 2 * PAGE_ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)unused;
	assert_true(map != MAP_FAILED);
	page_end = map + PAGE_ROOM;
	return mprotect(page_end, PAGE_ROOM, PROT_NONE);
}

static int
tear_down(void **unused)
{
	(void)unused;
	return munmap(page_end - PAGE_ROOM, 2 * PAGE_ROOM);
}

/* The rcode that query_read() finds, or SILENCE. */
static int
read_packet(const void *packet, size_t len, struct query *q)
{
	memset(q, 0xee, sizeof *q);
	memcpy(page_end - len, packet, len);
	return query_read(page_end - len, len, q) ? (int)q->rcode : SILENCE;
}

#define READ(literal, q) read_packet(literal, sizeof(literal) - 1, q)

struct packet {
	const char	*octets;
	size_t		 len;
	int		 rcode;
};

#define PACKET(literal, rcode) { literal, sizeof(literal) - 1, rcode }

static const struct packet packets[] = {
	/* what deserves silence */
	PACKET("", SILENCE),
	PACKET("\x12\x34\1\0\0\1\0\0\0\0\0", SILENCE),
	PACKET("\x12\x34\x81\0\0\1\0\0\0\0\0\0" QUESTION, SILENCE),
	PACKET("\x12\x34\xff\xff\0\1\0\0\0\0\0\0" QUESTION, SILENCE),
	/* header */
	PACKET(ONE QUESTION, RCODE_NOERROR),
	PACKET("\x12\x34\x09\0\0\1\0\0\0\0\0\0" QUESTION, RCODE_NOTIMP),
	PACKET("\x12\x34\x10\0\0\1\0\0\0\0\0\0" QUESTION, RCODE_NOTIMP),
	PACKET("\x12\x34\x28\0\0\1\0\0\0\0\0\0" QUESTION, RCODE_NOTIMP),
	PACKET("\x12\x34\x78\0\0\0\0\0\0\0\0\0", RCODE_NOTIMP),
	/* AA, TC, RD, RA, Z, AD, CD, rcode: as one likes */
	PACKET("\x12\x34\x07\xff\0\1\0\0\0\0\0\0" QUESTION, RCODE_NOERROR),
	/* one question and nothing behind it */
	PACKET(HEADER("\0", "\0", "\0", "\0"), RCODE_FORMERR),
	PACKET(HEADER("\2", "\0", "\0", "\0") QUESTION QUESTION, RCODE_FORMERR),
	PACKET(HEADER("\1", "\1", "\0", "\0") QUESTION "\0\0\1\0\1\0\0\0\0\0\0", RCODE_FORMERR),
	PACKET(HEADER("\1", "\0", "\1", "\0") QUESTION "\0\0\1\0\1\0\0\0\0\0\0", RCODE_FORMERR),
	PACKET(ONE QUESTION "x", RCODE_FORMERR),
	/* but the SOA that the client has stands behind a question for IXFR (RFC 1995 section 3) */
	PACKET(HEADER("\1", "\0", "\1", "\0") IXFR "\xc0\x0c" SOA, RCODE_NOERROR),
	PACKET(HEADER("\1", "\0", "\1", "\0") IXFR "\4test\0" SOA, RCODE_NOERROR),
	PACKET(HEADER("\1", "\0", "\1", "\0") IXFR "\1x\xc0\x0c" SOA, RCODE_NOERROR),
	PACKET(HEADER("\1", "\0", "\1", "\1") IXFR "\xc0\x0c" SOA OPT "\0\0", RCODE_NOERROR),
	PACKET(HEADER("\1", "\0", "\0", "\0") IXFR, RCODE_NOERROR),
	PACKET(HEADER("\1", "\0", "\0", "\0") IXFR "\xc0\x0c" SOA, RCODE_FORMERR),
	PACKET(HEADER("\1", "\0", "\1", "\0") IXFR, RCODE_FORMERR),
	PACKET(HEADER("\1", "\0", "\1", "\0") IXFR "\xc0", RCODE_FORMERR),
	PACKET(HEADER("\1", "\0", "\1", "\0") IXFR "\x80\x0c" SOA, RCODE_FORMERR),
	PACKET(HEADER("\1", "\0", "\1", "\0") IXFR "\xc0\x0c" "\0\6\0\1\0\0\0\0\0\7\0\0", RCODE_FORMERR),
	PACKET(HEADER("\1", "\0", "\1", "\0") IXFR "\xc0\x0c" "\0\1\0\1\0\0\0\0\0\0", RCODE_FORMERR),
	PACKET(HEADER("\1", "\0", "\2", "\0") IXFR "\xc0\x0c" SOA "\xc0\x0c" SOA, RCODE_FORMERR),
	PACKET(HEADER("\1", "\1", "\0", "\0") IXFR "\xc0\x0c" SOA, RCODE_FORMERR),
	PACKET(HEADER("\1", "\0", "\1", "\0") QUESTION "\xc0\x0c" SOA, RCODE_FORMERR),
	PACKET(WITH_OPT QUESTION, RCODE_FORMERR),
	PACKET("\x12\x34\1\0\1\1\0\0\0\0\0\0" QUESTION, RCODE_FORMERR), /* 257 questions */
	/* names */
	PACKET(ONE "\0\0\1\0\1", RCODE_NOERROR),
	PACKET(ONE "\300\014\0\1\0\1", RCODE_FORMERR),	    /* pointer to itself */
	PACKET(ONE "\3www\300\014\0\1\0\1", RCODE_FORMERR),
	PACKET(ONE "\300\0\0\1\0\1", RCODE_FORMERR),	    /* pointer into the header */
	PACKET(ONE "\100x\0\0\1\0\1", RCODE_FORMERR),	    /* label types that never were */
	PACKET(ONE "\200x\0\0\1\0\1", RCODE_FORMERR),
	PACKET(ONE "\4www\0\0\1\0\1", RCODE_FORMERR),	    /* eats its end: 0, 1, 0, 1 is no rest */
	PACKET(ONE "\1", RCODE_FORMERR),
	PACKET(ONE "\77", RCODE_FORMERR),
	/* additional records */
	PACKET(WITH_OPT QUESTION OPT "\0\0", RCODE_NOERROR),
	PACKET(WITH_OPT QUESTION "\0\0\x29\0\0\0\0\0\0\0\0", RCODE_NOERROR),
	PACKET(WITH_OPT QUESTION "\0\0\x29\x04\xd0\xff\0\xff\xff\0\0", RCODE_NOERROR),
	PACKET(WITH_OPT QUESTION "\0\0\x29\x04\xd0\0\1\0\0\0\0", RCODE_BADVERS),
	PACKET(WITH_OPT QUESTION "\0\0\x29\x04\xd0\0\xff\0\0\0\0", RCODE_BADVERS),
	PACKET(WITH_OPT QUESTION "\1a\0\0\x29\x04\xd0\0\0\0\0\0\0", RCODE_FORMERR), /* OPT owned by another name */
	PACKET(WITH_OPT QUESTION "\300\014\0\x29\x04\xd0\0\0\0\0\0\0", RCODE_FORMERR),
	PACKET(HEADER("\1", "\0", "\0", "\2") QUESTION OPT "\0\0" OPT "\0\0", RCODE_FORMERR),
	/* and TSIG */
	PACKET(HEADER("\1", "\0", "\0", "\2") QUESTION OPT "\0\0" "\1k\0\0\372\0\377\0\0\0\0\0\1x", RCODE_NOERROR),
	PACKET(HEADER("\1", "\0", "\0", "\2") QUESTION "\1k\0\0\1\0\1\0\0\0\0\0\4abcd" OPT "\0\0", RCODE_NOERROR),
	PACKET(HEADER("\1", "\0", "\0", "\3") QUESTION OPT "\0\0"
	    "\1k\0\0\1\0\1\0\0\0\0\0\0" "\1k\0\0\1\0\1\0\0\0\0\0\0", RCODE_FORMERR),
	PACKET(WITH_OPT QUESTION OPT "\0\1", RCODE_FORMERR),	  /* rdata longer than the packet */
	PACKET(WITH_OPT QUESTION OPT "\377\377", RCODE_FORMERR),
	PACKET(WITH_OPT QUESTION OPT "\0\0" "x", RCODE_FORMERR),
	/* options */
	PACKET(WITH_OPT QUESTION OPT "\0\4" "\0\3\0\0", RCODE_NOERROR),
	PACKET(WITH_OPT QUESTION OPT "\0\7" "\377\1\0\3abc", RCODE_NOERROR),
	PACKET(WITH_OPT QUESTION OPT "\0\13" "\377\1\0\3abc" "\0\3\0\0", RCODE_NOERROR),
	PACKET(WITH_OPT QUESTION OPT "\0\1" "\0", RCODE_FORMERR),
	PACKET(WITH_OPT QUESTION OPT "\0\3" "\0\3\0", RCODE_FORMERR),
	PACKET(WITH_OPT QUESTION OPT "\0\4" "\0\3\0\1", RCODE_FORMERR),	  /* option longer than rdata */
	PACKET(WITH_OPT QUESTION OPT "\0\5" "\0\3\0\0x", RCODE_FORMERR),
	PACKET(WITH_OPT QUESTION OPT "\0\6" "\377\1\377\377ab", RCODE_FORMERR),
};

static void
what_it_is_taken_for(void **state)
{
	struct query q;
	size_t i;
	int rcode;

	(void)state;
	for (i = 0; i < COUNT(packets); i++) {
		rcode = read_packet(packets[i].octets, packets[i].len, &q);
		if (rcode != packets[i].rcode)
			fail_msg("packet %zu: %d, expected %d", i, rcode, packets[i].rcode);
	}
}

static void
what_is_kept(void **state)
{
	struct query q;

	(void)state;
	assert_int_equal(READ(WITH_OPT "\3WwW\4TEST\0\0\x1c\0\3"
				       "\0\0\x29\x01\xff\0\0\x80\0\0\4\0\3\0\0",
			     &q),
	    RCODE_NOERROR);
	assert_int_equal(q.question.len, 10);
	assert_memory_equal(q.question.name, "\3www\4test", 10);
	assert_true(q.question.hash == name_hash((const uint8_t *)"\3www\4test", 10));
	assert_int_equal(q.question.type, RR_AAAA);
	assert_int_equal(q.class, RR_CLASS_CH);
	assert_int_equal(q.question_end, 12 + 14);
	assert_true(q.edns.present && q.edns.nsid && q.edns.dnssec_ok);
	assert_int_equal(q.edns.size, 511);
	assert_int_equal(q.edns.version, 0);

	assert_int_equal(READ(ONE QUESTION, &q), RCODE_NOERROR);
	assert_false(q.edns.present || q.edns.nsid || q.edns.dnssec_ok);
	assert_int_equal(READ(WITH_OPT QUESTION OPT "\0\0", &q), RCODE_NOERROR);
	assert_true(q.edns.present && !q.edns.nsid && !q.edns.dnssec_ok);
}

/* What is behind an error: the question when it could be read, EDNS only when all of it could. */
static void
what_errors_keep(void **state)
{
	struct query q;

	(void)state;
	assert_int_equal(READ(WITH_OPT QUESTION "\0\0\x29\x04\xd0\0\1\0\0\0\0", &q), RCODE_BADVERS);
	assert_int_equal(q.question_end, 12 + 14);
	assert_true(q.edns.present);
	assert_int_equal(READ(WITH_OPT QUESTION OPT "\0\0x", &q), RCODE_FORMERR);
	assert_int_equal(q.question_end, 12 + 14);
	assert_false(q.edns.present);
	assert_int_equal(READ(HEADER("\0", "\0", "\0", "\0"), &q), RCODE_FORMERR);
	assert_int_equal(q.question_end, 12);
	assert_int_equal(READ("\x12\x34\x28\0\0\1\0\0\0\0\0\0" QUESTION, &q), RCODE_NOTIMP);
	assert_int_equal(q.question_end, 12);
	assert_false(q.edns.present);
}

/* A packet that asks for a name of these labels' lengths; returns its length. */
static size_t
ask_name(uint8_t *packet, const uint8_t *labels, size_t n)
{
	size_t i, len = DNS_HEADER_LEN;

	memcpy(packet, ONE, len);
	for (i = 0; i < n; i++) {
		packet[len++] = labels[i];
		memset(packet + len, 'x', labels[i]);
		len += labels[i];
	}
	memcpy(packet + len, "\0\0\1\0\1", 5);
	return len + 5;
}

static void
name_limits(void **state)
{
	static const struct {
		uint8_t labels[5];
		size_t n;
		int rcode;
	} cases[] = {
		{ { 63 }, 1, RCODE_NOERROR },
		{ { 64 }, 1, RCODE_FORMERR },
		{ { 63, 63, 63, 61 }, 4, RCODE_NOERROR }, /* 255 octets */
		{ { 63, 63, 63, 62 }, 4, RCODE_FORMERR },
		{ { 63, 63, 63, 63 }, 4, RCODE_FORMERR },
		{ { 63, 63, 63, 59, 1 }, 5, RCODE_NOERROR },
		{ { 63, 63, 63, 60, 1 }, 5, RCODE_FORMERR },
		{ { 63, 63, 63, 61, 1 }, 5, RCODE_FORMERR },
	};
	uint8_t packet[512], ones[200];
	struct query q;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		assert_int_equal(read_packet(packet, ask_name(packet, cases[i].labels, cases[i].n), &q),
		    cases[i].rcode);
	memset(ones, 1, sizeof ones);
	for (i = 1; i < 140; i++)
		assert_int_equal(read_packet(packet, ask_name(packet, ones, i), &q),
		    i <= 127 ? RCODE_NOERROR : RCODE_FORMERR);
	assert_int_equal(read_packet(packet, ask_name(packet, ones, 127), &q), RCODE_NOERROR);
	assert_int_equal(q.question.len, NAME_MAX_LEN);
}

#define WHOLE                                                  \
	HEADER("\1", "\0", "\0", "\2")                         \
	"\3www\4test\0\0\1\0\1" OPT "\0\13"                    \
	"\0\3\0\0"                                             \
	"\377\1\0\3abc"                                        \
	"\3key\0\0\372\0\377\0\0\0\0\0\3abc"

/* Each truncation is silence or FORMERR, never a reading past the end. */
static void
truncations(void **state)
{
	struct query q;
	size_t len;

	(void)state;
	for (len = 0; len < sizeof(WHOLE) - 1; len++)
		assert_int_equal(read_packet(WHOLE, len, &q), len < DNS_HEADER_LEN ? SILENCE : RCODE_FORMERR);
	assert_int_equal(read_packet(WHOLE, len, &q), RCODE_NOERROR);
}

/* Each octet may have each value: whatever is read stays inside, and names are within bounds. */
static void
mutations(void **state)
{
	uint8_t packet[sizeof(WHOLE) - 1];
	struct query q;
	unsigned value;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof packet; i++)
		for (value = 0; value < 256; value++) {
			int rcode;

			memcpy(packet, WHOLE, sizeof packet);
			packet[i] = (uint8_t)value;
			rcode = read_packet(packet, sizeof packet, &q);
			assert_true((rcode == SILENCE) == ((packet[2] & 0x80) != 0));
			if (rcode == RCODE_NOERROR || rcode == RCODE_BADVERS)
				assert_int_equal(q.question.len, name_len(q.name));
			if (rcode != SILENCE)
				assert_in_range(q.question_end, DNS_HEADER_LEN, sizeof packet);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_is_taken_for),
		cmocka_unit_test(what_is_kept),
		cmocka_unit_test(what_errors_keep),
		cmocka_unit_test(name_limits),
		cmocka_unit_test(truncations),
		cmocka_unit_test(mutations),
	};

	return cmocka_run_group_tests_name("query", tests, set_up, tear_down);
}
