/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Zones: the text of a master file into names and records, or into complaints. What a
 * whole daemon says of broken files is in tests/system/test_broken_zones.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/stat.h>

#include "tests/unit/make_site.h"
#include "zones/entry.h"
#include "zones/rr.h"

#define SOA      "@ 60 SOA ns h 1 2 3 4 5\n"
#define HEAD     SOA "@ 60 NS ns\nns 60 A 127.0.0.53\n" /* three lines */
#define HEAD_IS  "t.test 60 NS ns.t.test.\nt.test 60 SOA ns.t.test. h.t.test. 1 2 3 4 5\nns.t.test 60 A 127.0.0.53\n"

static struct site site;
static char text[4 * SITE_TEXT_MAX];

static int
tear_down(void **unused)
{
	(void)unused;
	site_close(&site);
	return 0;
}

static void
read_zone(const char *master, const char *services)
{
	struct make_zone zone = { "t.test", master, services };

	if (site.conf)
		site_close(&site);
	site_read(&site, "", &zone, 1);
}

/* -- as text: a line a record, "OWNER TTL TYPE DATA"; names without records say what they are -- */

static size_t
zone_record_text(const struct zone_name *n, const struct zone_record *r, char *at, size_t room)
{
	static uint8_t wire[NAME_MAX_LEN + 10 + UINT16_MAX];
	char owner[NAME_TEXT_MAX], record[SITE_TEXT_MAX];
	size_t pos = 0;
	ldns_rr *rr;

	memcpy(wire, n->name, n->len);
	rr_put16(wire + n->len, r->type);
	rr_put16(wire + n->len + 2, RR_CLASS_IN);
	rr_put32(wire + n->len + 4, r->ttl);
	rr_put16(wire + n->len + 8, r->len);
	memcpy(wire + n->len + 10, r->rdata, r->len);
	site_must(ldns_wire2rr(&rr, wire, n->len + 10u + r->len, &pos, LDNS_SECTION_ANSWER) == LDNS_STATUS_OK,
	    "a record is malformed");
	record_text(rr, record, sizeof record);
	ldns_rr_free(rr);
	return (size_t)snprintf(at, room, "%s%s\n", name_text(n->name, owner), strchr(record, ' '));
}

static const char *
zone_text(void)
{
	const struct zone *z = site.zones->list[0];
	char owner[NAME_TEXT_MAX];
	size_t i, len = 0;

	text[0] = '\0';
	for (i = 0; i < z->n_names; i++) {
		const struct zone_name *n = z->names[i];
		const struct zone_record *r;

		for (r = n->records; r; r = r->next)
			len += zone_record_text(n, r, text + len, sizeof text - len);
		if (n->records == NULL)
			len += (size_t)snprintf(text + len, sizeof text - len, "%s %s\n", name_text(n->name, owner),
			    n->service == ZONE_NO_SERVICE ? "empty" : "service");
	}
	return text;
}

/* Complaints, a line each, without the paths of files. */
static const char *
complaints_text(void)
{
	static const char path[] = "/proc/self/fd/";
	size_t i, len = 0;

	for (i = 0; i < site.complaints.count; i++) {
		const char *c = site.complaints.list[i].text;

		while (*c != '\0') {
			if (strncmp(c, path, strlen(path)) == 0)
				c += strlen(path) + strspn(c + strlen(path), "0123456789");
			else
				text[len++] = *c++;
		}
		text[len++] = '\n';
	}
	text[len] = '\0';
	return text;
}

/* -- good text -- */

