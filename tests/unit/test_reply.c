/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Replies: within every limit whole RRsets and a truthful TC; header, OPT and texts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "dnsd/reply.h"
#include "tests/unit/make_site.h"
#include "zones/rr.h"

static uint8_t packet[UINT16_MAX + 1];
static char text[SITE_TEXT_MAX];
static struct query query;

static void
udp_limits(void **state)
{
	static const struct {
		bool edns;
		uint16_t size;
		size_t limit;
	} cases[] = { { false, 0, 512 }, { true, 0, 512 }, { true, 511, 512 }, { true, 512, 512 }, { true, 1000, 1000 },
		{ true, 1232, 1232 }, { true, 1233, 1232 }, { true, 65535, 1232 } };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		query.edns = (struct edns){ .present = cases[i].edns, .size = cases[i].size };
		assert_int_equal(reply_udp_limit(&query), cases[i].limit);
	}
}

/* Make the packet and read it; with an OPT of ours when edns. */
static struct reply
begin(const char *question, bool edns)
{
	size_t len = query_make(packet, question);

	assert_true(query_read(packet, len, &query));
	assert_int_equal(query.rcode, RCODE_NOERROR);
	query.edns = (struct edns){ .present = edns, .size = EDNS_SIZE };
	memset(packet + len, 0xee, sizeof packet - len);
	return (struct reply){ .packet = packet, .query = &query, .limit = sizeof packet };
}

/* -- answers -- */

static const struct make_zone zone = { "t.test",
	"@ 60 SOA ns h 1 2 3 4 5\n@ 60 NS ns\nns 60 A 127.0.0.53\n"
	"three 60 CNAME two\ntwo 60 CNAME one\none 60 CNAME many\n"
	"many 60 A 127.0.0.1\nmany 60 A 127.0.0.2\nmany 60 A 127.0.0.3\nmany 60 A 127.0.0.4\n"
	"*.long 60 TXT 0123456789012345678901234567890123456789\n*.long 60 TXT 9876543210\n"
	"cut 60 NS ns1.cut\ncut 60 NS ns2.cut\ncut 60 NS ns.elsewhere.test.\nns1.cut 60 A 127.0.0.1\nns1.cut 60 AAAA ::1\n"
	"ns2.cut 60 A 127.0.0.2\nns2.cut 60 AAAA ::2\n", NULL };

static const char *const questions[] = {
	"many.t.test. A", "three.t.test. A", "three.t.test. AAAA", "x.long.t.test. TXT",
	"cut.t.test. A", "y.x.cut.t.test. A", "nothing.t.test. A", "t.test. ANY"
};

/* Of each section the reply has the first RRsets of the whole answer, and none after one that is left out. */
static bool
is_front_of(const char *part, const char *whole)
{
	size_t len;

	part = strchr(part, '|');
	if (part == NULL)
		return true;
	len = strlen(part);
	whole = strchr(whole, '|');
	return strncmp(part, whole, len) == 0 && strchr("; |", whole[len]) != NULL;
}

/* Records of a multi-record RRset stand in all or not at all: their numbers are told from the whole. */
static bool
splits_an_rrset(const char *part)
{
	static const char *const sets[][2] = { { "A 127.0.0.1; many", "A 127.0.0.4" }, { "TXT \"0123", "TXT \"9876" },
		{ "NS ns1.cut", "NS ns.elsewhere" } };
	size_t i;

	for (i = 0; i < COUNT(sets); i++)
		if ((strstr(part, sets[i][0]) == NULL) != (strstr(part, sets[i][1]) == NULL))
			return true;
	return false;
}

static size_t
answer_within(const struct answer *a, const char *question, bool edns, size_t limit)
{
	struct reply r = begin(question, edns);
	size_t len;

	r.limit = limit;
	len = reply_answer(&r, a);
	assert_true(len <= limit);
	assert_int_equal(packet[len], 0xee);
	assert_int_equal((packet[2] & 2) != 0, r.truncated);
	reply_text(packet, len, text);
	return len;
}

static void
check_limits(const struct site *s, const char *question, bool edns)
{
	static char whole[SITE_TEXT_MAX];
	struct sockaddr_in client;
	struct view view = view_make(&client, "127.0.0.1", 0);
	const struct answer *a;
	size_t full, limit, last = 0;

	begin(question, edns);
	table_read_begin();
	a = table_find(s->table, &query.question, &view);
	full = answer_within(a, question, edns, sizeof packet);
	strcpy(whole, text);
	assert_null(strstr(whole, " tc"));
	for (limit = query.question_end + (edns ? EDNS_OPT_LEN : 0); limit <= full; limit++) {
		size_t len = answer_within(a, question, edns, limit);

		assert_true(len >= last);
		assert_int_equal(strstr(text, " tc") != NULL, limit < full);
		assert_true(is_front_of(text, whole));
		assert_false(splits_an_rrset(text));
		last = len;
	}
	assert_int_equal(last, full);
	table_read_end();
}

