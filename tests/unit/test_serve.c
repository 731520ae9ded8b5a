/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Serve: whole packets in, whole packets out, as UDP and TCP hand them over.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "conf/board.h"
#include "dnsd/serve.h"
#include "tests/unit/make_site.h"
#include "zones/rr.h"

#define OPERATOR "127.0.0.9"
#define STRANGER "127.1.0.1"

static const struct make_zone zones[] = {
	{ "t.test",
	    "@ 60 SOA ns h 1 2 3 4 5\n@ 60 NS ns\nns 60 A 127.0.0.53\na 60 A 127.0.0.1\nempty.x 60 TXT x\n"
	    "big 60 TXT 0123456789012345678901234567890123456789012345678901234567890123456789\n"
	    "big 60 TXT 1123456789012345678901234567890123456789012345678901234567890123456789\n"
	    "big 60 TXT 2123456789012345678901234567890123456789012345678901234567890123456789\n"
	    "big 60 TXT 3123456789012345678901234567890123456789012345678901234567890123456789\n"
	    "big 60 TXT 4123456789012345678901234567890123456789012345678901234567890123456789\n"
	    "big 60 TXT 5123456789012345678901234567890123456789012345678901234567890123456789\n"
	    "big 60 TXT 6123456789012345678901234567890123456789012345678901234567890123456789\n"
	    "sub 60 NS ns\n",
	    SERVICE("www", "", MEMBER("a", "address = \"127.0.0.1\";")) },
};

static struct site site;
static struct serve serving;
static struct counters *counters;
static struct board *board;
static struct inspect *inspect;
static uint8_t packet[UINT16_MAX + 1];
static char text[SITE_TEXT_MAX];

static int
set_up(void **unused)
{
	(void)unused;
	site_open(&site, "identity = \"ns1\"; operators = \"127.0.0.0/24\";", zones, COUNT(zones));
	board = board_new(site.conf);
	counters = counters_new();
	inspect = inspect_new(site.conf, site.table, board, 7);
	serve_init(&serving, site.conf, site.table, inspect, counters_block(counters, 0, 0));
	return 0;
}

static int
tear_down(void **unused)
{
	(void)unused;
	inspect_free(inspect);
	board_free(board);
	site_close(&site);
	return 0;
}

static size_t
serve_from(const char *address, size_t len, bool tcp)
{
	struct sockaddr_in client;
	struct view view = view_make(&client, address, 0);
	struct asker asker = { view.client, tcp };

	return serve(&serving, packet, len, &asker);
}

/* Header and question, and an OPT record of this size when it is not 0; returns the length. */
static size_t
ask(const char *question, uint16_t size)
{
	size_t len = query_make(packet, question);

	if (size == 0)
		return len;
	packet[11] = 1;
	memcpy(packet + len, "\0\0\x29\0\0\0\0\0\0\0\0", 11);
	rr_put16(packet + len + 3, size);
	return len + 11;
}

static const char *
served(const char *question, uint16_t size, bool tcp)
{
	return reply_text(packet, serve_from(STRANGER, ask(question, size), tcp), text);
}

