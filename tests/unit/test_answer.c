/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers: records to wire. What is written behind any question that it serves reads as
 * what was put in, whatever was compressed, moved or cut.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/make_site.h"
#include "zones/answer.h"
#include "zones/rr.h"

#define NAME(text) ((const uint8_t *)(text))

static struct answer_builder builder;
static uint32_t answer_room[ANSWER_BODY_MAX / 4 + 1024];
static uint8_t packet[UINT16_MAX + 1];
static char text[SITE_TEXT_MAX];

static const struct answer *
finished(void)
{
	site_must(answer_size(&builder) <= sizeof answer_room, "an answer is larger than it may be");
	answer_write(&builder, answer_room);
	return (const struct answer *)(const void *)answer_room;
}

/* The message of a question and the answer in so much room; returns its length, and the body's. */
static size_t
message(const struct answer *a, const char *question, size_t room, size_t *body_len)
{
	size_t len = query_make(packet, question);
	struct answer_cut end;
	bool truncated = false;

	memset(packet + len, 0xee, sizeof packet - len);
	*body_len = answer_copy(a, packet + len, room, len - 16, &end, &truncated);
	assert_int_equal(*body_len, end.len);
	assert_true(end.len <= room);
	assert_int_equal(packet[len + end.len], 0xee);
	packet[2] = (uint8_t)(0x80 | (a->authoritative ? 4 : 0) | (truncated ? 2 : 0));
	packet[3] = a->rcode;
	rr_put16(packet + 6, end.ancount);
	rr_put16(packet + 8, end.nscount);
	rr_put16(packet + 10, end.arcount);
	return len + end.len;
}

static const char *
message_text(const char *question, size_t room, size_t *body_len)
{
	size_t len = message(finished(), question, room, body_len);

	return reply_text(packet, len, text);
}

static void
add_a(const char *owner, enum answer_section section, uint8_t last)
{
	const uint8_t address[] = { 127, 0, 0, last };

	answer_add(&builder, section, owner ? NAME(owner) : NULL, RR_A, 60, address, sizeof address);
}

static void
add_to_name(uint16_t type, const char *owner, const char *rdata, size_t len)
{
	answer_add(&builder, ANSWER_SECTION, owner ? NAME(owner) : NULL, type, 60, NAME(rdata), len);
	answer_end_rrset(&builder);
}

static void
nothing(void **state)
{
	size_t len;

	(void)state;
	answer_begin(&builder, NAME("\1a"), true, 3, true);
	assert_string_equal(message_text("a. A", 100, &len), "NXDOMAIN aa");
	assert_int_equal(len, 0);
	answer_begin(&builder, NAME(""), false, 5, false);
	assert_string_equal(message_text(". A", 0, &len), "REFUSED");
}

static void
sections(void **state)
{
	size_t len;

	(void)state;
	answer_begin(&builder, NAME("\1a\4test"), true, 0, true);
	add_a(NULL, ANSWER_SECTION, 1);
	add_a(NULL, ANSWER_SECTION, 2);
	add_a("\1b\4test", AUTHORITY_SECTION, 3);
	add_a("\1c", ADDITIONAL_SECTION, 4);
	assert_string_equal(message_text("a.test. A", 1000, &len),
	    "NOERROR aa | a.test. 60 A 127.0.0.1; a.test. 60 A 127.0.0.2 | b.test. 60 A 127.0.0.3 | c. 60 A 127.0.0.4");
	assert_int_equal(len, 16 + 16 + 18 + 17);
}

