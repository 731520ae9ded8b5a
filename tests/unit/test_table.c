/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table: what is said to each question, out of zones' texts, services and plans.
 * Replies are compared as text; see make_site.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/make_site.h"
#include "zones/table.h"

/* Negative TTL is the smaller of 60 and 5. */
#define HEAD		"@ 60 SOA ns h 1 2 3 4 5\n@ 60 NS ns\nns 60 A 127.0.0.53\n"
#define NEGATIVE	" | t.test. 5 SOA ns.t.test. h.t.test. 1 2 3 4 5"	/* behind an answer section */
#define NXDOMAIN	"NXDOMAIN aa |" NEGATIVE
#define NODATA		"NOERROR aa |" NEGATIVE

struct exchange {
	const char	*question;
	const char	*reply;
};

static struct sockaddr_in client;
static struct view view;
static char text[SITE_TEXT_MAX];

static void
check_exchanges(const struct site *s, const struct exchange *exchanges, size_t n)
{
	size_t i;

	view = view_make(&client, "127.0.0.1", 0);
	for (i = 0; i < n; i++) {
		site_ask(s, exchanges[i].question, &view, text);
		if (strcmp(text, exchanges[i].reply) != 0)
			fail_msg("%s:\n  got      %s\n  expected %s", exchanges[i].question, text, exchanges[i].reply);
	}
}

static void
check(const struct make_zone *zones, size_t n_zones, const struct exchange *exchanges, size_t n)
{
	struct site s;

	site_open(&s, "", zones, n_zones);
	check_exchanges(&s, exchanges, n);
	site_close(&s);
}

#define CHECK(master, services, exchanges) \
	check((const struct make_zone[]){ { "t.test", master, services } }, 1, exchanges, COUNT(exchanges))

/* -- static names -- */

static const struct exchange plain[] = {
	{ "a.t.test. A", "NOERROR aa | a.t.test. 7 A 127.0.0.1; a.t.test. 7 A 127.0.0.2" },
	{ "a.t.test. TXT", "NOERROR aa | a.t.test. 8 TXT \"x\"" },
	{ "a.t.test. MX", NODATA },
	{ "A.T.tEsT. TXT", "NOERROR aa | A.T.tEsT. 8 TXT \"x\"" },
	{ "t.test. SOA", "NOERROR aa | t.test. 60 SOA ns.t.test. h.t.test. 1 2 3 4 5" },
	{ "t.test. NS", "NOERROR aa | t.test. 60 NS ns.t.test." },
	{ "t.test. A", NODATA },
	{ "z.t.test. A", NXDOMAIN },
	{ "x.a.t.test. A", NXDOMAIN },
	{ "e.t.test. A", NODATA },		/* empty non-terminals */
	{ "d.e.t.test. A", NODATA },
	{ "c.d.e.t.test. A", "NOERROR aa | c.d.e.t.test. 7 A 127.0.0.3" },
	{ "z.d.e.t.test. A", NXDOMAIN },
	{ "a.t.test. TYPE65280", "NOERROR aa | a.t.test. 7 TYPE65280 \\# 2 abcd" },
	{ "a.t.test. ANY", "NOERROR aa | a.t.test. 3600 HINFO \"RFC8482\" \"\"" },
	{ "e.t.test. ANY", NODATA },
	{ "z.t.test. ANY", NXDOMAIN },
	{ "t.test. DS", NODATA },
	{ "test. A", "nothing" },
	{ ". NS", "nothing" },
	{ "xt.test. A", "nothing" },
	{ "a.t.test.example. A", "nothing" },
};

static void
static_names(void **state)
{
	(void)state;
	CHECK(HEAD "a 7 A 127.0.0.1\na 7 A 127.0.0.2\na 8 TXT x\na 7 TYPE65280 \\# 2 abcd\nc.d.e 7 A 127.0.0.3\n", NULL,
	    plain);
}

/* The zone of RFC 4592 section 2.2.1, with its questions and some more. */
static const struct exchange rfc4592[] = {
	{ "host3.t.test. MX", "NOERROR aa | host3.t.test. 60 MX 10 host1.t.test." },
	{ "host3.t.test. A", NODATA },
	{ "foo.bar.t.test. TXT", "NOERROR aa | foo.bar.t.test. 60 TXT \"this is a wildcard\"" },
	{ "host1.t.test. MX", NODATA },
	{ "sub.*.t.test. MX", NODATA },
	{ "_telnet._tcp.host1.t.test. SRV", NXDOMAIN },
	{ "host.subdel.t.test. A", "NOERROR | | subdel.t.test. 60 NS ns.example.com.; subdel.t.test. 60 NS ns.example.net." },
	{ "ghost.*.t.test. MX", NXDOMAIN },
	{ "*.t.test. MX", "NOERROR aa | *.t.test. 60 MX 10 host1.t.test." },
	{ "HOST3.t.test. TXT", "NOERROR aa | HOST3.t.test. 60 TXT \"this is a wildcard\"" },
	{ "host3.t.test. ANY", "NOERROR aa | host3.t.test. 3600 HINFO \"RFC8482\" \"\"" },
	{ "_tcp.host1.t.test. A", NODATA },
};