static void
answers(void **state)
{
	static const struct {
		const char *question, *reply;
		enum counter counted;
	} cases[] = {
		{ "a.t.test. A", "NOERROR aa | a.t.test. 60 A 127.0.0.1", COUNTER_NOERROR },
		{ "www.t.test. A", "NOERROR aa | www.t.test. 5 A 127.0.0.1", COUNTER_NOERROR },
		{ "sub.t.test. A", "NOERROR | | sub.t.test. 60 NS ns.t.test. | ns.t.test. 60 A 127.0.0.53", COUNTER_NOERROR },
		{ "x.t.test. A", "NOERROR aa | | t.test. 5 SOA ns.t.test. h.t.test. 1 2 3 4 5", COUNTER_NODATA },
		{ "z.t.test. A", "NXDOMAIN aa | | t.test. 5 SOA ns.t.test. h.t.test. 1 2 3 4 5", COUNTER_NXDOMAIN },
		{ "a.t.test. ANY", "NOERROR aa | a.t.test. 3600 HINFO \"RFC8482\" \"\"", COUNTER_NOERROR },
		{ "a.elsewhere. A", "REFUSED", COUNTER_REFUSED },
		{ ". NS", "REFUSED", COUNTER_REFUSED },
		{ "a.t.test. HS A", "REFUSED", COUNTER_REFUSED },
		{ "a.t.test. ANY A", "REFUSED", COUNTER_REFUSED },
		{ "t.test. AXFR", "REFUSED", COUNTER_REFUSED },
		{ "t.test. IXFR", "REFUSED", COUNTER_REFUSED },
		{ "a.t.test. TKEY", "NOTIMPL", COUNTER_NOTIMP },
		{ "a.t.test. TSIG", "NOTIMPL", COUNTER_NOTIMP },
		{ "a.t.test. MAILB", "NOTIMPL", COUNTER_NOTIMP },
		{ "a.t.test. MAILA", "NOTIMPL", COUNTER_NOTIMP },
		{ "a.t.test. OPT", "FORMERR", COUNTER_FORMERR },
		{ "a.t.test. CH TXT", "REFUSED", COUNTER_REFUSED },
	};
	size_t i;

	(void)state;
	for (i = 0; i < 4 * COUNT(cases); i++) {
		uint64_t before = counters_sum(counters, cases[i / 4].counted);

		served(cases[i / 4].question, i % 2 ? 1232 : 0, i % 4 > 1);
		if (strcmp(text, cases[i / 4].reply) != 0)
			fail_msg("%s: %s", cases[i / 4].question, text);
		assert_int_equal(counters_sum(counters, cases[i / 4].counted), before + 1);
	}
}

/* The question comes back octet by octet, and records are owned by it. */
static void
spelling(void **state)
{
	static const char question[] = "\1A\1t\4TeSt\0\0\1\0\1";
	size_t len = ask("A.t.TeSt. A", 0);

	(void)state;
	assert_memory_equal(packet + 12, question, sizeof question - 1);
	len = serve_from(STRANGER, len, false);
	assert_int_equal(len, 12 + sizeof question - 1 + 16);
	assert_memory_equal(packet + 12, question, sizeof question - 1);
	assert_memory_equal(packet + 12 + sizeof question - 1, "\300\014\0\1\0\1\0\0\0\74\0\4\177\0\0\1", 16);
}

static void
truncation(void **state)
{
	static const struct {
		uint16_t size;
		bool tcp, truncated;
	} cases[] = {
		{ 0, false, true },
		{ 512, false, true },
		{ 619, false, true },
		{ 620, false, false },	/* all of it with the OPT */
		{ 65535, false, false },
		{ 0, true, false },
		{ 512, true, false },
	};
	size_t i, whole = 12 + 16 + 7 * (12 + 71);

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		uint64_t before = counters_sum(counters, COUNTER_TRUNCATED);
		size_t opt = cases[i].size ? 11 : 0, len = ask("big.t.test. TXT", cases[i].size);

		len = serve_from(STRANGER, len, cases[i].tcp);
		assert_int_equal(len, cases[i].truncated ? 12 + 16 + opt : whole + opt);
		assert_int_equal((packet[2] & 2) != 0, cases[i].truncated);
		assert_int_equal(counters_sum(counters, COUNTER_TRUNCATED) - before, cases[i].truncated);
		assert_string_not_equal(reply_text(packet, len, text), "malformed");
	}
}

struct raw {
	const char	*query;		/* NULL behind the last */
	size_t		 len;
	const char	*reply;		/* NULL: silence */
	size_t		 reply_len;
};

#define RAW(query, reply)	{ query, sizeof(query) - 1, reply, sizeof(reply) - 1 }
#define SILENT(query)		{ query, sizeof(query) - 1, NULL, 0 }
#define Q			"\1a\1t\4test\0\0\1\0\1"

