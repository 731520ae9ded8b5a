/* SPDX-License-Identifier: BSD-2-Clause */
/* Inspect: see inspect.h. Runs in the workers, so it formats on the stack and takes no lock. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "conf/mem.h"
#include "dnsd/inspect.h"
#include "zones/rr.h"

#define LINE_MAX_LEN	256
#define TIME_LEN	24
#define HEALTH_LABEL	8		/* octets of the label _health */
#define BEAT_OLD_MS	3000		/* the health process beats twice a second */

struct shown_service {			/* what is published now */
	_Atomic uint8_t		reason;
	_Atomic uint8_t		tier;
	_Atomic bool		suspect;
};

struct inspect {
	const struct conf	*conf;
	const struct table	*table;
	const struct board	*board;
	unsigned		 generation;
	_Atomic uint64_t	 plan_number;
	_Atomic uint64_t	 plan_since_ms;
	struct shown_service	*services;
	_Atomic bool		*serving;	/* by endpoint index */
};

struct inspect *
inspect_new(const struct conf *conf, const struct table *table, const struct board *board, unsigned generation)
{
	struct inspect *in = mem_zero(1, sizeof *in);

	in->conf = conf;
	in->table = table;
	in->board = board;
	in->generation = generation;
	in->services = mem_zero(conf->n_services + 1, sizeof *in->services);
	in->serving = mem_zero(conf->n_endpoints + 1, sizeof *in->serving);
	return in;
}

void
inspect_free(struct inspect *in)
{
	if (in == NULL)
		return;
	free(in->services);
	free(in->serving);
	free(in);
}

void
inspect_publish(struct inspect *in, const struct plan *plan, const uint32_t *list, size_t n)
{
	size_t i;
	uint32_t e;

	for (i = 0; i < n; i++) {
		const struct conf_service *s = &in->conf->services[list[i]];
		const struct plan_service *p = &plan->services[list[i]];

		in->services[list[i]].reason = (uint8_t)p->reason;
		in->services[list[i]].tier = (uint8_t)p->tier;
		in->services[list[i]].suspect = p->suspect;
		for (e = s->first_endpoint; e < s->first_endpoint + s->n_endpoints; e++)
			in->serving[e] = plan->serving[e];
	}
	in->plan_since_ms = plan->since_ms;
	in->plan_number = plan->number;
}

/* -- words -- */