static void
wildcards(void **state)
{
	(void)state;
	CHECK(HEAD "* 60 TXT \"this is a wildcard\"\n* 60 MX 10 host1\nsub.* 60 TXT \"this is not a wildcard\"\n"
		   "host1 60 A 127.0.0.1\n_ssh._tcp.host1 60 SRV 0 0 22 host1\n_ssh._tcp.host2 60 SRV 0 0 22 host1\n"
		   "subdel 60 NS ns.example.com.\nsubdel 60 NS ns.example.net.\n",
	    NULL, rfc4592);
}

static const struct exchange blocked[] = {
	{ "x.a.t.test. A", "NOERROR aa | x.a.t.test. 7 A 127.0.0.1" },
	{ "y.x.a.t.test. A", "NOERROR aa | y.x.a.t.test. 7 A 127.0.0.1" },
	{ "a.t.test. A", NODATA },		/* an empty non-terminal above a wildcard */
	{ "b.a.t.test. A", NODATA },		/* and one beside it */
	{ "x.b.a.t.test. A", NXDOMAIN },	/* which blocks it */
	{ "c.b.a.t.test. A", "NOERROR aa | c.b.a.t.test. 7 A 127.0.0.2" },
	{ "x.c.b.a.t.test. A", NXDOMAIN },
	{ "x.n.t.test. A", NODATA },		/* the wildcard owns another type */
	{ "x.w.t.test. A", "NOERROR aa | x.w.t.test. 7 CNAME y.a.t.test.; y.a.t.test. 7 A 127.0.0.1" },
	{ "x.w.t.test. TXT", "NOERROR aa | x.w.t.test. 7 CNAME y.a.t.test." NEGATIVE },
	{ "x.w.t.test. CNAME", "NOERROR aa | x.w.t.test. 7 CNAME y.a.t.test." },
	{ "x.w.t.test. ANY", "NOERROR aa | x.w.t.test. 7 CNAME y.a.t.test." },
};

static void
wildcards_blocked(void **state)
{
	(void)state;
	CHECK(HEAD "*.a 7 A 127.0.0.1\nc.b.a 7 A 127.0.0.2\n*.n 7 TXT x\n*.w 7 CNAME y.a\n", NULL, blocked);
}

#define SUB_REFERRAL "NOERROR | | sub.t.test. 7 NS ns.sub.t.test.; sub.t.test. 7 NS ns.t.test. | " \
		     "ns.sub.t.test. 7 A 127.0.0.1; ns.sub.t.test. 7 AAAA ::1; ns.t.test. 60 A 127.0.0.53"
#define BARE_REFERRAL "NOERROR | | bare.t.test. 7 NS ns.elsewhere.test."

static const struct exchange cuts[] = {
	{ "sub.t.test. A", SUB_REFERRAL },
	{ "sub.t.test. NS", SUB_REFERRAL },
	{ "sub.t.test. ANY", SUB_REFERRAL },
	{ "sub.t.test. SOA", SUB_REFERRAL },
	{ "x.sub.t.test. A", SUB_REFERRAL },
	{ "y.x.sub.t.test. A", SUB_REFERRAL },
	{ "y.x.sub.t.test. DS", SUB_REFERRAL },
	{ "ns.sub.t.test. A", SUB_REFERRAL },	/* glue is not ours to answer with */
	{ "ns.sub.t.test. MX", SUB_REFERRAL },
	{ "deep.sub.t.test. NS", SUB_REFERRAL }, /* a cut below a cut is not ours to know */
	{ "x.deep.sub.t.test. NS", SUB_REFERRAL },
	{ "sub.t.test. DS", "NOERROR aa | sub.t.test. 7 DS 1 8 99 00" },
	{ "bare.t.test. DS", NODATA },
	{ "bare.t.test. A", BARE_REFERRAL },
	{ "x.bare.t.test. DS", BARE_REFERRAL },
	{ "wild.bare.t.test. A", BARE_REFERRAL },
};

static void
delegations(void **state)
{
	(void)state;
	CHECK(HEAD "sub 7 NS ns.sub\nsub 7 NS ns\nsub 7 DS 1 8 99 00\nsub 7 A 127.0.0.9\nns.sub 7 A 127.0.0.1\n"
		   "ns.sub 7 AAAA ::1\ndeep.sub 7 NS ns\nbare 7 NS ns.elsewhere.test.\n*.bare 7 A 127.0.0.9\n",
	    NULL, cuts);
}

/* A referral reads the same behind a name of any length, the cut's own included. */
static void
referral_lengths(void **state)
{
	struct make_zone zone = { "t.test", HEAD "sub 7 NS ns.sub\nns.sub 7 A 127.0.0.1\n", NULL };
	static const char expected[] = "NOERROR | | sub.t.test. 7 NS ns.sub.t.test. | ns.sub.t.test. 7 A 127.0.0.1";
	char question[300] = "sub.t.test. A";
	struct site s;
	size_t i;

	(void)state;
	site_open(&s, "", &zone, 1);
	for (i = 0; i < 120; i++) {
		assert_string_equal(site_ask(&s, question, &view, text), expected);
		memmove(question + 2, question, strlen(question) + 1);
		memcpy(question, "x.", 2);
	}
	site_close(&s);
}

