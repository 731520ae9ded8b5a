/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz: a packet to serve(). The first octet says how it comes: bit 0 by TCP, bit 1 from
 * an operator; the rest is the packet. What comes back is silence or a message that
 * fits, belongs to the packet and can be read.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf/board.h"
#include "dnsd/serve.h"
#include "tests/unit/make_site.h"

static const struct make_zone zones[] = {
	{ "t.test",
	    "@ 60 SOA ns h 1 2 3 4 5\n@ 60 NS ns\n@ 60 MX 10 mail\nns 60 A 127.0.0.53\nns 60 AAAA ::1\nmail 60 A 127.0.0.2\n"
	    "one 60 CNAME two\ntwo 60 CNAME www\nout 60 CNAME www.elsewhere.test.\nloop 60 CNAME loop\nx.y.empty 60 TXT x\n"
	    "*.wild 60 MX 10 mail\nb.wild 60 TXT x\n*.alias 60 CNAME www\nsub 60 NS ns.sub\nsub 60 NS ns\n"
	    "sub 60 DS 1 8 99 00\n"
	    "ns.sub 60 A 127.0.0.3\nin 60 CNAME x.sub\n\\000\\255 60 TYPE65280 \\# 3 c00c00\n"
	    "big 60 TXT 0123456789012345678901234567890123456789012345678901234567890123456789\n"
	    "big 60 TXT 1123456789012345678901234567890123456789012345678901234567890123456789\n"
	    "big 60 TXT 2123456789012345678901234567890123456789012345678901234567890123456789\n"
	    "big 60 TXT 3123456789012345678901234567890123456789012345678901234567890123456789\n"
	    "big 60 TXT 4123456789012345678901234567890123456789012345678901234567890123456789\n"
	    "big 60 TXT 5123456789012345678901234567890123456789012345678901234567890123456789\n"
	    "big 60 TXT 6123456789012345678901234567890123456789012345678901234567890123456789\n"
	    "big 60 MX 1 mail\n",
	    SERVICE("www", "", MEMBER("a", "address = [ \"127.0.0.1\", \"127.0.0.2\", \"::1\" ]; records = \"MX 1 m\";")) ", "
	    SERVICE("w", "answer = \"weighted\";", MEMBER("a", "address = \"127.0.0.1\"; weight = 3;") ", "
		MEMBER("b", "address = \"127.0.0.2\";")) ", "
	    SERVICE("s", "answer = \"sticky\";", MEMBER("a", "address = \"127.0.0.1\";") ", "
		MEMBER("b", "address = \"::2\";")) ", "
	    SERVICE("c", "", MEMBER("a", "cname = \"lb.elsewhere.test.\";")) },
	{ "n.t.test", "@ 60 SOA ns h 1 2 3 4 5\n@ 60 NS ns\nns 60 A 127.0.0.54\n", NULL },
};

static struct site site;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is published hangs in memory that a leak checker does not look through. */
static void
close_site(void)
{
	site_close(&site);
}

static struct serve
open_site(void)
{
	struct counters *counters = counters_new();
	struct serve s;

	site_open(&site, "identity = \"ns1\"; operators = \"127.0.0.1/32\";", zones, COUNT(zones));
	serve_init(&s, site.conf, site.table, inspect_new(site.conf, site.table, board_new(site.conf), 1),
	    counters_block(counters, 0, 0));
	atexit(close_site);
	return s;
}

/* A reply that echoes a question has a good one, so that ldns can read all of it. */
static void
check_message(const uint8_t *reply, size_t len)
{
	ldns_pkt *pkt;

	site_must(ldns_wire2pkt(&pkt, reply, len) == LDNS_STATUS_OK, "a reply is malformed");
	ldns_pkt_free(pkt);
}

static void
check_reply(const uint8_t *query, size_t query_len, const uint8_t *reply, size_t len, bool tcp)
{
	bool owed = query_len >= DNS_HEADER_LEN && (query[2] & 0x80) == 0;

	site_must((len > 0) == owed, "silence or a reply in the wrong place");
	if (!owed)
		return;
	site_must(len >= DNS_HEADER_LEN && len <= (tcp ? SERVE_TCP_ROOM : SERVE_UDP_ROOM), "a reply's length");
	site_must(memcmp(reply, query, 2) == 0, "a reply's id");
	site_must((reply[2] & 0xf9) == (0x80 | (query[2] & 0x79)), "a reply's flags");
	check_message(reply, len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t packet[SERVE_TCP_ROOM];
	static struct serve s;
	struct sockaddr_in client;
	struct asker asker;
	size_t room;

	if (s.conf == NULL)
		s = open_site();
	if (size == 0)
		return 0;
	asker.tcp = data[0] & 1;
	asker.addr = view_make(&client, data[0] & 2 ? "127.0.0.1" : "127.1.0.1", 0).client;
	room = asker.tcp ? SERVE_TCP_ROOM : SERVE_UDP_ROOM;
	data++;
	size = size - 1 < room ? size - 1 : room;
	memcpy(packet, data, size);
	check_reply(data, size, packet, serve(&s, packet, size, &asker), asker.tcp);
	return 0;
}