/* Which names in rdata are shortened (RFC 3597 section 4), and how far; the suffix is asked for as it is. */
static void
compression(void **state)
{
	static const struct {
		uint16_t type;
		const char *rdata;
		size_t len;
		size_t wire_len; /* of the rdata */
		const char *text;
	} cases[] = {
		{ RR_NS, "\2ns\1a\4test", 11, 5, "NS ns.a.test." },
		{ RR_NS, "\2ns\1b\4test", 11, 7, "NS ns.b.test." },
		{ RR_NS, "\2ns\3net", 8, 8, "NS ns.net." },
		{ RR_NS, "\1a\4test", 8, 2, "NS a.test." },
		{ RR_NS, "", 1, 1, "NS ." },
		{ RR_NS, "\2NS\1A\4TEST", 11, 5, "NS NS.a.test." }, /* case is no hindrance */
		{ RR_MX, "\0\12\1m\1a\4test", 12, 6, "MX 10 m.a.test." },
		{ RR_SOA, "\2ns\1a\4test\0\1h\2ns\1a\4test\0aaaabbbbccccddddeeee", 44, 29,
		    "SOA ns.a.test. h.ns.a.test. 1633771873 1650614882 1667457891 1684300900 1701143909" },
		{ RR_PTR, "\1x\1a\4test", 10, 4, "PTR x.a.test." },
		{ RR_SRV, "\0\1\0\2\0\3\1x\1a\4test", 16, 16, "SRV 1 2 3 x.a.test." },	/* RFC 2782: not to be compressed */
		{ RR_DNAME, "\1x\1a\4test", 10, 10, "DNAME x.a.test." },		/* RFC 6672 section 2.5 */
		{ RR_TXT, "\1x\1a", 4, 4, "TXT \"x\" \"a\"" },
	};
	char expected[256];
	size_t i, len;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		answer_begin(&builder, NAME("\1a\4test"), true, 0, true);
		add_to_name(cases[i].type, NULL, cases[i].rdata, cases[i].len);
		snprintf(expected, sizeof expected, "NOERROR aa | a.test. 60 %s", cases[i].text);
		assert_string_equal(message_text("a.test. ANY", 1000, &len), expected);
		assert_int_equal(len, 12 + cases[i].wire_len);
	}
}

/* A name that stood in rdata serves later owners and targets; the operator's spelling is kept where it is written. */
static void
earlier_names(void **state)
{
	size_t len;

	(void)state;
	answer_begin(&builder, NAME("\1a\4test"), true, 0, true);
	add_to_name(RR_NS, NULL, "\2Ns\3Org\3net", 12);
	add_to_name(RR_NS, NULL, "\2mx\3org\3NET", 12);
	add_a("\2ns\3org\3net", ADDITIONAL_SECTION, 1);
	assert_string_equal(message_text("a.test. NS", 1000, &len),
	    "NOERROR aa | a.test. 60 NS Ns.Org.net.; a.test. 60 NS mx.Org.net. | | Ns.Org.net. 60 A 127.0.0.1");
	assert_int_equal(len, 12 + 12 + 12 + 5 + 16);
}

/* A body for all names under a suffix reads the same behind each of them, the longest too. */
static void
any_length(void **state)
{
	static const char *const asked[] = { "test.", "x.test.", "y.x.test.", "A.TEST.",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
		"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb."
		"ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc."
		"dddddddddddddddddddddddddddddddddddddddddddddddddddddddd.test." };
	char question[300], expected[600];
	size_t i, len;

	(void)state;
	answer_begin(&builder, NAME("\4test"), false, 0, true);
	add_to_name(RR_MX, NULL, "\0\12\1m\1x\4test", 12);
	add_a("\1m\1x\4test", ADDITIONAL_SECTION, 1);
	for (i = 0; i < COUNT(asked); i++) {
		const char *tld = strrchr(asked[i], 'T') ? "TEST" : "test";

		snprintf(question, sizeof question, "%s MX", asked[i]);
		snprintf(expected, sizeof expected, "NOERROR aa | %s 60 MX 10 m.x.%s. | | m.x.%s. 60 A 127.0.0.1",
		    asked[i], tld, tld);
		assert_string_equal(message_text(question, 1000, &len), expected);
		assert_int_equal(len, 12 + 8 + 16);
	}
}