/* -- CNAMEs -- */

static const struct exchange chains[] = {
	{ "one.t.test. A", "NOERROR aa | one.t.test. 7 CNAME a.t.test.; a.t.test. 8 A 127.0.0.1" },
	{ "ONE.t.test. A", "NOERROR aa | ONE.t.test. 7 CNAME a.t.test.; a.t.test. 8 A 127.0.0.1" },
	{ "one.t.test. AAAA", "NOERROR aa | one.t.test. 7 CNAME a.t.test." NEGATIVE },
	{ "one.t.test. CNAME", "NOERROR aa | one.t.test. 7 CNAME a.t.test." },
	{ "one.t.test. ANY", "NOERROR aa | one.t.test. 7 CNAME a.t.test." },
	{ "two.t.test. A", "NOERROR aa | two.t.test. 7 CNAME ONE.t.test.; ONE.t.test. 7 CNAME a.t.test.; "
			   "a.t.test. 8 A 127.0.0.1" },
	{ "two.t.test. CNAME", "NOERROR aa | two.t.test. 7 CNAME ONE.t.test." },
	{ "gone.t.test. A", "NXDOMAIN aa | gone.t.test. 7 CNAME z.t.test." NEGATIVE }, /* RFC 6604 section 3 */
	{ "gone.t.test. CNAME", "NOERROR aa | gone.t.test. 7 CNAME z.t.test." },
	{ "out.t.test. A", "NOERROR aa | out.t.test. 7 CNAME www.elsewhere.test." },
	{ "loop.t.test. CNAME", "NOERROR aa | loop.t.test. 7 CNAME pool.t.test." },
	{ "self.t.test. CNAME", "NOERROR aa | self.t.test. 7 CNAME self.t.test." },
	{ "cut.t.test. A", "NOERROR aa | cut.t.test. 7 CNAME x.sub.t.test. | sub.t.test. 7 NS ns.t.test. | "
			   "ns.t.test. 60 A 127.0.0.53" },
	{ "atcut.t.test. A", "NOERROR aa | atcut.t.test. 7 CNAME sub.t.test. | sub.t.test. 7 NS ns.t.test. | "
			     "ns.t.test. 60 A 127.0.0.53" },
	{ "atcut.t.test. DS", "NOERROR aa | atcut.t.test. 7 CNAME sub.t.test." NEGATIVE },
	{ "ds.t.test. DS", "NOERROR aa | ds.t.test. 7 CNAME SIGNED.t.test.; SIGNED.t.test. 7 DS 1 8 99 00" },
	{ "ds.t.test. A", "NOERROR aa | ds.t.test. 7 CNAME SIGNED.t.test. | SIGNED.t.test. 7 NS ns.t.test. | "
			  "ns.t.test. 60 A 127.0.0.53" },
	{ "cut.t.test. DS", "NOERROR aa | cut.t.test. 7 CNAME x.sub.t.test. | sub.t.test. 7 NS ns.t.test. | "
			    "ns.t.test. 60 A 127.0.0.53" },
	{ "ent.t.test. A", "NOERROR aa | ent.t.test. 7 CNAME e.t.test." NEGATIVE },
	{ "wild.t.test. A", "NOERROR aa | wild.t.test. 7 CNAME Q.w.t.test.; Q.w.t.test. 7 A 127.0.0.2" },
	{ "wildgone.t.test. A", "NXDOMAIN aa | wildgone.t.test. 7 CNAME x.b.w.t.test." NEGATIVE },
	{ "apex.t.test. NS", "NOERROR aa | apex.t.test. 7 CNAME t.test.; t.test. 60 NS ns.t.test." },
};

static void
cnames(void **state)
{
	(void)state;
	CHECK(HEAD "a 8 A 127.0.0.1\none 7 CNAME a\ntwo 7 CNAME ONE\ngone 7 CNAME z\nout 7 CNAME www.elsewhere.test.\n"
		   "loop 7 CNAME pool\npool 7 CNAME loop\nself 7 CNAME self\nsub 7 NS ns\ncut 7 CNAME x.sub\n"
		   "signed 7 NS ns\nsigned 7 DS 1 8 99 00\nds 7 CNAME SIGNED\natcut 7 CNAME sub\nent 7 CNAME e\nx.e 7 "
		   "A 127.0.0.3\nwild 7 CNAME Q.w\n*.w 7 A 127.0.0.2\nb.w 7 TXT x\n"
		   "wildgone 7 CNAME x.b.w\napex 7 CNAME @\n",
	    NULL, chains);
}

