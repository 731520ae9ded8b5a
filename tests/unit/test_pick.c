/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Picks: which records a plan makes a service say, and which variant one client gets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/make_site.h"
#include "zones/pick.h"

#define ZONE_HEAD \
	"@ 60 SOA ns h 1 2 3 4 5\n" \
	"@ 60 NS ns\n" \
	"ns 60 A 127.0.0.53\n"

enum { ALL, BACKUP, MAIL, TWICE, ONE_OF, CNAMES }; /* services */

static const struct make_zone zones[] = {
	{ "t.test", ZONE_HEAD,
	    SERVICE("all", "answer = \"weighted\"; ttl = \"40s\"; ttl_suspect = \"3s\"; max_answers = 5;",
		MEMBER("a", "address = [ \"127.0.0.1\", \"127.0.0.2\", \"::1\" ]; weight = 3;") ", "
		MEMBER("b", "address = \"127.0.0.3\"; weight = 2;")) ", "
	    SERVICE("backup", "answer = \"sticky\";", MEMBER("a", "address = \"127.0.0.1\";") ", "
		MEMBER("b", "cname = \"LB.example.net.\"; tier = 2; weight = 7;")) ", "
	    SERVICE("mail", "", MEMBER("a", "address = [ \"127.0.0.1\", \"127.0.0.2\" ]; weight = 4; "
						"records = [ \"MX 10 mx\", \"TXT x\" ];") ", "
		MEMBER("b", "address = \"127.0.0.3\"; records = \"MX 20 mx\";")) ", "
	    SERVICE("twice", "", MEMBER("a", "address = \"127.0.0.1\"; records = [ \"TXT x\", \"MX 10 mx\", \"TXT x\" ];") ", "
		MEMBER("b", "address = \"127.0.0.2\"; records = [ \"TXT xyz\", \"MX 10 mx\" ];")) ", "
	    SERVICE("oneof", "answer = \"weighted\";",
		MEMBER("a", "address = \"127.0.0.1\"; records = [ \"TXT x\", \"MX 10 mx\", \"TXT x\" ];") ", "
		MEMBER("b", "address = \"127.0.0.2\"; records = \"MX 10 mx\";")) ", "
	    SERVICE("cnames", "", MEMBER("a", "cname = \"lb.test.\";") ", " MEMBER("b", "cname = \"lb.test.\";") ", "
		MEMBER("c", "cname = \"lb.test.\"; tier = 2;")) },
};

static struct site site;

static int
set_up(void **unused)
{
	(void)unused;
	site_read(&site, "", zones, COUNT(zones));
	site.plan = plan_new(site.conf);
	return 0;
}

static int
tear_down(void **unused)
{
	(void)unused;
	site_close(&site);
	return 0;
}

/* "TYPE RDATA group weight; ...", RDATA of addresses by their last octet and of others by their length. */
static const char *
pick_text(const struct pick *p)
{
	static char text[1024];
	char type[16];
	size_t i, len = 0;

	text[0] = '\0';
	for (i = 0; i < p->count; i++) {
		const struct pick_record *r = &p->records[i];
		bool address = r->type == LDNS_RR_TYPE_A || r->type == LDNS_RR_TYPE_AAAA;

		len += (size_t)snprintf(text + len, sizeof text - len, "%s%s %s%u g%u w%u", i ? "; " : "",
		    zone_type_text(r->type, type), address ? "." : "#", address ? r->rdata[r->len - 1] : r->len,
		    r->group, r->weight);
	}
	return text;
}