/* In every room what is said is whole RRsets, the most that fit, with TC when it is not all. */
static void
cuts(void **state)
{
	static const struct {
		size_t len;
		const char *text;
	} steps[] = {
		{ 0, "NOERROR aa tc" },
		{ 32, "NOERROR aa tc | a.test. 60 A 127.0.0.1; a.test. 60 A 127.0.0.2" },
		{ 49, "NOERROR aa tc | a.test. 60 A 127.0.0.1; a.test. 60 A 127.0.0.2 | a.test. 60 NS ns.a.test." },
		{ 65, "NOERROR aa | a.test. 60 A 127.0.0.1; a.test. 60 A 127.0.0.2 | a.test. 60 NS ns.a.test. | "
		      "ns.a.test. 60 A 127.0.0.3" },
	};
	size_t room, step, len;

	(void)state;
	answer_begin(&builder, NAME("\1a\4test"), true, 0, true);
	add_a(NULL, ANSWER_SECTION, 1);
	add_a(NULL, ANSWER_SECTION, 2);
	answer_end_rrset(&builder);
	answer_add(&builder, AUTHORITY_SECTION, NULL, RR_NS, 60, NAME("\2ns\1a\4test"), 11);
	answer_end_rrset(&builder);
	add_a("\2ns\1a\4test", ADDITIONAL_SECTION, 3);
	answer_end_rrset(&builder);
	for (room = 0; room < 80; room++) {
		for (step = COUNT(steps) - 1; steps[step].len > room; step--)
			continue;
		assert_string_equal(message_text("a.test. A", room, &len), steps[step].text);
		assert_int_equal(len, steps[step].len);
	}
}

static const uint8_t *
numbered(unsigned n)
{
	static uint8_t name[NAME_MAX_LEN];
	char label[16];
	int len = snprintf(label, sizeof label, "host%05u", n);

	name[0] = (uint8_t)len;
	memcpy(name + 1, label, (size_t)len);
	memcpy(name + 1 + len, "\4test", 6);
	return name;
}

/* More names than are remembered, more pointers than can be put right, further than a pointer reaches. */
static void
many_names(void **state)
{
	static const bool exacts[] = { true, false };
	const struct answer *a;
	ldns_pkt *pkt;
	unsigned n, e;
	size_t len, body_len;

	(void)state;
	for (e = 0; e < COUNT(exacts); e++) {
		answer_begin(&builder, NAME("\4test"), exacts[e], 0, true);
		for (n = 0; n < 2000; n++)
			answer_add(&builder, ANSWER_SECTION, NULL, RR_NS, 60, numbered(n), 16);
		a = finished();
		assert_int_equal(a->ancount, 2000);
		len = message(a, "test. NS", ANSWER_BODY_MAX, &body_len);
		assert_int_equal(ldns_wire2pkt(&pkt, packet, len), LDNS_STATUS_OK);
		assert_int_equal(ldns_pkt_ancount(pkt), 2000);
		for (n = 0; n < 2000; n++) {
			const ldns_rdf *target = ldns_rr_rdf(ldns_rr_list_rr(ldns_pkt_answer(pkt), n), 0);

			assert_int_equal(ldns_rdf_size(target), 16);
			assert_memory_equal(ldns_rdf_data(target), numbered(n), 16);
		}
		ldns_pkt_free(pkt);
	}
}

/* The names of the second and third record of the reply. */
static void
check_targets(const char *question, const char *target, size_t target_len)
{
	size_t i, body_len, len = message(finished(), question, ANSWER_BODY_MAX, &body_len);
	ldns_pkt *pkt;

	assert_int_equal(ldns_wire2pkt(&pkt, packet, len), LDNS_STATUS_OK);
	assert_int_equal(ldns_pkt_ancount(pkt), 3);
	for (i = 1; i < 3; i++) {
		const ldns_rdf *rdf = ldns_rr_rdf(ldns_rr_list_rr(ldns_pkt_answer(pkt), i), 0);

		assert_int_equal(ldns_rdf_size(rdf), target_len);
		assert_memory_equal(ldns_rdf_data(rdf), target, target_len);
	}
	ldns_pkt_free(pkt);
}