/* A loop ends, and long chains stop where the resolver can go on. */
static void
cname_ends(void **state)
{
	static char master[4096];
	struct make_zone zone = { "t.test", master, NULL };
	const char *at;
	struct site s;
	size_t i, len, n;

	(void)state;
	len = (size_t)snprintf(master, sizeof master, HEAD "loop 7 CNAME loop\na20 7 A 127.0.0.1\n");
	for (i = 0; i < 20; i++)
		len += (size_t)snprintf(master + len, sizeof master - len, "a%zu 7 CNAME a%zu\n", i, i + 1);
	site_open(&s, "", &zone, 1);
	for (i = 0; i < 20; i++) {
		char question[32];

		snprintf(question, sizeof question, "a%zu.t.test. A", i);
		site_ask(&s, question, &view, text);
		for (n = 0, at = text; (at = strstr(at, "CNAME")) != NULL; at++)
			n++;
		assert_int_equal(n, i < 4 ? 16 : 20 - i);
		assert_int_equal(strstr(text, "127.0.0.1") != NULL, i >= 4);
		assert_null(strstr(text, "SOA"));
	}
	assert_non_null(strstr(site_ask(&s, "loop.t.test. A", &view, text), "NOERROR aa | loop.t.test. 7 CNAME"));
	assert_null(strstr(text, "SOA"));
	site_close(&s);
}

/* -- several zones -- */

static const struct make_zone nested_zones[] = {
	{ "t.test", HEAD "n 7 NS ns.n\nns.n 7 A 127.0.0.7\nn 7 DS 1 8 99 00\nin 7 CNAME a.n\n"
		  "x.n 7 TXT shadowed\ninb 7 CNAME a.b\ninc 7 CNAME z.d.c\natb 7 CNAME B\n*.d.c 7 TXT shadowed\n"
		  "* 7 TXT wild\n", NULL },
	{ "b.t.test", "@ 9 SOA ns h 9 2 3 4 1\n@ 9 NS ns\nns 9 A 127.0.0.8\na 9 A 127.0.0.9\n",
	    SERVICE("@", "", MEMBER("a", "address = \"127.0.0.5\";")) },
	{ "d.c.t.test", "@ 9 SOA ns h 9 2 3 4 1\n@ 9 NS ns\nns 9 A 127.0.0.8\n", NULL },
	{ "e.d.c.t.test", "@ 9 SOA ns h 9 2 3 4 1\n@ 9 NS ns\nns 9 A 127.0.0.8\n", NULL },
	{ "n.t.test", "@ 9 SOA ns h 9 2 3 4 1\n@ 9 NS ns\nns 9 A 127.0.0.8\na 9 A 127.0.0.9\nup 9 CNAME ns.t.test.\n", NULL },
	{ "other.test", HEAD, NULL },
};

static const struct exchange nested[] = {
	{ "a.n.t.test. A", "NOERROR aa | a.n.t.test. 9 A 127.0.0.9" },
	{ "n.t.test. NS", "NOERROR aa | n.t.test. 9 NS ns.n.t.test." },
	{ "ns.n.t.test. A", "NOERROR aa | ns.n.t.test. 9 A 127.0.0.8" },
	{ "x.n.t.test. TXT", "NXDOMAIN aa | | n.t.test. 1 SOA ns.n.t.test. h.n.t.test. 9 2 3 4 1" },
	{ "up.n.t.test. A", "NOERROR aa | up.n.t.test. 9 CNAME ns.t.test." },
	/* what is said behind a name of another zone, that zone says: delegated or not */
	{ "in.t.test. A", "NOERROR aa | in.t.test. 7 CNAME a.n.t.test." },
	{ "inb.t.test. A", "NOERROR aa | inb.t.test. 7 CNAME a.b.t.test." },
	{ "atb.t.test. A", "NOERROR aa | atb.t.test. 7 CNAME B.t.test." },
	{ "inc.t.test. TXT", "NOERROR aa | inc.t.test. 7 CNAME z.d.c.t.test." },
	{ "c.t.test. TXT", NODATA },		/* a zone stands below it */
	{ "z.c.t.test. TXT", NXDOMAIN },
	{ "z.t.test. TXT", "NOERROR aa | z.t.test. 7 TXT \"wild\"" },
	{ "z.t.test. A", NODATA },
	/* DS is the parent's to say: RFC 4035 section 3.1.4.1 */
	{ "n.t.test. DS", "NOERROR aa | n.t.test. 7 DS 1 8 99 00" },
	{ "N.t.test. DS", "NOERROR aa | N.t.test. 7 DS 1 8 99 00" },
	{ "b.t.test. DS", NODATA },
	{ "b.t.test. A", "NOERROR aa | b.t.test. 5 A 127.0.0.5" },
	{ "d.c.t.test. DS", NODATA },
	{ "e.d.c.t.test. DS", "NOERROR aa | | d.c.t.test. 1 SOA ns.d.c.t.test. h.d.c.t.test. 9 2 3 4 1" },
	{ "t.test. DS", NODATA },
	{ "n.other.test. A", "NXDOMAIN aa | | other.test. 5 SOA ns.other.test. h.other.test. 1 2 3 4 5" },
};

static void
nested_in_each_other(void **state)
{
	struct make_zone reversed[COUNT(nested_zones)];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(reversed); i++)
		reversed[i] = nested_zones[COUNT(reversed) - 1 - i];
	check(nested_zones, COUNT(nested_zones), nested, COUNT(nested));
	check(reversed, COUNT(reversed), nested, COUNT(nested));
}