static void
what_is_read(void **state)
{
	static const struct {
		const char *master;
		const char *is; /* behind HEAD_IS */
	} cases[] = {
		{ HEAD, "" },
		/* owners: relative, absolute, @, the one before, in any case */
		{ HEAD "a 5 A 127.0.0.1\nb.t.test. 5 A 127.0.0.2\n", "a.t.test 5 A 127.0.0.1\nb.t.test 5 A 127.0.0.2\n" },
		{ HEAD "a 5 A 127.0.0.1\n  5 TXT x\n\t5 MX 1 ns\n",
		    "a.t.test 5 A 127.0.0.1\na.t.test 5 MX 1 ns.t.test.\na.t.test 5 TXT \"x\"\n" },
		{ HEAD "AbC 5 CNAME NS\n", "abc.t.test 5 CNAME NS.t.test.\n" },
		{ HEAD "$ORIGIN x\na 5 CNAME @\n$ORIGIN y\na 5 CNAME b\n$ORIGIN t.test.\nc 5 CNAME @\n",
		    "a.x.t.test 5 CNAME x.t.test.\na.y.x.t.test 5 CNAME b.y.x.t.test.\nc.t.test 5 CNAME t.test.\n"
		    "x.t.test empty\ny.x.t.test empty\n" },
		/* escapes */
		{ HEAD "a\\.b 5 A 127.0.0.1\n\\097\\000 5 A 127.0.0.2\n", "a\\.b.t.test 5 A 127.0.0.1\n"
									  "a\\000.t.test 5 A 127.0.0.2\n" },
		{ HEAD "a 5 TXT \"q\\\" ; \\065\" a\\;b \\\"\n", "a.t.test 5 TXT \"q\\\" ; A\" \"a;b\" \"\\\"\"\n" },
		{ HEAD "a 5 TXT \"\"\n", "a.t.test 5 TXT \"\"\n" },
		{ HEAD "a 5 TXT \"(\" ( b ) \")\"\n", "a.t.test 5 TXT \"(\" \"b\" \")\"\n" },
		/* TTL and class in any order, with units, left out, by $TTL */
		{ HEAD "a IN 5 A 127.0.0.1\nb 5 IN A 127.0.0.2\nc 1h2m3s A 127.0.0.3\nd in A 127.0.0.4\n",
		    "a.t.test 5 A 127.0.0.1\nb.t.test 5 A 127.0.0.2\nc.t.test 3723 A 127.0.0.3\nd.t.test 3723 A 127.0.0.4\n" },
		{ HEAD "a A 127.0.0.1\n$TTL 1d\nb A 127.0.0.2\nc 7 A 127.0.0.3\nd A 127.0.0.4\n",
		    "a.t.test 60 A 127.0.0.1\nb.t.test 86400 A 127.0.0.2\nc.t.test 7 A 127.0.0.3\nd.t.test 86400 A 127.0.0.4\n" },
		{ HEAD "a 0 A 127.0.0.1\nb 2147483647 A 127.0.0.2\n",
		    "a.t.test 0 A 127.0.0.1\nb.t.test 2147483647 A 127.0.0.2\n" },
		/* lines, blanks and comments */
		{ HEAD "a ( 5 ; five\n A (\n\n) 127.0.0.1 )\nb 5 A 127.0.0.2;x\n", "a.t.test 5 A 127.0.0.1\n"
										 "b.t.test 5 A 127.0.0.2\n" },
		{ HEAD "( a 5 A 127.0.0.1 )\n", "a.t.test 5 A 127.0.0.1\n" },
		{ HEAD "\r\na\t5\tA\t127.0.0.1\t\r\n   \n ; nothing\n\nb 5 A 127.0.0.2", "a.t.test 5 A 127.0.0.1\n"
											"b.t.test 5 A 127.0.0.2\n" },
		/* types by number, and data without a form of its own (RFC 3597) */
		{ HEAD "a 5 TYPE1 \\# 4 7f 000001\nb 5 TYPE65280 \\# 3 abc DEF\nc 5 TYPE65281 \\# 0\n",
		    "a.t.test 5 A 127.0.0.1\nb.t.test 5 TYPE65280 \\# 3 abcdef\nc.t.test 5 TYPE65281 \\# 0\n" },
		{ HEAD "a 5 CAA 0 issue ca.test\nb 5 CAA 128 iodef \"x;y\"\n",
		    "a.t.test 5 CAA 0 issue \"ca.test\"\nb.t.test 5 CAA 128 iodef \"x;y\"\n" },
		{ HEAD "a 5 HTTPS 1 . alpn=\"h2,h3\" port=8443\n",
		    "a.t.test 5 HTTPS 1 . alpn=h2,h3 port=8443\n" },
		/* by type, then as in the file; the same twice is one */
		{ HEAD "a 5 TXT b\na 5 A 127.0.0.2\na 5 TXT a\na 5 A 127.0.0.1\na 5 A 127.0.0.2\n",
		    "a.t.test 5 A 127.0.0.2\na.t.test 5 A 127.0.0.1\na.t.test 5 TXT \"b\"\na.t.test 5 TXT \"a\"\n" },
		/* empty non-terminals, those above a wildcard as well */
		{ HEAD "a.b.c 5 A 127.0.0.1\n*.d 5 A 127.0.0.2\n",
		    "a.b.c.t.test 5 A 127.0.0.1\n*.d.t.test 5 A 127.0.0.2\nb.c.t.test empty\nc.t.test empty\n"
		    "d.t.test empty\n" },
	};
	char expected[4096];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		read_zone(cases[i].master, NULL);
		assert_string_equal(complaints_text(), "");
		snprintf(expected, sizeof expected, "%s%s", HEAD_IS, cases[i].is);
		assert_string_equal(zone_text(), expected);
	}
}