static const struct raw raws[] = {
	SILENT(""),
	SILENT("\x12\x34\1\0\0\1\0\0\0\0\0"),
	SILENT("\x12\x34\x81\0\0\1\0\0\0\0\0\0" Q),
	/* no question: the header alone */
	RAW("\x12\x34\1\0\0\0\0\0\0\0\0\0", "\x12\x34\x81\1\0\0\0\0\0\0\0\0"),
	RAW("\x12\x34\1\0\0\2\0\0\0\0\0\0" Q Q, "\x12\x34\x81\1\0\0\0\0\0\0\0\0"),
	/* another opcode keeps it, and RD */
	RAW("\x12\x34\x28\0\0\1\0\0\0\0\0\0" Q, "\x12\x34\xa8\4\0\0\0\0\0\0\0\0"),
	RAW("\x12\x34\x21\0\0\1\0\0\0\0\0\0" Q, "\x12\x34\xa1\4\0\0\0\0\0\0\0\0"),
	/* what follows the question is wrong: header and question */
	RAW("\x12\x34\1\x10\0\1\0\0\0\0\0\0" Q "x", "\x12\x34\x81\x11\0\1\0\0\0\0\0\0" Q),
	RAW("\x12\x34\1\0\0\1\0\0\0\0\0\1" Q "\0\0\x29\x04\xd0\0\0\0\0\0\1", "\x12\x34\x81\1\0\1\0\0\0\0\0\0" Q),
	/* BADVERS: the upper part in the OPT, version 0, DO copied */
	RAW("\x12\x34\1\0\0\1\0\0\0\0\0\1" Q "\0\0\x29\x04\xd0\0\1\x80\0\0\0",
	    "\x12\x34\x81\0\0\1\0\0\0\0\0\1" Q "\0\0\x29\x04\xd0\1\0\x80\0\0\0"),
	/* NSID when asked for, with an error as well; unknown options are not echoed */
	RAW("\x12\x34\0\0\0\1\0\0\0\0\0\1" "\1x\0\0\1\0\1" "\0\0\x29\x04\xd0\0\0\0\0\0\4\0\3\0\0",
	    "\x12\x34\x80\5\0\1\0\0\0\0\0\1" "\1x\0\0\1\0\1" "\0\0\x29\x04\xd0\0\0\0\0\0\7\0\3\0\3ns1"),
	RAW("\x12\x34\0\0\0\1\0\0\0\0\0\1" "\1x\0\0\1\0\1" "\0\0\x29\x04\xd0\0\0\0\0\0\5\377\1\0\1x",
	    "\x12\x34\x80\5\0\1\0\0\0\0\0\1" "\1x\0\0\1\0\1" "\0\0\x29\x04\xd0\0\0\0\0\0\0"),
	/* bits that are ours to set are not copied: AA, TC, RA, Z, AD */
	RAW("\x12\x34\6\xef\0\1\0\0\0\0\0\0" "\1x\0\0\1\0\1", "\x12\x34\x80\5\0\1\0\0\0\0\0\0" "\1x\0\0\1\0\1"),
};

static void
octets(void **state)
{
	size_t i, len;

	(void)state;
	for (i = 0; i < 2 * COUNT(raws); i++) {
		const struct raw *raw = &raws[i / 2];
		uint64_t dropped = counters_sum(counters, COUNTER_DROPPED);

		memcpy(packet, raw->query, raw->len);
		len = serve_from(STRANGER, raw->len, i % 2);
		assert_int_equal(len, raw->reply_len);
		if (len > 0)
			assert_memory_equal(packet, raw->reply, len);
		assert_int_equal(counters_sum(counters, COUNTER_DROPPED) - dropped, raw->reply == NULL);
	}
}