static const struct make_zone root_zones[] = {
	{ ".", "@ 60 SOA ns h 1 2 3 4 5\n@ 60 NS ns\nns 60 A 127.0.0.53\n*.wild 7 TXT x\ncom 7 NS ns.com\n"
	       "ns.com 7 A 127.0.0.1\nt 7 CNAME ns\nu.test 7 TXT x\nt.test 7 TXT shadowed\n", NULL },
	{ "t.test", HEAD, NULL },
};

#define ROOT_NEGATIVE " | | . 5 SOA ns. h. 1 2 3 4 5"

static const struct exchange root[] = {
	{ ". NS", "NOERROR aa | . 60 NS ns." },
	{ ". A", "NOERROR aa" ROOT_NEGATIVE },
	{ "x. A", "NXDOMAIN aa" ROOT_NEGATIVE },
	{ "y.x. A", "NXDOMAIN aa" ROOT_NEGATIVE },
	{ "test. A", "NOERROR aa" ROOT_NEGATIVE },
	{ "t. A", "NOERROR aa | t. 7 CNAME ns.; ns. 60 A 127.0.0.53" },
	{ "a.b.wild. TXT", "NOERROR aa | a.b.wild. 7 TXT \"x\"" },
	{ "com. A", "NOERROR | | com. 7 NS ns.com. | ns.com. 7 A 127.0.0.1" },
	{ "a.b.com. A", "NOERROR | | com. 7 NS ns.com. | ns.com. 7 A 127.0.0.1" },
	{ "t.test. TXT", NODATA },
	{ "z.t.test. TXT", NXDOMAIN },
	{ "z.u.test. TXT", "NXDOMAIN aa" ROOT_NEGATIVE },
};

static void
root_zone(void **state)
{
	(void)state;
	check(root_zones, COUNT(root_zones), root, COUNT(root));
}

/* -- services -- */

#define WWW_WITH(more) \
	SERVICE("www", "ttl = \"30s\"; ttl_suspect = \"3s\"; all_down = \"nodata\";", \
	    MEMBER("a", "address = [ \"127.0.0.1\", \"::1\" ]; records = [ \"MX 10 Mail\", \"TXT a\" ];") ", " \
	    MEMBER("b", "address = \"127.0.0.2\"; tier = 2;") more)
#define WWW		WWW_WITH("")
#define WWW_OR_CNAME	WWW_WITH(", " MEMBER("c", "cname = \"LB.t.test.\"; tier = 3;"))

#define SERVICE_ZONE \
	HEAD "alias 7 CNAME WWW\ntoalias 7 CNAME alias\nwww 9 CAA 0 issue \"ca\"\n*.w 7 CNAME www\nlb 7 A 127.0.0.3\n"

static const struct exchange before_any_plan[] = {
	{ "www.t.test. A", NODATA },
	{ "alias.t.test. A", NODATA },
	{ "x.w.t.test. A", NODATA },
};

static const struct exchange first_tier[] = {
	{ "www.t.test. A", "NOERROR aa | www.t.test. 3 A 127.0.0.1" },
	{ "wWw.t.test. AAAA", "NOERROR aa | wWw.t.test. 3 AAAA ::1" },
	{ "www.t.test. MX", "NOERROR aa | www.t.test. 3 MX 10 Mail.t.test." },
	{ "www.t.test. CAA", "NOERROR aa | www.t.test. 9 CAA 0 issue \"ca\"" },
	{ "www.t.test. SRV", NODATA },
	{ "www.t.test. ANY", "NOERROR aa | www.t.test. 3600 HINFO \"RFC8482\" \"\"" },
	{ "x.www.t.test. A", NXDOMAIN },
	{ "alias.t.test. A", "NOERROR aa | alias.t.test. 7 CNAME WWW.t.test.; WWW.t.test. 3 A 127.0.0.1" },
	{ "alias.t.test. CAA", "NOERROR aa | alias.t.test. 7 CNAME WWW.t.test.; WWW.t.test. 9 CAA 0 issue \"ca\"" },
	{ "alias.t.test. SRV", "NOERROR aa | alias.t.test. 7 CNAME WWW.t.test." NEGATIVE },
	{ "alias.t.test. CNAME", "NOERROR aa | alias.t.test. 7 CNAME WWW.t.test." },
	{ "alias.t.test. ANY", "NOERROR aa | alias.t.test. 7 CNAME WWW.t.test." },
	{ "toalias.t.test. AAAA", "NOERROR aa | toalias.t.test. 7 CNAME alias.t.test.; alias.t.test. 7 CNAME WWW.t.test.; "
				  "WWW.t.test. 3 AAAA ::1" },
	{ "y.x.w.t.test. A", "NOERROR aa | y.x.w.t.test. 7 CNAME www.t.test.; www.t.test. 3 A 127.0.0.1" },
};