/* serving: a character an endpoint of the service, '+' for those that serve. */
static void
what_is_said(void **state)
{
	static const struct {
		uint32_t service;
		const char *serving;
		const char *said;
	} cases[] = {
		/* the addresses of a member share its weight, by family */
		{ ALL, "++++", "A .1 g0 w1260; A .2 g1 w1260; A .3 g3 w1680; AAAA .1 g2 w2520" },
		{ ALL, "+-++", "A .1 g0 w2520; A .3 g3 w1680; AAAA .1 g2 w2520" },
		{ ALL, "--+-", "AAAA .1 g2 w2520" },
		{ ALL, "---+", "A .3 g3 w1680" },
		{ ALL, "----", "" },
		{ BACKUP, "+-", "A .1 g4 w840" },
		{ BACKUP, "-+", "CNAME #16 g5 w5880" },
		{ BACKUP, "++", "A .1 g4 w840" }, /* a CNAME would have to stand alone */
		/* a member's other records are said while any of its addresses is */
		{ MAIL, "+++", "A .1 g6 w1680; A .2 g7 w1680; A .3 g8 w840; MX #13 g6 w3360; MX #13 g8 w840; "
			       "TXT #2 g6 w3360" },
		{ MAIL, "-+-", "A .2 g7 w3360; MX #13 g6 w3360; TXT #2 g6 w3360" },
		{ MAIL, "--+", "A .3 g8 w840; MX #13 g8 w840" },
		{ MAIL, "---", "" },
		/* one record once (RFC 2181 section 5), in all that is said together */
		{ TWICE, "++", "A .1 g9 w840; A .2 g10 w840; MX #13 g9 w840; TXT #2 g9 w840; TXT #4 g10 w840" },
		{ TWICE, "-+", "A .2 g10 w840; MX #13 g10 w840; TXT #4 g10 w840" },
		{ ONE_OF, "++", "A .1 g11 w840; A .2 g12 w840; MX #13 g11 w840; MX #13 g12 w840; TXT #2 g11 w840" },
		{ CNAMES, "++-", "CNAME #9 g13 w840" },
	};
	struct pick p = { 0 };
	size_t i, e;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		const struct conf_service *s = &site.conf->services[cases[i].service];

		for (e = 0; e < s->n_endpoints; e++)
			site.plan->serving[s->first_endpoint + e] = cases[i].serving[e] == '+';
		pick_records(site.conf, site.zones->members, site.plan, s->index, &p);
		assert_string_equal(pick_text(&p), cases[i].said);
	}
	free(p.records);
}

static void
how_it_is_said(void **state)
{
	static const struct {
		uint32_t service;
		bool suspect;
		uint32_t ttl;
		enum service_answer answer;
		unsigned max_answers;
	} cases[] = {
		{ ALL, false, 40, ANSWER_WEIGHTED, 5 },
		{ ALL, true, 3, ANSWER_WEIGHTED, 5 },
		{ BACKUP, false, 30, ANSWER_STICKY, 8 },
		{ BACKUP, true, 5, ANSWER_STICKY, 8 },
		{ MAIL, false, 30, ANSWER_ALL, 8 },
	};
	struct pick p = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		site.plan->services[cases[i].service].suspect = cases[i].suspect;
		pick_records(site.conf, site.zones->members, site.plan, cases[i].service, &p);
		assert_int_equal(p.ttl, cases[i].ttl);
		assert_int_equal(p.answer, cases[i].answer);
		assert_int_equal(p.max_answers, cases[i].max_answers);
	}
	free(p.records);
}

/* -- variants -- */

/* A random number out of 2^32 picks by its share; the ends belong to the first and the last. */
static void
by_weight(void **state)
{
	static const struct variant v[] = { { 0, 3 }, { 0, 4 }, { 0, 12 } }; /* sums: 3, 1 and 8 of 12 */
	static const struct {
		uint32_t random;
		size_t picked;
	} cases[] = { { 0, 0 }, { 0x3fffffff, 0 }, { 0x40000000, 1 }, { 0x55555555, 1 }, { 0x55555556, 2 },
		{ 0xffffffff, 2 } };
	struct view view = { NULL, 0 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		view.random = cases[i].random;
		assert_int_equal(pick_variant(ANSWER_WEIGHTED, v, COUNT(v), &view), cases[i].picked);
	}
	view.random = 0xffffffff;
	assert_int_equal(pick_variant(ANSWER_WEIGHTED, (const struct variant[]){ { 0, 1 }, { 0, UINT32_MAX } }, 2,
			     &view),
	    1);
}