/* At every limit down to header, question and OPT. */
static void
limits(void **state)
{
	struct site s;
	size_t i;

	(void)state;
	site_open(&s, "", &zone, 1);
	for (i = 0; i < COUNT(questions); i++) {
		check_limits(&s, questions[i], false);
		check_limits(&s, questions[i], true);
	}
	site_close(&s);
}

/* -- errors and header -- */

static void
headers(void **state)
{
	static const struct {
		uint8_t asked[2], said[2]; /* octets 2 and 3: QR opcode AA TC RD, RA Z AD CD rcode */
	} cases[] = {
		{ { 0x00, 0x00 }, { 0x80, 0x05 } },
		{ { 0x01, 0x00 }, { 0x81, 0x05 } },	/* RD is copied */
		{ { 0x00, 0x10 }, { 0x80, 0x15 } },	/* CD as well: RFC 4035 section 3.1.6 */
		{ { 0x07, 0xff }, { 0x81, 0x15 } },	/* nothing else */
	};
	size_t i, len;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct reply r = begin("t.test. A", false);

		memcpy(packet + 2, cases[i].asked, 2);
		len = reply_error(&r, RCODE_REFUSED);
		assert_int_equal(len, query.question_end);
		assert_memory_equal(packet, "\x12\x34", 2);
		assert_memory_equal(packet + 2, cases[i].said, 2);
		assert_memory_equal(packet + 4, "\0\1\0\0\0\0\0\0", 8);
	}
}

static void
opt_record(void **state)
{
	static const char identity[] = "ns1";
	struct reply r = begin("t.test. A", true);
	size_t len;

	(void)state;
	len = reply_error(&r, RCODE_BADVERS);
	assert_int_equal(len, query.question_end + 11);
	assert_int_equal(packet[3] & 15, 0);
	assert_memory_equal(packet + query.question_end, "\0\0\x29\x04\xd0\1\0\0\0\0\0", 11);

	r = begin("t.test. A", true);
	query.edns.nsid = query.edns.dnssec_ok = true;
	r.identity = identity;
	r.identity_len = 3;
	len = reply_error(&r, RCODE_NOERROR);
	assert_int_equal(len, query.question_end + 18);
	assert_memory_equal(packet + query.question_end, "\0\0\x29\x04\xd0\0\0\x80\0\0\7\0\3\0\3ns1", 18);

	r = begin("t.test. A", true);
	query.edns.nsid = true; /* no identity to tell */
	len = reply_error(&r, RCODE_NOERROR);
	assert_memory_equal(packet + query.question_end, "\0\0\x29\x04\xd0\0\0\0\0\0\0", 11);
}

/* -- texts -- */

static void
texts(void **state)
{
	struct reply r = begin("id.server. CH TXT", true);
	struct reply_texts t;
	char long_text[400];
	size_t len;

	(void)state;
	memset(long_text, 'x', sizeof long_text - 1);
	long_text[sizeof long_text - 1] = '\0';
	reply_text_begin(&t, &r);
	reply_text_add(&t, "one");
	reply_text_add(&t, "");
	reply_text_add(&t, "two\"");
	len = reply_text_end(&t);
	assert_string_equal(reply_text(packet, len, text),
	    "NOERROR aa | id.server. 0 CH TXT \"one\"; id.server. 0 CH TXT \"\"; id.server. 0 CH TXT \"two\\\"\"");

	r = begin("id.server. CH TXT", false);
	reply_text_begin(&t, &r);
	reply_text_add(&t, long_text);
	len = reply_text_end(&t);
	assert_int_equal(len, query.question_end + 13 + 255);
	assert_int_equal(strlen(reply_text(packet, len, text)), strlen("NOERROR aa | id.server. 0 CH TXT \"\"") + 255);
}

/* All texts or none, and TC: half a list would read as all of it. */
static void
texts_within(void **state)
{
	struct reply_texts t;
	struct reply r;
	size_t limit, i, len, full = 0;

	(void)state;
	for (limit = 600; limit >= 40; limit--) {
		r = begin("id.server. CH TXT", true);
		r.limit = limit;
		reply_text_begin(&t, &r);
		for (i = 0; i < 20; i++)
			reply_text_add(&t, "0123456");
		len = reply_text_end(&t);
		full = full ? full : len;
		assert_int_equal(full, query.question_end + 20 * 20 + 11);
		assert_int_equal(len, limit >= full ? full : query.question_end + 11);
		assert_int_equal(r.truncated, limit < full);
		assert_int_equal(rr_get16(packet + 6), limit >= full ? 20 : 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(udp_limits),
		cmocka_unit_test(limits),
		cmocka_unit_test(headers),
		cmocka_unit_test(opt_record),
		cmocka_unit_test(texts),
		cmocka_unit_test(texts_within),
	};

	return cmocka_run_group_tests_name("reply", tests, NULL, NULL);
}