static const struct exchange second_tier[] = {
	{ "www.t.test. A", "NOERROR aa | www.t.test. 30 A 127.0.0.2" },
	{ "www.t.test. AAAA", NODATA },
	{ "www.t.test. MX", NODATA },
	{ "www.t.test. CAA", "NOERROR aa | www.t.test. 9 CAA 0 issue \"ca\"" },
	{ "alias.t.test. A", "NOERROR aa | alias.t.test. 7 CNAME WWW.t.test.; WWW.t.test. 30 A 127.0.0.2" },
	{ "alias.t.test. AAAA", "NOERROR aa | alias.t.test. 7 CNAME WWW.t.test." NEGATIVE },
	{ "x.w.t.test. A", "NOERROR aa | x.w.t.test. 7 CNAME www.t.test.; www.t.test. 30 A 127.0.0.2" },
};

static const struct exchange nobody[] = {
	{ "www.t.test. A", NODATA },
	{ "www.t.test. ANY", "NOERROR aa | www.t.test. 3600 HINFO \"RFC8482\" \"\"" }, /* the static CAA is left */
	{ "alias.t.test. A", "NOERROR aa | alias.t.test. 7 CNAME WWW.t.test." NEGATIVE },
	{ "x.w.t.test. AAAA", "NOERROR aa | x.w.t.test. 7 CNAME www.t.test." NEGATIVE },
};

/* Whom plan and services put to serve: the endpoints with a '+'. */
static void
serve_by(struct site *s, const char *serving, bool suspect)
{
	size_t i;

	for (i = 0; i < s->conf->n_endpoints; i++)
		s->plan->serving[i] = serving[i] == '+';
	for (i = 0; i < s->conf->n_services; i++)
		s->plan->services[i].suspect = suspect;
	site_publish(s);
}

/* Plan after plan, at the service's name and at all that lead to it. */
static void
plans(void **state)
{
	struct make_zone zone = { "t.test", SERVICE_ZONE, WWW };
	struct site s;

	(void)state;
	site_open(&s, "", &zone, 1);
	check_exchanges(&s, first_tier, COUNT(first_tier));
	serve_by(&s, "--+", false);
	check_exchanges(&s, second_tier, COUNT(second_tier));
	serve_by(&s, "---", true);
	check_exchanges(&s, nobody, COUNT(nobody));
	serve_by(&s, "++-", true);
	check_exchanges(&s, first_tier, COUNT(first_tier));
	site_close(&s);
}

static void
no_plan_yet(void **state)
{
	struct make_zone zone = { "t.test", SERVICE_ZONE, WWW };
	struct site s;

	(void)state;
	site_read(&s, "", &zone, 1);
	s.table = table_build(s.conf, s.zones);
	site_reader();
	check_exchanges(&s, before_any_plan, COUNT(before_any_plan));
	site_close(&s);
}

/* A member that is a CNAME: it stands alone, and the resolver goes on from there. */
static const struct exchange by_cname[] = {
	{ "www.t.test. A", "NOERROR aa | www.t.test. 30 CNAME lb.t.test." },
	{ "www.t.test. MX", "NOERROR aa | www.t.test. 30 CNAME lb.t.test." },
	{ "www.t.test. CNAME", "NOERROR aa | www.t.test. 30 CNAME lb.t.test." },
	{ "www.t.test. ANY", "NOERROR aa | www.t.test. 30 CNAME lb.t.test." },
	{ "alias.t.test. A", "NOERROR aa | alias.t.test. 7 CNAME WWW.t.test.; WWW.t.test. 30 CNAME lb.t.test." },
	{ "alias.t.test. CNAME", "NOERROR aa | alias.t.test. 7 CNAME WWW.t.test." },
	{ "alias.t.test. ANY", "NOERROR aa | alias.t.test. 7 CNAME WWW.t.test." },
};

static void
cname_members(void **state)
{
	struct make_zone zone = { "t.test", HEAD "alias 7 CNAME WWW\n", WWW_OR_CNAME };
	struct site s;

	(void)state;
	site_open(&s, "", &zone, 1);
	serve_by(&s, "---+", false);
	check_exchanges(&s, by_cname, COUNT(by_cname));
	serve_by(&s, "++-+", true); /* both at once is no plan of ours, and still no CNAME beside others */
	check_exchanges(&s, first_tier, 2);
	site_close(&s);
}

/* At the apex and by wildcard. */
static const struct exchange at_odd_names[] = {
	{ "t.test. A", "NOERROR aa | t.test. 5 A 127.0.0.1" },
	{ "t.test. NS", "NOERROR aa | t.test. 60 NS ns.t.test." },
	{ "t.test. SOA", "NOERROR aa | t.test. 60 SOA ns.t.test. h.t.test. 1 2 3 4 5" },
	{ "t.test. MX", NODATA },
	{ "x.w.t.test. A", "NOERROR aa | x.w.t.test. 5 A 127.0.0.2" },
	{ "z.y.X.w.t.test. A", "NOERROR aa | z.y.X.w.t.test. 5 A 127.0.0.2" },
	{ "x.w.t.test. MX", "NOERROR aa | x.w.t.test. 5 MX 1 m.w.t.test." },
	{ "x.w.t.test. TXT", NODATA },
	{ "w.t.test. A", NODATA },
	{ "*.w.t.test. A", "NOERROR aa | *.w.t.test. 5 A 127.0.0.2" },
	{ "alias.t.test. MX", "NOERROR aa | alias.t.test. 7 CNAME q.w.t.test.; q.w.t.test. 5 MX 1 m.w.t.test." },
};