/* TTLs stay in force behind an included file; origin and owner are as they were before it. */
static void
included(void **state)
{
	static const char inner[] = "$TTL 9\n$ORIGIN y\nb A 127.0.0.2\n";
	char path[32], master[512], expected[512];
	int fd = site_file(inner, strlen(inner), path);

	(void)state;
	snprintf(master, sizeof master, HEAD "a 5 A 127.0.0.1\n$INCLUDE %s x\n\tTXT c\nd A 127.0.0.3\n", path);
	snprintf(expected, sizeof expected, "%s%s", HEAD_IS,
	    "a.t.test 5 A 127.0.0.1\na.t.test 9 TXT \"c\"\nb.y.x.t.test 9 A 127.0.0.2\nd.t.test 9 A 127.0.0.3\n"
	    "y.x.t.test empty\nx.t.test empty\n");
	read_zone(master, NULL);
	assert_string_equal(complaints_text(), "");
	assert_string_equal(zone_text(), expected);
	close(fd);
}

static void
limits(void **state)
{
	char label[64], master[2048], name[256];

	(void)state;
	memset(label, 'a', 63);
	label[63] = '\0';
	snprintf(master, sizeof master, HEAD "%s 5 A 127.0.0.1\n", label);
	read_zone(master, NULL);
	assert_string_equal(complaints_text(), "");
	snprintf(name, sizeof name, "%s.%s.%s.%.54s", label, label, label, label); /* 247 octets and t.test */
	snprintf(master, sizeof master, HEAD "%s 5 A 127.0.0.1\n", name);
	read_zone(master, NULL);
	assert_string_equal(complaints_text(), "");
	assert_int_equal(site.zones->list[0]->names[2]->len, 255);
	snprintf(master, sizeof master, HEAD "%sa 5 A 127.0.0.1\na 5 MX 1 %sa\n$ORIGIN %sa\n", name, name, name);
	read_zone(master, NULL);
	assert_int_equal(site.complaints.count, 3);
	assert_non_null(strstr(site.complaints.list[0].text, ":4: a name is longer than 255 octets with its origin: "));
	assert_non_null(strstr(site.complaints.list[1].text, ":5: a name is longer than 255 octets with its origin: "));
	assert_non_null(strstr(site.complaints.list[2].text, ":6: $ORIGIN is not followed by a domain name: "));
}

/* -- complaints -- */