static void
by_turns(void **state)
{
	static const struct variant v[7] = { { 0, 0 } };
	struct view view = { NULL, 0 };
	unsigned hits[7] = { 0 };
	uint64_t at;
	size_t i;

	(void)state;
	for (at = 0; at < 7000; at++) {
		view.random = (uint32_t)(at * (1ull << 32) / 7000);
		i = pick_variant(ANSWER_ALL, v, COUNT(v), &view);
		assert_true(i < COUNT(v));
		hits[i]++;
	}
	for (i = 0; i < COUNT(v); i++)
		assert_in_range(hits[i], 999, 1001);
	view.random = 0xffffffff;
	assert_int_equal(pick_variant(ANSWER_ALL, v, COUNT(v), &view), 6);
}

static size_t
stick(const char *client, const struct variant *v, size_t n, uint32_t random)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	struct sockaddr_in four;
	struct view view;

	if (strchr(client, ':') == NULL) {
		view = view_make(&four, client, random);
		return pick_variant(ANSWER_STICKY, v, n, &view);
	}
	assert_int_equal(inet_pton(AF_INET6, client, &six.sin6_addr), 1);
	view = (struct view){ (const struct sockaddr *)(const void *)&six, random };
	return pick_variant(ANSWER_STICKY, v, n, &view);
}

static const struct variant keys[] = { { 0, 0x1234567 }, { 0, 0x89abcdef }, { 0, 0x42 }, { 0, 0xfedcba98 } };

/* A client's neighbours in its /24 or /56 stay with it, whatever the dice say. */
static void
by_network(void **state)
{
	static const char *const same[][2] = {
		{ "127.0.0.1", "127.0.0.254" },
		{ "2001:db8:1:200::1", "2001:db8:1:2ff:ffff::9" },
	};
	unsigned i, n, hits[COUNT(keys)];
	char client[64];

	(void)state;
	for (i = 0; i < COUNT(same); i++)
		assert_int_equal(stick(same[i][0], keys, COUNT(keys), 1), stick(same[i][1], keys, COUNT(keys), ~0u));
	for (i = 0; i < 2; i++) {
		memset(hits, 0, sizeof hits);
		for (n = 0; n < 4000; n++) {
			snprintf(client, sizeof client, i ? "2001:db8:%u:%u00::1" : "127.%u.%u.1", n / 80, n % 80);
			hits[stick(client, keys, COUNT(keys), 7)]++;
		}
		for (n = 0; n < COUNT(keys); n++)
			assert_in_range(hits[n], 800, 1200);
	}
}

/* A variant that leaves moves its own clients only; the order does not matter. */
static void
leaving_moves_nobody_else(void **state)
{
	const struct variant fewer[] = { keys[3], keys[0], keys[2] }; /* keys[1] left */
	static const size_t was[] = { 3, 0, 2 };
	unsigned n, stayed = 0;
	char client[64];

	(void)state;
	for (n = 0; n < 1000; n++) {
		size_t before, after;

		snprintf(client, sizeof client, "127.%u.%u.1", n / 250, n % 250);
		before = stick(client, keys, COUNT(keys), n);
		after = stick(client, fewer, COUNT(fewer), n);
		if (before != 1)
			assert_int_equal(was[after], before);
		stayed += before != 1;
	}
	assert_in_range(stayed, 650, 850);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_said, set_up, tear_down),
		cmocka_unit_test_setup_teardown(how_it_is_said, set_up, tear_down),
		cmocka_unit_test(by_weight),
		cmocka_unit_test(by_turns),
		cmocka_unit_test(by_network),
		cmocka_unit_test(leaving_moves_nobody_else),
	};

	return cmocka_run_group_tests_name("pick", tests, NULL, NULL);
}