static void
odd_names(void **state)
{
	(void)state;
	CHECK(HEAD "alias 7 CNAME q.w\n",
	    SERVICE("@", "", MEMBER("a", "address = \"127.0.0.1\";")) ", " SERVICE("*.w", "",
		MEMBER("a", "address = \"127.0.0.2\"; records = \"MX 1 m.w\";")),
	    at_odd_names);
}

/* -- several answers to one question -- */

/* All that is said over the range of random numbers, or of client networks, each once in order of appearance. */
static size_t
all_said(const struct site *s, const char *question, bool by_client, char said[16][256])
{
	size_t i, k, n = 0;
	char address[32];

	for (i = 0; i < 256; i++) {
		snprintf(address, sizeof address, "127.0.%zu.1", by_client ? i : 0);
		view = view_make(&client, address, by_client ? 0 : (uint32_t)i << 24);
		site_ask(s, question, &view, text);
		for (k = 0; k < n && strcmp(said[k], text) != 0; k++)
			continue;
		if (k < n)
			continue;
		site_must(n < 16 && strlen(text) < 256, "too many answers");
		strcpy(said[n++], text);
	}
	return n;
}

static const struct several {
	const char	*services;
	const char	*question;
	bool		 by_client;
	const char	*said[16];	/* in order of appearance; by client: in any order */
} several[] = {
	{ SERVICE("www", "", MEMBER("a", "address = [ \"127.0.0.1\", \"127.0.0.2\", \"127.0.0.3\" ];")),
	    "www.t.test. A", false, { "1 2 3", "2 3 1", "3 1 2" } },
	{ SERVICE("www", "max_answers = 2;", MEMBER("a", "address = [ \"127.0.0.1\", \"127.0.0.2\" ];") ", "
		MEMBER("b", "address = \"127.0.0.3\";")), "www.t.test. A", false,
	    { "1 2", "2 3", "3 1" } },
	{ SERVICE("www", "max_answers = 1;", MEMBER("a", "address = [ \"127.0.0.1\", \"127.0.0.2\" ];")),
	    "www.t.test. A", false, { "1", "2" } },
	{ SERVICE("www", "answer = \"weighted\";", MEMBER("a", "address = \"127.0.0.1\"; weight = 3;") ", "
		MEMBER("b", "address = [ \"127.0.0.2\", \"127.0.0.3\" ];")),
	    "www.t.test. A", false, { "1", "2", "3" } },
	{ SERVICE("www", "answer = \"sticky\";", MEMBER("a", "address = \"127.0.0.1\";") ", "
		MEMBER("b", "address = \"127.0.0.2\";") ", " MEMBER("c", "address = \"127.0.0.3\";")), "www.t.test. A", true,
	    { "1", "2", "3" } },
	{ SERVICE("www", "answer = \"weighted\";",
		MEMBER("a", "address = \"127.0.0.1\"; records = [ \"MX 1 a\", \"MX 2 a\" ];") ", "
		MEMBER("b", "address = \"127.0.0.2\"; records = \"MX 3 b\";")), "www.t.test. MX", false,
	    { "a.t.test. a.t.test.", "b.t.test." } },
	{ SERVICE("www", "", MEMBER("a", "cname = \"a.test.\";") ", " MEMBER("b", "cname = \"b.test.\";")),
	    "www.t.test. A", false, { "a.test.", "b.test." } },
	{ SERVICE("www", "answer = \"sticky\";", MEMBER("a", "cname = \"a.test.\";") ", " MEMBER("b", "cname = \"b.test.\";")),
	    "alias.t.test. AAAA", true, { "a.test.", "b.test." } },
};

/* The last octets of addresses, or the names that records of the service end with. */
static const char *
short_text(const char *reply)
{
	static char shorter[256];
	char copy[256], *rest = NULL, *record;
	size_t len = 0;

	snprintf(copy, sizeof copy, "%s", strchr(reply, '|') + 1);
	shorter[0] = '\0';
	for (record = strtok_r(copy, ";", &rest); record; record = strtok_r(NULL, ";", &rest)) {
		const char *word = strrchr(record, ' ') + 1;

		if (strcasestr(record, " CNAME www.t.test."))
			continue;
		if (strncmp(word, "127.0.0.", 8) == 0)
			word += 8;
		len += (size_t)snprintf(shorter + len, sizeof shorter - len, "%s%s", len ? " " : "", word);
	}
	return shorter;
}

static bool
is_listed(const char *said, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(*list, said) == 0)
			return true;
	return false;
}

static void
variants(void **state)
{
	static char said[16][256];
	size_t i, k, n, expected;

	(void)state;
	for (i = 0; i < COUNT(several); i++) {
		struct make_zone zone = { "t.test", HEAD "alias 7 CNAME www\n", several[i].services };
		struct site s;

		site_open(&s, "", &zone, 1);
		for (expected = 0; several[i].said[expected]; expected++)
			continue;
		n = all_said(&s, several[i].question, several[i].by_client, said);
		assert_int_equal(n, expected);
		for (k = 0; k < n; k++)
			if (several[i].by_client)
				assert_true(is_listed(short_text(said[k]), several[i].said));
			else
				assert_string_equal(short_text(said[k]), several[i].said[k]);
		site_close(&s);
	}
}