static void
what_is_wrong(void **state)
{
	static const struct {
		const char *master;
		const char *complaints;
	} cases[] = {
		{ HEAD "a 5 A 127.0.0\n", ":4: Syntax error, could not parse the RR's rdata: \"a 5 A 127.0.0\"\n" },
		{ HEAD "a 5 A (\n127.0.0.1\n127.0.0.2 )\nb 5 AAAA x\n",
		    ":4: Syntax error, superfluous text present: \"a 5 A 127.0.0.1 127.0.0.2\"\n"
		    ":7: Syntax error, could not parse the RR's rdata: \"b 5 AAAA x\"\n" },
		{ HEAD "a 5 A ( 127.0.0.1\nb 5 A 127.0.0.2\n",
		    ":4: a parenthesis that is not closed: \"a 5 A 127.0.0.1 b 5 A 127.0.0.2\"\n" },
		{ HEAD "a 5 TXT \"b\nc 5 TXT \"d\\\"\n", ":4: a string without its closing quote: \"a 5 TXT \"b\"\"\n"
							 ":5: a string without its closing quote: \"c 5 TXT \"d\\\"\"\"\n" },
		{ HEAD "a 5 TXT b )\n", ":4: a closing parenthesis without its opening one: \"a 5 TXT b\"\n" },
		{ HEAD ")\n", ":4: a closing parenthesis without its opening one: \"\"\n" },
		{ HEAD "a 5 TXT b\\\n", ":4: a backslash at the end of the line: \"a 5 TXT b\\\"\n" },
		{ HEAD "a 5 MX 65536 ns\n", ":4: a number or a length does not fit: \"a 5 MX 65536 ns\"\n" },
		{ HEAD "a 5 MX -1 ns\n", ":4: a number or a length does not fit: \"a 5 MX -1 ns\"\n" },
		{ HEAD "a 4294967296 A 127.0.0.1\n", ":4: unknown type: \"a 4294967296 A 127.0.0.1\"\n" },
		{ HEAD "a 5\n", ":4: no type: \"a 5\"\n" },
		{ HEAD "a 5 CH TXT b\n", ":4: class is not IN: \"a 5 CH TXT b\"\n" },
		{ HEAD "a 5 OPT\n", ":4: a type that exists in messages only: \"a 5 OPT\"\n" },
		{ HEAD "a 2147483648 A 127.0.0.1\n",
		    ":4: warning: TTL 2147483648 is above 2147483647 and counts as 0 (RFC 2181 section 8)\n" },
		{ "  60 TXT a\n" HEAD, ":1: no owner, and none before it: \"60 TXT a\"\n" },
		{ "@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 127.0.0.53\n",
		    ":1: warning: no TTL given and no $TTL before it; the SOA's minimum is used\n" },
		{ "@ NS ns\nns A 127.0.0.53\n" SOA, ":1: no TTL given, no $TTL and no record with a TTL before it\n" },
		{ "@ 60 NS ns\nns 60 A 127.0.0.53\n", ": zone t.test has no SOA record at its apex; expected one\n" },
		{ SOA, ": zone t.test has no NS records at its apex; expected at least one\n" },
		{ HEAD SOA "@ 60 SOA ns h 2 2 3 4 5\n",
		    ":5: zone t.test has more than one SOA record; the first is at line 1\n" },
		{ HEAD "a 5 SOA ns h 1 2 3 4 5\n", ":4: SOA record at a.t.test, which is not the apex of zone t.test\n" },
		{ HEAD "a 5 CNAME b\na 5 TXT c\n",
		    ":5: a.t.test has a CNAME (line 4) and other data, TXT; expected the CNAME alone\n" },
		{ HEAD "a 5 CNAME b\na 5 CNAME c\n", ":5: a.t.test has more than one CNAME record; expected one\n" },
		{ HEAD "*.a 5 NS ns\n", ":4: NS record at the wildcard *.a.t.test; a wildcard cannot be delegated\n" },
		{ HEAD "@ 60 NS b\n", ":4: name server b.t.test has no address records (A or AAAA)\n" },
		{ HEAD "@ 60 NS b\nb 5 CNAME ns\n", ":4: name server b.t.test is a CNAME; expected a name with addresses\n" },
		{ HEAD "@ 60 NS b.c\nc 5 NS ns\n",
		    ":4: warning: name server b.c.t.test has no glue: no address records (A or AAAA)\n" },
		{ HEAD "c 5 NS b.c\n", ":4: warning: delegation of c.t.test: name server b.c.t.test has no glue: no address "
				       "records (A or AAAA)\n" },
		{ HEAD "a 5 MX 1 b\n", ":4: warning: MX target b.t.test has no address records (A or AAAA)\n" },
		{ HEAD "a 5 SRV 1 1 1 b\nb 5 CNAME ns\n", ":4: warning: SRV target b.t.test is a CNAME\n" },
		{ HEAD "a 5 A 127.0.0.1\na 6 A 127.0.0.2\n",
		    ":5: warning: TTL 6 differs from the RRset's first, 5, which is used\n" },
		{ HEAD "a.test. 5 A 127.0.0.1\n", ":4: warning: a.test is outside zone t.test and is ignored\n" },
		{ HEAD "a 5 DS 1 8 2 00\n", ":4: the digest has not the length that its kind has: \"a 5 DS 1 8 2 00\"\n" },
		{ HEAD "$TTL\n$ORIGIN\n$INCLUDE\n$GENERATE 1-2 a$ A 127.0.0.$\n$TTL 1 2\n",
		    ":4: $TTL is not followed by a TTL of 0 to 2147483647 seconds: \"$TTL\"\n"
		    ":5: $ORIGIN is not followed by a domain name: \"$ORIGIN\"\n"
		    ":6: $INCLUDE is not followed by a file: \"$INCLUDE\"\n"
		    ":7: unknown directive; expected $TTL, $ORIGIN or $INCLUDE: \"$GENERATE 1-2 a$ A 127.0.0.$\"\n"
		    ":8: superfluous text after the directive: \"$TTL 1 2\"\n" },
		{ HEAD "a 5 TXT 0123456789012345678901234567890123456789012345678901234567890123456789 \\300\n",
		    ":4: Syntax error, could not parse the RR's rdata: "
		    "\"a 5 TXT 0123456789012345678901234567890123456789012345678901...\"\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		read_zone(cases[i].master, NULL);
		assert_string_equal(complaints_text(), cases[i].complaints);
	}
}

/* What is right is not complained about, though it looks like something that is wrong. */
static void
what_is_right(void **state)
{
	static const char *const cases[] = {
		HEAD "a 5 MX 0 .\nb 5 SRV 0 0 0 .\n",
		HEAD "a 5 MX 1 mail.elsewhere.test.\n",
		HEAD "a 5 MX 1 x.w\n*.w 5 A 127.0.0.1\n",	  /* an address by wildcard */
		HEAD "c 5 NS ns.c\nns.c 5 A 127.0.0.1\na 5 MX 1 m.c\n", /* not ours to know */
		HEAD "c 5 NS ns.elsewhere.test.\n",
		HEAD "c 5 NS ns\nc 5 DS 1 8 99 00\n",
		HEAD "a 5 CNAME a\nb 5 CNAME c.b\n", /* nonsense, but no mistake */
		HEAD "a 5 CNAME b\na 5 RRSIG A 8 3 5 20300101000000 20200101000000 1 t.test. AAAA\n",
		HEAD "a 5 DNAME b\na 5 A 127.0.0.1\n",
		HEAD "x.*.a 5 A 127.0.0.1\n",
		HEAD "_x 5 TXT a\n-x- 5 A 127.0.0.1\n\\000 5 A 127.0.0.2\n",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		read_zone(cases[i], NULL);
		assert_string_equal(complaints_text(), "");
	}
}

static void
services(void **state)
{
	static const struct {
		const char *master, *services, *complaints;
	} cases[] = {
		{ HEAD, SERVICE("a", "", MEMBER("a", "address = \"127.0.0.1\"; records = [ \"MX 1 ns\", \"TXT x\" ];")), "" },
		{ HEAD "a 5 TXT x\n", SERVICE("a", "", MEMBER("a", "address = \"127.0.0.1\"; records = \"MX 1 ns\";")), "" },
		{ HEAD "m 5 MX 1 a\n", SERVICE("a", "", MEMBER("a", "address = \"127.0.0.1\";")), "" },
		{ HEAD "a 5 A 127.0.0.1\n", SERVICE("a", "", MEMBER("a", "address = \"::1\";")),
		    ":5: service \"a\" and a static A record at :4 have the same name; expected one or the other\n" },
		{ HEAD "a 5 MX 1 ns\n", SERVICE("a", "", MEMBER("a", "address = \"::1\"; records = \"MX 2 ns\";")),
		    ":5: service \"a\" and a static MX record at :4 have the same name; expected one or the other\n" },
		{ HEAD "a 5 TXT x\n", SERVICE("a", "", MEMBER("a", "cname = \"b.test.\";")),
		    ":5: service \"a\" and a static TXT record at :4 have the same name; expected one or the other\n" },
		{ HEAD "a 5 CNAME ns\n", SERVICE("a", "", MEMBER("a", "address = \"::1\";")),
		    ":5: service \"a\" has a static CNAME or DNAME at :4; expected no such record beside a service\n" },
		{ HEAD "a 5 NS ns\n", SERVICE("b.a", "", MEMBER("a", "address = \"::1\";")),
		    ":5: service \"b.a\" stands at or below the delegation of a.t.test in \n" },
		{ HEAD, SERVICE("a", "", MEMBER("a", "address = \"::1\"; records = \"MX x\";")),
		    ":5: records: \"MX x\": Syntax error, could not parse the RR's rdata\n" },
		{ HEAD, SERVICE("a", "", MEMBER("a", "address = \"::1\"; records = \"TXT \\\"b\";")),
		    ":5: records: \"TXT \"b\": a string without its closing quote\n" },
		/* a CNAME that leads back to where it stands */
		{ HEAD, SERVICE("q", "", MEMBER("a", "cname = \"Q\";")), ":5: cname: \"q.t.test.\" is the service's own name\n" },
		{ HEAD, SERVICE("q", "", MEMBER("a", "cname = \"r\";") ", " MEMBER("b", "cname = \"q.t.test.\";")),
		    ":5: cname: \"q.t.test.\" is the service's own name\n" },
		{ HEAD, SERVICE("*.w", "", MEMBER("a", "cname = \"x.w.t.test.\";")),
		    ":5: cname: \"x.w.t.test.\" is the service's own name\n" },
		{ HEAD "x.w 5 A 127.0.0.1\n", SERVICE("*.w", "", MEMBER("a", "cname = \"x.w.t.test.\";")), "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		read_zone(cases[i].master, cases[i].services);
		assert_string_equal(complaints_text(), cases[i].complaints);
	}
}

static void
nested(void **state)
{
	static const struct {
		const char *parent, *complaints;
	} cases[] = {
		{ HEAD "n 5 NS ns.n\nns.n 5 A 127.0.0.53\n", "" },
		{ HEAD, ":6: warning: zone n.t.test is served here, but its parent zone t.test does not delegate it\n" },
		{ HEAD "n 5 TXT x\n",
		    ":6: warning: zone n.t.test is served here, but its parent zone t.test does not delegate it\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		const struct make_zone zones[] = { { "t.test", cases[i].parent, NULL }, { "n.t.test", HEAD, NULL } };

		site_close(&site);
		site_read(&site, "", zones, COUNT(zones));
		assert_string_equal(complaints_text(), cases[i].complaints);
	}
}

/* A FIFO is not waited for, a device not read. */
static void
no_regular_files(void **state)
{
	static const char *const paths[] = { "/dev/zero", "/tmp/relevo-test-fifo-" };
	char path[64], master[256], expected[256];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(paths); i++) {
		struct complaints c = { 0 };

		snprintf(path, sizeof path, i ? "%s%d" : "%s", paths[i], (int)getpid());
		assert_true(i == 0 || mkfifo(path, 0600) == 0);
		snprintf(master, sizeof master, HEAD "$INCLUDE %s\n", path);
		snprintf(expected, sizeof expected, ":4: $INCLUDE: cannot open %s: it is not a regular file\n", path);
		read_zone(master, NULL);
		assert_string_equal(complaints_text(), expected);
		zone_read(site.zones->list[0], path, &c);
		assert_int_equal(c.count, 1);
		snprintf(expected, sizeof expected, ": zone \"t.test\": cannot open file %s: it is not a regular file",
		    path);
		assert_non_null(strstr(c.list[0].text, expected));
		complaints_free(&c);
		assert_true(i == 0 || unlink(path) == 0);
	}
}

/* At most 100 complaints about one zone, and a word that there were more. */
static void
many_complaints(void **state)
{
	static char master[SITE_TEXT_MAX] = HEAD;
	size_t i, len = strlen(HEAD);

	(void)state;
	for (i = 0; i < 300; i++)
		len += (size_t)snprintf(master + len, sizeof master - len, "a%zu 5 A x\n", i);
	read_zone(master, NULL);
	assert_int_equal(site.complaints.count, 101);
	assert_non_null(strstr(site.complaints.list[100].text, "more than 100 complaints about zone t.test"));
}

/* -- names in it -- */

static void
resolving(void **state)
{
	static const struct {
		const char *name; /* wire format, before t.test */
		const char *found, *encloser;
	} cases[] = {
		{ "\1a", "a.t.test", "a.t.test" },
		{ "\1z", NULL, "t.test" },
		{ "\1z\1w", "*.w.t.test", "w.t.test" },
		{ "\1y\1z\1w", "*.w.t.test", "w.t.test" },
		{ "\1z\1b\1w", NULL, "b.w.t.test" }, /* b.w is in between: RFC 4592 section 3.3.1 */
		{ "\1*\1w", "*.w.t.test", "*.w.t.test" },
		{ "\1z\1*\1w", NULL, "*.w.t.test" },
		{ "\1z\1c", NULL, "c.t.test" }, /* a wildcard below a cut covers nothing of ours */
	};
	char found_text[NAME_TEXT_MAX], encloser_text[NAME_TEXT_MAX];
	size_t i;

	(void)state;
	read_zone(HEAD "a 5 A 127.0.0.1\n*.w 5 A 127.0.0.1\nx.b.w 5 A 127.0.0.1\nc 5 NS ns\n*.c 5 A 127.0.0.1\n", NULL);
	for (i = 0; i < COUNT(cases); i++) {
		uint8_t name[NAME_MAX_LEN];
		const struct zone_name *found, *encloser;
		size_t len = strlen(cases[i].name);

		memcpy(name, cases[i].name, len);
		memcpy(name + len, "\1t\4test", 8);
		found = zone_resolve(site.zones->list[0], name, &encloser);
		assert_string_equal(found ? name_text(found->name, found_text) : "none",
		    cases[i].found ? cases[i].found : "none");
		assert_string_equal(name_text(encloser->name, encloser_text), cases[i].encloser);
	}
}

/* -- parts -- */

static void
periods(void **state)
{
	static const struct {
		const char *text;
		bool good;
		uint32_t seconds;
	} cases[] = {
		{ "0", true, 0 },
		{ "4294967295", true, UINT32_MAX },
		{ "4294967296", false, 0 },
		{ "18446744073709551617", false, 0 },
		{ "1w1d1h1m1s", true, 694861 },
		{ "2H", true, 7200 },
		{ "1h30", true, 3630 },
		{ "7102w", false, 0 },
		{ "", false, 0 },
		{ "h", false, 0 },
		{ "1x", false, 0 },
		{ "-1", false, 0 },
		{ "1h ", false, 0 },
	};
	uint32_t seconds;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		assert_int_equal(entry_period(cases[i].text, &seconds), cases[i].good);
		if (cases[i].good)
			assert_int_equal(seconds, cases[i].seconds);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_read),
		cmocka_unit_test(included),
		cmocka_unit_test(limits),
		cmocka_unit_test(what_is_wrong),
		cmocka_unit_test(what_is_right),
		cmocka_unit_test(services),
		cmocka_unit_test(nested),
		cmocka_unit_test(no_regular_files),
		cmocka_unit_test(many_complaints),
		cmocka_unit_test(resolving),
		cmocka_unit_test(periods),
	};

	return cmocka_run_group_tests_name("zone", tests, NULL, tear_down);
}