static uint64_t
clock_ms(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* RFC 3339, UTC. Days to date by hand: gmtime_r() takes a lock. */
static const char *
time_text(uint64_t unix_ms, char text[TIME_LEN])
{
	uint64_t s = unix_ms / 1000 % 253402300800u, days = s / 86400, era_day, year_of_era, day_of_year, month;
	uint64_t year;

	days += 719468; /* from 0000-03-01 on, so that a leap day ends its year */
	era_day = days % 146097;
	year_of_era = (era_day - era_day / 1460 + era_day / 36524 - era_day / 146096) / 365;
	day_of_year = era_day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	month = (5 * day_of_year + 2) / 153;
	year = days / 146097 * 400 + year_of_era + (month >= 10);
	snprintf(text, TIME_LEN, "%04u-%02u-%02uT%02u:%02u:%02uZ", (unsigned)year % 10000u,
	    (unsigned)(month < 10 ? month + 3 : month - 9) % 100u,
	    (unsigned)(day_of_year - (153 * month + 2) / 5 + 1) % 100u, (unsigned)(s / 3600 % 24),
	    (unsigned)(s / 60 % 60), (unsigned)(s % 60));
	return text;
}

/* "down since 2026-01-02T03:04:05Z, connection refused" */
static void
verdict_text(const struct inspect *in, const struct conf_endpoint *e, char *text, size_t room)
{
	struct board_target t;
	char since[TIME_LEN], number[16] = "";

	if (e->target == CONF_NO_TARGET) {
		snprintf(text, room, "not probed");
		return;
	}
	t = board_target(in->board, e->target);
	if (t.outcome == OUTCOME_NONE) {
		snprintf(text, room, "unknown, not probed yet");
		return;
	}
	if (t.number)
		snprintf(number, sizeof number, " %u", t.number);
	snprintf(text, room, "%s since %s, %s%s", verdict_name(t.state), time_text(t.since_ms, since),
	    outcome_row(t.outcome)->phrase, number);
}

static void
add_endpoint(const struct inspect *in, const struct conf_endpoint *e, struct reply_texts *texts)
{
	const struct conf_member *m = &in->conf->members[e->member];
	char verdict[128], line[LINE_MAX_LEN];

	verdict_text(in, e, verdict, sizeof verdict);
	snprintf(line, sizeof line, "%.63s tier %u %.60s: %.100s; %s", in->conf->providers[m->provider].name, m->tier,
	    e->text, verdict, in->serving[e->index] ? "serves" : "does not serve");
	reply_text_add(texts, line);
}

static size_t
service_reply(const struct inspect *in, struct reply *r, uint32_t service)
{
	const struct conf_service *s = &in->conf->services[service];
	struct reply_texts texts;
	uint32_t i;

	reply_text_begin(&texts, r);
	for (i = s->first_endpoint; i < s->first_endpoint + s->n_endpoints; i++)
		add_endpoint(in, &in->conf->endpoints[i], &texts);
	return reply_text_end(&texts);
}

/* -- class CH -- */

typedef size_t (*ch_fn)(const struct inspect *in, struct reply *r);

static size_t
one_text(struct reply *r, const char *text)
{
	struct reply_texts texts;

	reply_text_begin(&texts, r);
	reply_text_add(&texts, text);
	return reply_text_end(&texts);
}

static size_t
version_reply(const struct inspect *in, struct reply *r)
{
	return in->conf->server.hide_version ? 0 : one_text(r, "relevod " RELEVO_VERSION);
}

static size_t
identity_reply(const struct inspect *in, struct reply *r)
{
	return in->conf->server.identity ? one_text(r, in->conf->server.identity) : 0;
}

static size_t
plan_reply(const struct inspect *in, struct reply *r)
{
	uint64_t number = in->plan_number, since = in->plan_since_ms, now = clock_ms(CLOCK_REALTIME);
	uint64_t beat = board_last_beat(in->board), mono = clock_ms(CLOCK_MONOTONIC);
	const char *mode = number == 0 ? "first round of probes" : "normal";
	char line[LINE_MAX_LEN], when[TIME_LEN];

	if (beat == 0 || (mono > beat && mono - beat > BEAT_OLD_MS))
		mode = "the health process is silent, the last plan stays";
	if (number == 0)
		snprintf(line, sizeof line, "plan 0, %s, generation %u", mode, in->generation);
	else
		snprintf(line, sizeof line, "plan %llu since %s, age %llus, %s, generation %u",
		    (unsigned long long)number, time_text(since, when),
		    (unsigned long long)(now > since ? (now - since) / 1000 : 0), mode, in->generation);
	return one_text(r, line);
}

struct provider_count {
	unsigned	verdict[VERDICT_STATES];
	unsigned	members;
	unsigned	serving;
};

static void
count_member(const struct inspect *in, const struct conf_member *m, struct provider_count *count)
{
	bool serves = false;
	uint32_t i;

	for (i = m->first_endpoint; i < m->first_endpoint + m->n_endpoints; i++) {
		const struct conf_endpoint *e = &in->conf->endpoints[i];

		serves |= in->serving[i];
		if (e->target != CONF_NO_TARGET)
			count->verdict[board_target(in->board, e->target).state]++;
	}
	count->members++;
	count->serving += serves;
}

static size_t
providers_reply(const struct inspect *in, struct reply *r)
{
	struct reply_texts texts;
	size_t p, m;

	reply_text_begin(&texts, r);
	for (p = 0; p < in->conf->n_providers; p++) {
		struct provider_count count = { 0 };
		char line[LINE_MAX_LEN];

		for (m = 0; m < in->conf->n_members; m++)
			if (in->conf->members[m].provider == p)
				count_member(in, &in->conf->members[m], &count);
		snprintf(line, sizeof line,
		    "%.63s (%.63s): addresses %u up, %u suspect, %u down, %u unknown; serves in %u of %u",
		    in->conf->providers[p].name, in->conf->providers[p].label, count.verdict[VERDICT_UP],
		    count.verdict[VERDICT_SUSPECT], count.verdict[VERDICT_DOWN], count.verdict[VERDICT_UNKNOWN],
		    count.serving, count.members);
		reply_text_add(&texts, line);
	}
	return reply_text_end(&texts);
}

static const struct ch_name {
	const char	*name;		/* wire format */
	size_t		 len;
	ch_fn		 reply;
	bool		 for_all;	/* not for operators alone */
} ch_names[] = {
	{ "\7version\4bind", 14, version_reply, true },
	{ "\7version\6server", 16, version_reply, true },
	{ "\2id\6server", 11, identity_reply, true },
	{ "\10hostname\4bind", 15, identity_reply, true },
	{ "\4plan\6relevo", 13, plan_reply, false },
	{ "\11providers\6relevo", 18, providers_reply, false },
};

static bool
is_operator(const struct inspect *in, const struct sockaddr *client)
{
	return conf_net_match(in->conf->server.operators, in->conf->server.n_operators, client);
}

static size_t
ch_reply(const struct inspect *in, struct reply *r, const struct sockaddr *client)
{
	const struct question *q = &r->query->question;
	bool may_look = is_operator(in, client);
	const struct conf_zone *zone;
	uint32_t service;
	size_t i;

	for (i = 0; i < sizeof ch_names / sizeof ch_names[0]; i++)
		if (q->len == ch_names[i].len && memcmp(q->name, ch_names[i].name, q->len) == 0)
			return may_look || ch_names[i].for_all ? ch_names[i].reply(in, r) : 0;
	service = may_look ? table_service(in->table, q->name, q->len, &zone) : ZONE_NO_SERVICE;
	return service == ZONE_NO_SERVICE ? 0 : service_reply(in, r, service);
}

/* -- _health.SERVICE -- */

static size_t
health_reply(const struct inspect *in, struct reply *r, const struct sockaddr *client)
{
	const struct question *q = &r->query->question;
	const struct conf_zone *zone;
	uint32_t service = table_service(in->table, q->name + HEALTH_LABEL, q->len - HEALTH_LABEL, &zone);

	if (service == ZONE_NO_SERVICE || zone->health == HEALTH_OFF)
		return 0;
	if (zone->health == HEALTH_OPERATORS && !is_operator(in, client))
		return 0;
	if (q->type != RR_TXT && q->type != RR_ANY)
		return reply_answer(r, table_nodata(in->table, zone));
	return service_reply(in, r, service);
}

size_t
inspect_reply(const struct inspect *in, struct reply *r, const struct sockaddr *client)
{
	uint16_t type = r->query->question.type;

	if (r->query->class == RR_CLASS_IN)
		return health_reply(in, r, client);
	if (type != RR_TXT && type != RR_ANY)
		return 0;
	return ch_reply(in, r, client);
}