/* What stands further than a pointer reaches behind the longest name is not pointed to. */
static void
out_of_reach(void **state)
{
	static const uint8_t rdata[0x4000];
	static const char target[] = "\2ns\3org\3net";
	char longest[300];
	size_t before;

	(void)state;
	memset(longest, 'x', sizeof longest);
	longest[63] = longest[127] = longest[191] = '.';
	strcpy(longest + 248, ".test. NS");
	for (before = 0x3e00; before < 0x4000; before++) {
		answer_begin(&builder, NAME("\4test"), false, 0, true);
		answer_add(&builder, ANSWER_SECTION, NULL, 65280, 60, rdata, before);
		add_to_name(RR_NS, NULL, target, sizeof target);
		add_to_name(RR_NS, NULL, target, sizeof target);
		check_targets("test. NS", target, sizeof target);
		check_targets(longest, target, sizeof target);
	}
}

/* What no message can hold is SERVFAIL, wherever it went over; the builder is good for the next. */
static void
too_much(void **state)
{
	static uint8_t rdata[UINT16_MAX];
	size_t first, len;

	(void)state;
	for (first = ANSWER_BODY_MAX - 40; first <= ANSWER_BODY_MAX; first++) {
		answer_begin(&builder, NAME("\1a"), true, 0, true);
		answer_add(&builder, ANSWER_SECTION, NULL, 65280, 60, rdata, first - 12);
		answer_end_rrset(&builder);
		assert_int_equal(finished()->len, first);
		answer_add(&builder, ANSWER_SECTION, NAME("\1b"), RR_NS, 60, NAME("\1c\1a"), 5);
		answer_end_rrset(&builder);
		if (first + 3 + 10 + 4 <= ANSWER_BODY_MAX) {
			assert_int_equal(finished()->len, first + 17);
			continue;
		}
		assert_int_equal(answer_size(&builder), sizeof(struct answer));
		assert_string_equal(message_text("a. ANY", ANSWER_BODY_MAX, &len), "SERVFAIL");
	}
	answer_begin(&builder, NAME("\1a"), true, 0, true);
	add_a(NULL, ANSWER_SECTION, 1);
	assert_string_equal(message_text("a. A", 1000, &len), "NOERROR aa | a. 60 A 127.0.0.1");
}

/* More RRsets than there are places to cut: some may be left out too early, never cut in two. */
static void
many_cuts(void **state)
{
	unsigned n, last = 0;
	size_t room, len;

	(void)state;
	answer_begin(&builder, NAME("\4test"), true, 0, true);
	for (n = 0; n < ANSWER_CUTS_MAX + 40; n++) {
		add_a((const char *)numbered(n), ADDITIONAL_SECTION, 1);
		add_a((const char *)numbered(n), ADDITIONAL_SECTION, 2);
		answer_end_rrset(&builder);
	}
	finished();
	for (room = 0; room <= builder.head.len; room++) {
		message((const struct answer *)(const void *)answer_room, "test. A", room, &len);
		n = rr_get16(packet + 10);
		assert_true(n >= last);
		assert_int_equal(n % 2, 0);
		assert_int_equal(packet[2] & 2, room < builder.head.len ? 2 : 0);
		last = n;
	}
	assert_int_equal(last, 2 * (ANSWER_CUTS_MAX + 40));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing),
		cmocka_unit_test(sections),
		cmocka_unit_test(compression),
		cmocka_unit_test(earlier_names),
		cmocka_unit_test(any_length),
		cmocka_unit_test(cuts),
		cmocka_unit_test(many_names),
		cmocka_unit_test(out_of_reach),
		cmocka_unit_test(too_much),
		cmocka_unit_test(many_cuts),
	};

	return cmocka_run_group_tests_name("answer", tests, NULL, NULL);
}
