/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz: a master file. A zone without mistakes becomes a table that answers for each of
 * its names, with messages that can be read; mistakes have one line each.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz_folder.h"
#include "tests/unit/make_site.h"
#include "zones/rr.h"

#define NAMES_MAX 64 /* asked for, of each zone */

/* The master file that stands here is not the one that is read. */
static const struct make_zone base = { "t.test", "",
	SERVICE("www", "", MEMBER("a", "address = [ \"127.0.0.1\", \"::1\" ]; records = \"MX 1 m\";")) ", "
	SERVICE("*.w", "answer = \"weighted\";", MEMBER("a", "address = \"127.0.0.1\";") ", "
	    MEMBER("b", "cname = \"lb.t.test.\"; tier = 2;")) };

static struct conf *conf;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* ldns forgets what it has read of some records (HIP, IPSECKEY) that turn out to be none. The unit tests do without. */
const char *
__lsan_default_suppressions(void)
{
	return "leak:libldns\n";
}

static void
open_conf(void)
{
	struct site site;

	site_read(&site, "", &base, 1);
	conf = site.conf;
	conf->zones[0].file = fuzz_file_path();
	zones_free(site.zones);
	complaints_free(&site.complaints);
	site_reader();
}

static void
check_answer(const struct table *t, const uint8_t *name, uint16_t type)
{
	static uint8_t packet[UINT16_MAX];
	struct query q = { .rcode = RCODE_NOERROR };
	struct reply r = { .packet = packet, .query = &q, .limit = sizeof packet };
	struct sockaddr_in client;
	struct view view = view_make(&client, "127.0.0.1", 0x9abcdef0);
	size_t len = name_len(name);
	const struct answer *a;
	ldns_pkt *pkt;

	memset(packet, 0, DNS_HEADER_LEN);
	memcpy(packet + DNS_HEADER_LEN, name, len);
	rr_put16(packet + DNS_HEADER_LEN + len, type);
	rr_put16(packet + DNS_HEADER_LEN + len + 2, RR_CLASS_IN);
	packet[5] = 1;
	site_must(query_read(packet, DNS_HEADER_LEN + len + 4, &q) && q.rcode == RCODE_NOERROR,
	    "a zone's name is none");
	table_read_begin();
	a = table_find(t, &q.question, &view);
	site_must(a != NULL, "a zone's name is not found");
	len = reply_answer(&r, a);
	table_read_end();
	if (ldns_wire2pkt(&pkt, packet, len) == LDNS_STATUS_OK)
		ldns_pkt_free(pkt);
	else
		site_must(false, "a reply is malformed");
}

static void
check_names(const struct table *t, const struct zone *z)
{
	size_t i, n = z->n_names < NAMES_MAX ? z->n_names : NAMES_MAX;

	for (i = 0; i < n; i++) {
		const struct zone_record *r;

		for (r = z->names[i]->records; r; r = r->next)
			if (r->next == NULL || r->next->type != r->type)
				check_answer(t, z->names[i]->name, r->type);
		check_answer(t, z->names[i]->name, RR_A);
		check_answer(t, z->names[i]->name, RR_SRV);
	}
}

static void
check_zone(struct zones *zones)
{
	static const uint32_t all[] = { 0, 1 };
	struct table *t = table_build(conf, zones);
	struct plan *plan = plan_new(conf);

	check_names(t, zones->list[0]);
	table_publish(t, plan, all, 2);
	check_names(t, zones->list[0]);
	table_free(t);
	plan_free(plan);
}

static void
check_complaints(const struct complaints *c)
{
	size_t i;

	for (i = 0; i < c->count; i++)
		site_must(strchr(c->list[i].text, '\n') == NULL, "a complaint has two lines");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct complaints c = { 0 };
	struct zones *zones;

	if (conf == NULL)
		open_conf();
	if (fuzz_names_a_device(data, size))
		return 0;
	fuzz_file_write(data, size);
	zones = zones_load(conf, &c);
	check_complaints(&c);
	if (c.mistakes == 0)
		check_zone(zones);
	zones_free(zones);
	complaints_free(&c);
	return 0;
}
