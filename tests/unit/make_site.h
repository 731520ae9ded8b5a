/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small site for tests: zones out of their text and services in them, read, judged and
 * made into a table; questions to it as text, and replies as text.
 */
#ifndef TESTS_UNIT_MAKE_SITE_H
#define TESTS_UNIT_MAKE_SITE_H

#include <arpa/inet.h>
#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "conf/conf.h"
#include "conf/mem.h"
#include "conf/plan.h"
#include "dnsd/reply.h"
#include "zones/table.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))
#define SITE_ZONES_MAX	8
#define SITE_TEXT_MAX	16384

/* Services as relevo.conf has them; providers are a, b and c, the check is web. */
#define SERVICE(name, settings, members) \
	"{ name = \"" name "\"; check = \"web\"; " settings " members = ( " members " ); }"
#define MEMBER(provider, settings) "{ provider = \"" provider "\"; " settings " }"

struct make_zone {
	const char	*name;
	const char	*text;		/* of the master file */
	const char	*services;	/* separated by commas; NULL: none */
};

struct site {
	int			 fds[SITE_ZONES_MAX + 1];	/* the files, in memory; fds[i] is zone i's */
	size_t			 n_fds;
	struct complaints	 complaints;			/* about the zones */
	struct conf		*conf;
	struct zones		*zones;
	struct table		*table;
	struct plan		*plan;
};

static inline void
site_must(bool fact, const char *what)
{
	if (fact)
		return;
	fprintf(stderr, "make_site: %s\n", what);
	abort();
}

/* A file that nobody has to remove; path has room for 32. */
static inline int
site_file(const char *text, size_t len, char path[32])
{
	int fd = memfd_create("site", MFD_CLOEXEC);

	site_must(fd >= 0 && write(fd, text, len) == (ssize_t)len, "cannot make a file in memory");
	snprintf(path, 32, "/proc/self/fd/%d", fd);
	return fd;
}

static inline void
site_read_conf(struct site *s, const char *text)
{
	struct complaints c = { 0 };
	char path[32];

	s->fds[s->n_fds++] = site_file(text, strlen(text), path);
	s->conf = conf_load(path, &c);
	complaints_print(&c, stderr);
	site_must(s->conf && c.mistakes == 0, "the configuration has mistakes");
	complaints_free(&c);
}

/* Read conf and zones; what is wrong with the zones stands in s->complaints. server: settings, or "". */
static inline void
site_read(struct site *s, const char *server, const struct make_zone *zones, size_t n)
{
	char *text = mem_alloc(SITE_TEXT_MAX), path[32];
	size_t i, len;

	*s = (struct site){ 0 };
	len = (size_t)snprintf(text, SITE_TEXT_MAX,
	    "server = { listen = \"127.0.0.1@5300\"; %s };\nproviders = { a = { }; b = { }; c = { }; };\n"
	    "checks = { web = { type = \"tcp\"; port = 80; }; };\nzones = (",
	    server);
	for (i = 0; i < n; i++) {
		s->fds[s->n_fds++] = site_file(zones[i].text, strlen(zones[i].text), path);
		len += (size_t)snprintf(text + len, SITE_TEXT_MAX - len,
		    "%s{ name = \"%s\"; file = \"%s\"; services = ( %s ); }", i ? ",\n" : "\n", zones[i].name, path,
		    zones[i].services ? zones[i].services : "");
	}
	len += (size_t)snprintf(text + len, SITE_TEXT_MAX - len, " );\n");
	site_must(n <= SITE_ZONES_MAX && len < SITE_TEXT_MAX, "too much for one site");
	site_read_conf(s, text);
	s->zones = zones_load(s->conf, &s->complaints);
	free(text);
}

/* Put every service to what s->plan says. */
static inline void
site_publish(struct site *s)
{
	uint32_t i;

	for (i = 0; i < s->conf->n_services; i++)
		table_publish(s->table, s->plan, &i, 1);
}

/* The thread that runs the tests is a reader from its first site on. */
static inline void
site_reader(void)
{
	static bool registered;

	if (!registered)
		table_thread_begin();
	registered = true;
}

/* Read, build and publish plan 0: every first tier serves. */
static inline void
site_open(struct site *s, const char *server, const struct make_zone *zones, size_t n)
{
	site_read(s, server, zones, n);
	complaints_print(&s->complaints, stderr);
	site_must(s->complaints.mistakes == 0, "the zones have mistakes");
	s->table = table_build(s->conf, s->zones);
	s->plan = plan_new(s->conf);
	site_reader();
	site_publish(s);
}

static inline void
site_close(struct site *s)
{
	table_free(s->table);
	plan_free(s->plan);
	zones_free(s->zones);
	conf_free(s->conf);
	complaints_free(&s->complaints);
	while (s->n_fds > 0)
		close(s->fds[--s->n_fds]);
}