/* The member that leaves takes its own clients with it, and no others. */
static void
sticky_clients(void **state)
{
	struct make_zone zone = { "t.test", HEAD,
		SERVICE("www", "answer = \"sticky\";",
		    MEMBER("a", "address = \"127.0.0.1\";") ", " MEMBER("b",
			"address = \"127.0.0.2\";") ", " MEMBER("c", "address = \"127.0.0.3\";")) };
	static char before[256][256];
	char address[32];
	struct site s;
	size_t i;

	(void)state;
	site_open(&s, "", &zone, 1);
	for (i = 0; i < 256; i++) {
		snprintf(address, sizeof address, "127.0.%zu.1", i);
		view = view_make(&client, address, 0);
		snprintf(before[i], sizeof before[i], "%s", site_ask(&s, "www.t.test. A", &view, text));
	}
	serve_by(&s, "-++", true);
	for (i = 0; i < 256; i++) {
		snprintf(address, sizeof address, "127.0.%zu.1", i);
		view = view_make(&client, address, 0);
		site_ask(&s, "www.t.test. A", &view, text);
		if (strstr(before[i], "127.0.0.1") == NULL)
			assert_string_equal(text, before[i]);
		assert_null(strstr(text, "127.0.0.1"));
	}
	site_close(&s);
}

/* -- beside answers -- */

static void
services_by_name(void **state)
{
	static const struct {
		const char *name;
		uint32_t service;
		const char *zone; /* NULL: none */
	} cases[] = {
		{ "\3www\1t\4test", 0, "t.test" },
		{ "\1*\1w\1t\4test", 1, "t.test" },
		{ "\5alias\1t\4test", ZONE_NO_SERVICE, "t.test" },
		{ "\1x\1w\1t\4test", ZONE_NO_SERVICE, "t.test" },
		{ "\1z\1t\4test", ZONE_NO_SERVICE, "t.test" },
		{ "\4test", ZONE_NO_SERVICE, NULL },
		{ "", ZONE_NO_SERVICE, NULL },
	};
	struct make_zone zone = { "t.test", HEAD "alias 7 CNAME www\n",
		SERVICE("www", "", MEMBER("a", "address = \"127.0.0.1\";")) ", " SERVICE("*.w", "",
		    MEMBER("a", "address = \"127.0.0.2\";")) };
	const struct conf_zone *closest;
	struct site s;
	size_t i;

	(void)state;
	site_open(&s, "", &zone, 1);
	for (i = 0; i < COUNT(cases); i++) {
		const uint8_t *name = (const uint8_t *)cases[i].name;

		assert_int_equal(table_service(s.table, name, name_len(name), &closest), cases[i].service);
		assert_string_equal(closest ? closest->name : "none", cases[i].zone ? cases[i].zone : "none");
	}
	assert_int_equal(table_nodata(s.table, &s.conf->zones[0])->nscount, 1);
	assert_int_equal(table_nodata(s.table, &s.conf->zones[0])->rcode, 0);
	site_close(&s);
}

/* Many names: each is found, and none that is not there. */
static void
many_names(void **state)
{
	static char master[600000];
	struct make_zone zone = { "t.test", master, NULL };
	size_t i, len = (size_t)snprintf(master, sizeof master, HEAD);
	char question[64], expected[64];
	struct site s;

	(void)state;
	for (i = 0; i < 20000; i++)
		len += (size_t)snprintf(master + len, sizeof master - len, "h%zu 7 A 127.0.%zu.%zu\n", i, i / 256,
		    i % 256);
	site_open(&s, "", &zone, 1);
	assert_int_equal(table_names(s.table), 20002);
	for (i = 0; i < 20000; i += 7) {
		snprintf(question, sizeof question, "h%zu.t.test. A", i);
		snprintf(expected, sizeof expected, "NOERROR aa | h%zu.t.test. 7 A 127.0.%zu.%zu", i, i / 256, i % 256);
		assert_string_equal(site_ask(&s, question, &view, text), expected);
		snprintf(question, sizeof question, "g%zu.t.test. A", i);
		assert_string_equal(site_ask(&s, question, &view, text), NXDOMAIN);
	}
	site_close(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(static_names),
		cmocka_unit_test(wildcards),
		cmocka_unit_test(wildcards_blocked),
		cmocka_unit_test(delegations),
		cmocka_unit_test(referral_lengths),
		cmocka_unit_test(cnames),
		cmocka_unit_test(cname_ends),
		cmocka_unit_test(nested_in_each_other),
		cmocka_unit_test(root_zone),
		cmocka_unit_test(plans),
		cmocka_unit_test(no_plan_yet),
		cmocka_unit_test(cname_members),
		cmocka_unit_test(odd_names),
		cmocka_unit_test(variants),
		cmocka_unit_test(sticky_clients),
		cmocka_unit_test(services_by_name),
		cmocka_unit_test(many_names),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