/* Who may see what: strangers get what they would get if nothing were there. */
static void
inspection(void **state)
{
	static const struct {
		const char *from, *question, *reply;
	} cases[] = {
		{ STRANGER, "version.bind. CH TXT", "NOERROR aa | version.bind. 0 CH TXT \"relevod " RELEVO_VERSION "\"" },
		{ STRANGER, "ID.Server. CH TXT", "NOERROR aa | ID.Server. 0 CH TXT \"ns1\"" },
		{ STRANGER, "id.server. CH A", "REFUSED" },
		{ STRANGER, "id.server. IN TXT", "REFUSED" },
		{ STRANGER, "plan.relevo. CH TXT", "REFUSED" },
		{ STRANGER, "www.t.test. CH TXT", "REFUSED" },
		{ STRANGER, "_health.www.t.test. TXT", "NXDOMAIN aa | | t.test. 5 SOA ns.t.test. h.t.test. 1 2 3 4 5" },
		{ OPERATOR, "www.t.test. CH TXT",
		    "NOERROR aa | www.t.test. 0 CH TXT \"a tier 1 127.0.0.1: unknown, not probed yet; does not serve\"" },
		{ OPERATOR, "_health.www.t.test. TXT", "NOERROR aa | _health.www.t.test. 0 TXT "
			"\"a tier 1 127.0.0.1: unknown, not probed yet; does not serve\"" },
		{ OPERATOR, "_health.www.t.test. A", "NOERROR aa | | t.test. 5 SOA ns.t.test. h.t.test. 1 2 3 4 5" },
		{ OPERATOR, "_health.a.t.test. TXT", "NXDOMAIN aa | | t.test. 5 SOA ns.t.test. h.t.test. 1 2 3 4 5" },
		{ OPERATOR, "_health.elsewhere. TXT", "REFUSED" },
		{ OPERATOR, "a.t.test. CH TXT", "REFUSED" },
		{ OPERATOR, "other.bind. CH TXT", "REFUSED" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		size_t len = ask(cases[i].question, 0);

		reply_text(packet, serve_from(cases[i].from, len, false), text);
		if (strcmp(text, cases[i].reply) != 0)
			fail_msg("%s: %s", cases[i].question, text);
	}
}

/* -- nothing that comes does harm -- */

static void
check_reply(const uint8_t *query, size_t query_len, size_t len)
{
	bool owed = query_len >= 12 && (query[2] & 0x80) == 0;

	assert_int_equal(len > 0, owed);
	if (!owed)
		return;
	assert_in_range(len, 12, EDNS_SIZE);
	assert_memory_equal(packet, query, 2);
	assert_int_equal(packet[2] & 0xf9, 0x80 | (query[2] & 0x79));
	if ((packet[3] & 15) == RCODE_FORMERR || (packet[3] & 15) == RCODE_NOTIMP)
		return; /* a header with at most the question that was sent, of whatever kind */
	assert_string_not_equal(reply_text(packet, len, text), "malformed");
}

static void
check_query(const uint8_t *query, size_t len)
{
	memcpy(packet, query, len);
	check_reply(query, len, serve_from(OPERATOR, len, false));
}

static void
truncations_and_mutations(void **state)
{
	static const char *const questions[] = { "www.t.test. A", "big.t.test. TXT", "x.sub.t.test. A",
		"_health.www.t.test. TXT", "plan.relevo. CH TXT" };
	uint8_t query[128], mutant[128];
	unsigned value;
	size_t q, i, len;

	(void)state;
	for (q = 0; q < COUNT(questions); q++) {
		len = ask(questions[q], 1232);
		memcpy(query, packet, len);
		for (i = 0; i <= len; i++)
			check_query(query, i);
		for (i = 0; i < len; i++)
			for (value = 0; value < 256; value++) {
				memcpy(mutant, query, len);
				mutant[i] = (uint8_t)value;
				check_query(mutant, len);
			}
	}
}

/* The longest name with all that an error can carry still fits into 512 octets. */
static void
longest(void **state)
{
	char question[300], label[64];
	size_t len;

	(void)state;
	memset(label, 'x', 63);
	label[63] = '\0';
	snprintf(question, sizeof question, "%s.%s.%s.%.61s. A", label, label, label, label);
	len = serve_from(STRANGER, ask(question, 512), false);
	assert_int_equal(len, 12 + 255 + 4 + 11);
	assert_string_equal(reply_text(packet, len, text), "REFUSED");
	snprintf(question, sizeof question, "%s.%s.%s.%.54s.t.test. A", label, label, label, label);
	len = serve_from(STRANGER, ask(question, 512), false);
	assert_string_equal(reply_text(packet, len, text),
	    "NXDOMAIN aa | | t.test. 5 SOA ns.t.test. h.t.test. 1 2 3 4 5");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(spelling),
		cmocka_unit_test(truncation),
		cmocka_unit_test(octets),
		cmocka_unit_test(inspection),
		cmocka_unit_test(truncations_and_mutations),
		cmocka_unit_test(longest),
	};

	return cmocka_run_group_tests_name("serve", tests, set_up, tear_down);
}