/* -- questions -- */

/* Header and question of "NAME TYPE" or "NAME CLASS TYPE"; returns the length. packet has room for 512. */
static inline size_t
query_make(uint8_t *packet, const char *text)
{
	static const uint8_t header[DNS_HEADER_LEN] = { 0x12, 0x34, 1, 0, 0, 1 };
	char name[NAME_TEXT_MAX], class[16], type[16];
	size_t len = sizeof header;
	ldns_rdf *dname;

	if (sscanf(text, "%1023s %15s %15s", name, class, type) == 2) {
		strcpy(type, class);
		strcpy(class, "IN");
	}
	dname = ldns_dname_new_frm_str(name);
	site_must(dname != NULL, "a question's name is none");
	memcpy(packet, header, len);
	memcpy(packet + len, ldns_rdf_data(dname), ldns_rdf_size(dname));
	len += ldns_rdf_size(dname);
	ldns_rdf_deep_free(dname);
	ldns_write_uint16(packet + len, (uint16_t)ldns_get_rr_type_by_name(type));
	ldns_write_uint16(packet + len + 2, (uint16_t)ldns_get_rr_class_by_name(class));
	return len + 4;
}

/* -- replies as text: "NOERROR aa | answer; answer | authority | additional", TTL behind the owner, without class -- */

static inline size_t
record_text(const ldns_rr *rr, char *at, size_t room)
{
	char *text = ldns_rr2str(rr), *p = text, *word;
	size_t len = 0, n = 0;

	while ((word = strsep(&p, " \t\n")) != NULL) {
		if (*word != '\0' && (n != 2 || strcmp(word, "IN") != 0))
			len += (size_t)snprintf(at + len, room - len, "%s%s", n ? " " : "", word);
		n += *word != '\0';
	}
	free(text);
	site_must(len < room, "a reply is too long as text");
	return len;
}

static inline size_t
section_text(const ldns_rr_list *list, char *at, size_t room)
{
	size_t i, len = 0, n = ldns_rr_list_rr_count(list);

	for (i = 0; i < n; i++) {
		len += (size_t)snprintf(at + len, room - len, i ? "; " : " ");
		len += record_text(ldns_rr_list_rr(list, i), at + len, room - len);
	}
	return len;
}

static inline void
reply_sections(const ldns_pkt *pkt, char *at, size_t room)
{
	const ldns_rr_list *sections[] = { ldns_pkt_answer(pkt), ldns_pkt_authority(pkt), ldns_pkt_additional(pkt) };
	size_t i, len = 0, n = COUNT(sections);

	at[0] = '\0';
	while (n > 0 && ldns_rr_list_rr_count(sections[n - 1]) == 0)
		n--;
	for (i = 0; i < n; i++) {
		len += (size_t)snprintf(at + len, room - len, " |");
		len += section_text(sections[i], at + len, room - len);
	}
}

/* Malformed: "malformed". text has SITE_TEXT_MAX. OPT is left out. */
static inline char *
reply_text(const uint8_t *packet, size_t len, char *text)
{
	ldns_pkt *pkt = NULL;
	ldns_lookup_table *rcode;
	int n;

	if (ldns_wire2pkt(&pkt, packet, len) != LDNS_STATUS_OK)
		return strcpy(text, "malformed");
	rcode = ldns_lookup_by_id(ldns_rcodes, ldns_pkt_get_rcode(pkt));
	n = snprintf(text, SITE_TEXT_MAX, "%s%s%s", rcode->name, ldns_pkt_aa(pkt) ? " aa" : "",
	    ldns_pkt_tc(pkt) ? " tc" : "");
	reply_sections(pkt, text + n, SITE_TEXT_MAX - (size_t)n);
	ldns_pkt_free(pkt);
	return text;
}

/* What the table says to the question, as text; "nothing" outside the zones. */
static inline char *
site_ask(const struct site *s, const char *question, const struct view *view, char *text)
{
	static uint8_t packet[SITE_TEXT_MAX * 4];
	size_t len = query_make(packet, question);
	const struct answer *a;
	struct query q;
	struct reply r = { .packet = packet, .query = &q, .limit = sizeof packet };

	site_must(query_read(packet, len, &q), "a question is none");
	table_read_begin();
	a = table_find(s->table, &q.question, view);
	len = a ? reply_answer(&r, a) : 0;
	table_read_end();
	return a ? reply_text(packet, len, text) : strcpy(text, "nothing");
}

/* An IPv4 client and a random number. */
static inline struct view
view_make(struct sockaddr_in *room, const char *client, uint32_t number)
{
	*room = (struct sockaddr_in){ .sin_family = AF_INET };
	site_must(inet_pton(AF_INET, client, &room->sin_addr) == 1, "a client's address is none");
	return (struct view){ (const struct sockaddr *)(const void *)room, number };
}

#endif
