/* SPDX-License-Identifier: BSD-2-Clause */
/* Pick: see pick.h. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "conf/mem.h"
#include "zones/name.h"
#include "zones/pick.h"
#include "zones/rr.h"

/* Divisible by 1 to 8, so that the addresses of a member share its weight without loss. */
#define WEIGHT_UNIT	840

static void
add(struct pick *p, uint16_t type, const uint8_t *rdata, size_t len, uint32_t group, uint32_t weight)
{
	if (p->count == p->room) {
		p->room = p->room ? 2 * p->room : 16;
		p->records = mem_grow(p->records, p->room, sizeof *p->records);
	}
	p->records[p->count++] = (struct pick_record){ type, (uint16_t)len, rdata, group, weight ? weight : 1 };
}

static void
add_endpoint(struct pick *p, const struct conf_endpoint *e, const struct zone_member *m, uint32_t weight)
{
	if (e->family == AF_INET)
		add(p, RR_A, e->addr, 4, e->index, weight);
	else if (e->family == AF_INET6)
		add(p, RR_AAAA, e->addr, 16, e->index, weight);
	else if (m->cname)
		add(p, RR_CNAME, m->cname, name_len(m->cname), e->index, weight);
}

static unsigned
count_serving(const struct conf *conf, const struct plan *plan, const struct conf_member *m, int family)
{
	uint32_t i;
	unsigned n = 0;

	for (i = m->first_endpoint; i < m->first_endpoint + m->n_endpoints; i++)
		n += plan->serving[i] && conf->endpoints[i].family == family;
	return n;
}

static void
add_member(const struct conf *conf, const struct zone_member *members, const struct plan *plan,
    const struct conf_member *m, struct pick *p)
{
	const struct zone_member *given = &members[m->index];
	const struct zone_record *r;
	bool serves = false;
	uint32_t i;

	for (i = m->first_endpoint; i < m->first_endpoint + m->n_endpoints; i++) {
		const struct conf_endpoint *e = &conf->endpoints[i];

		if (!plan->serving[i])
			continue;
		serves = true;
		add_endpoint(p, e, given, WEIGHT_UNIT * m->weight / count_serving(conf, plan, m, e->family));
	}
	for (r = serves ? given->records : NULL; r; r = r->next)
		add(p, r->type, r->rdata, r->len, m->first_endpoint, WEIGHT_UNIT * m->weight);
}

static int
by_content(const struct pick_record *a, const struct pick_record *b)
{
	int d = a->type - b->type;

	if (d == 0)
		d = a->len - b->len;
	return d ? d : memcmp(a->rdata, b->rdata, a->len);
}

static int
by_group(const struct pick_record *a, const struct pick_record *b)
{
	return (a->group > b->group) - (a->group < b->group);
}

/* The order when all of a type is said together. */
static int
all_together(const void *a, const void *b)
{
	int d = by_content(a, b);

	return d ? d : by_group(a, b);
}

/* The order when one group of a type is said. */
static int
group_together(const void *va, const void *vb)
{
	const struct pick_record *a = va, *b = vb;
	int d = a->type - b->type;

	if (d == 0)
		d = by_group(a, b);
	return d ? d : by_content(a, b);
}

/* What is said together says the same record once (RFC 2181 section 5). */
static void
sort_and_drop_duplicates(struct pick *p)
{
	bool all = p->answer == ANSWER_ALL;
	size_t i, kept = 1;

	if (p->count < 2)
		return;
	qsort(p->records, p->count, sizeof *p->records, all ? all_together : group_together);
	for (i = 1; i < p->count; i++) {
		const struct pick_record *last = &p->records[kept - 1], *r = &p->records[i];

		if (by_content(last, r) != 0 || (!all && by_group(last, r) != 0))
			p->records[kept++] = *r;
	}
	p->count = kept;
}

/*
 * A list of providers for all_down may bring together a cname and an address of two
 * tiers. A CNAME suffers nothing beside it (RFC 1034 section 3.6.2); what was probed stays.
 */
static void
drop_cnames_beside_others(struct pick *p)
{
	size_t i, kept = 0;

	for (i = 0; i < p->count; i++)
		if (p->records[i].type != RR_CNAME)
			p->records[kept++] = p->records[i];
	if (kept > 0)
		p->count = kept;
}

void
pick_records(const struct conf *conf, const struct zone_member *members, const struct plan *plan, uint32_t service,
    struct pick *p)
{
	const struct conf_service *s = &conf->services[service];
	uint32_t i;

	p->ttl = plan->services[service].suspect ? s->ttl_suspect : s->ttl;
	p->answer = s->answer;
	p->max_answers = s->max_answers;
	p->count = 0;
	for (i = s->first_member; i < s->first_member + s->n_members; i++)
		add_member(conf, members, plan, &conf->members[i], p);
	drop_cnames_beside_others(p);
	sort_and_drop_duplicates(p);
}

/* -- views -- */

/* The client's network: /24 or /56, so that neighbours behind one resolver stay together. */
static uint64_t
client_network(const struct sockaddr *sa)
{
	uint64_t net = 0;

	if (sa->sa_family == AF_INET)
		memcpy(&net, &((const struct sockaddr_in *)(const void *)sa)->sin_addr, 3);
	else if (sa->sa_family == AF_INET6)
		memcpy(&net, &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, 7);
	return net;
}

/* Rendezvous: the highest score wins, so a variant that leaves moves only its own clients. */
static size_t
sticky(const struct variant *v, size_t n, const struct sockaddr *client)
{
	uint64_t net = client_network(client), best_score = 0;
	size_t i, best = 0;

	for (i = 0; i < n; i++) {
		uint8_t text[12];
		uint64_t score;

		memcpy(text, &net, 8);
		memcpy(text + 8, &v[i].weight, 4);
		score = name_hash(text, sizeof text);
		if (i == 0 || score > best_score) {
			best_score = score;
			best = i;
		}
	}
	return best;
}

static size_t
weighted(const struct variant *v, size_t n, uint32_t random)
{
	uint32_t at = (uint32_t)((uint64_t)random * v[n - 1].weight >> 32);
	size_t i = 0;

	while (v[i].weight <= at)
		i++;
	return i;
}

size_t
pick_variant(enum service_answer answer, const struct variant *v, size_t n, const struct view *view)
{
	if (answer == ANSWER_STICKY)
		return sticky(v, n, view->client);
	if (answer == ANSWER_WEIGHTED)
		return weighted(v, n, view->random);
	return (size_t)((uint64_t)view->random * n >> 32);
}
