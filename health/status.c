/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Status: everything comes from the configuration, the board and the plan in force.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "conf/mem.h"
#include "health/clock.h"
#include "health/control.h"
#include "health/status.h"

/* RFC 3339 in UTC; null for never. */
static json_t *
time_json(uint64_t unix_ms)
{
	time_t seconds = (time_t)(unix_ms / 1000);
	struct tm tm;
	char text[64];
	size_t len;

	if (unix_ms == 0 || gmtime_r(&seconds, &tm) == NULL)
		return json_null();
	len = strftime(text, sizeof(text) - 8, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + len, sizeof(text) - len, ".%03uZ", (unsigned)(unix_ms % 1000));
	return json_string(text);
}

/* A text of the operator's; what is not UTF-8 is no JSON. */
static json_t *
text_json(const char *text)
{
	json_t *string = json_string(text);

	return string != NULL ? string : json_string("(not UTF-8)");
}

/* Oldest first: "++-+". */
static json_t *
history_json(const struct board_target *t)
{
	char text[65];
	unsigned i;

	for (i = 0; i < t->seen; i++)
		text[i] = t->history >> (t->seen - 1 - i) & 1 ? '+' : '-';
	text[t->seen] = '\0';
	return json_string(text);
}

static json_t *
age_json(uint64_t then_ms, uint64_t now_ms)
{
	if (then_ms == 0 || then_ms > now_ms)
		return json_null();
	return json_integer((json_int_t)(now_ms - then_ms));
}

static json_t *
target_json(const struct control_view *view, const struct conf_target *target, uint64_t now_ms)
{
	struct board_target t = board_target(view->board, target->index);
	const struct outcome_row *outcome = outcome_row(t.outcome);
	json_t *o = json_object();

	json_object_set_new(o, "check", text_json(view->conf->checks[target->check].name));
	json_object_set_new(o, "address", text_json(target->text));
	json_object_set_new(o, "verdict", json_string(verdict_name(t.state)));
	json_object_set_new(o, "since", time_json(t.since_ms));
	json_object_set_new(o, "outcome", json_string(outcome->code));
	json_object_set_new(o, "phrase", json_string(outcome->phrase));
	json_object_set_new(o, "number", json_integer(t.number));
	json_object_set_new(o, "streak", json_integer(t.streak));
	json_object_set_new(o, "latency_ms", t.latency_us > 0 ? json_real(t.latency_us / 1000.0) : json_null());
	json_object_set_new(o, "age_ms", age_json(t.probed_ms, now_ms));
	json_object_set_new(o, "history", history_json(&t));
	return o;
}

static json_t *
targets_json(const struct control_view *view)
{
	uint64_t now_ms = clock_us() / 1000;
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < view->conf->n_targets; i++)
		json_array_append_new(list, target_json(view, &view->conf->targets[i], now_ms));
	return list;
}

static json_t *
verdict_json(const struct control_view *view, const struct conf_endpoint *e)
{
	if (e->target == CONF_NO_TARGET)
		return json_null();
	return json_string(verdict_name(board_target(view->board, e->target).state));
}

static json_t *
member_json(const struct control_view *view, const struct conf_endpoint *e)
{
	const struct conf_member *m = &view->conf->members[e->member];
	json_t *o = json_object();

	json_object_set_new(o, "provider", text_json(view->conf->providers[m->provider].name));
	json_object_set_new(o, "tier", json_integer(m->tier));
	json_object_set_new(o, "address", text_json(e->text));
	json_object_set_new(o, "verdict", verdict_json(view, e));
	json_object_set_new(o, "serving", json_boolean(view->plan->serving[e->index]));
	return o;
}

static json_t *
service_json(const struct control_view *view, const struct conf_service *s)
{
	const struct plan_service *ps = &view->plan->services[s->index];
	json_t *members = json_array();
	json_t *o = json_object();
	uint32_t i;

	for (i = 0; i < s->n_endpoints; i++)
		json_array_append_new(members, member_json(view, &view->conf->endpoints[s->first_endpoint + i]));
	json_object_set_new(o, "name", text_json(s->fqdn));
	json_object_set_new(o, "zone", text_json(view->conf->zones[s->zone].name));
	json_object_set_new(o, "ttl", json_integer(ps->suspect ? s->ttl_suspect : s->ttl));
	json_object_set_new(o, "suspect", json_boolean(ps->suspect));
	json_object_set_new(o, "reason", json_string(plan_reason_name(ps->reason)));
	json_object_set_new(o, "tier", json_integer(ps->tier));
	json_object_set_new(o, "members", members);
	return o;
}

static json_t *
services_json(const struct control_view *view)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < view->conf->n_services; i++)
		json_array_append_new(list, service_json(view, &view->conf->services[i]));
	return list;
}

/* What of a provider is in use and how it is, counted by endpoints. */
struct tally {
	unsigned endpoints;
	unsigned serving;
	unsigned verdicts[VERDICT_STATES];
};

static json_t *
provider_json(const struct conf_provider *p, const struct tally *tally)
{
	json_t *o = json_object();
	unsigned v;

	json_object_set_new(o, "name", text_json(p->name));
	json_object_set_new(o, "label", text_json(p->label));
	json_object_set_new(o, "members", json_integer(tally->endpoints));
	json_object_set_new(o, "serving", json_integer(tally->serving));
	for (v = 0; v < VERDICT_STATES; v++)
		json_object_set_new(o, verdict_name((enum verdict_state)v), json_integer(tally->verdicts[v]));
	return o;
}

static json_t *
providers_json(const struct control_view *view)
{
	const struct conf *conf = view->conf;
	struct tally *tallies = mem_zero(conf->n_providers, sizeof(*tallies));
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < conf->n_endpoints; i++) {
		const struct conf_endpoint *e = &conf->endpoints[i];
		struct tally *tally = &tallies[conf->members[e->member].provider];

		tally->endpoints++;
		tally->serving += view->plan->serving[i];
		if (e->target != CONF_NO_TARGET)
			tally->verdicts[board_target(view->board, e->target).state]++;
	}
	for (i = 0; i < conf->n_providers; i++)
		json_array_append_new(list, provider_json(&conf->providers[i], &tallies[i]));
	free(tallies);
	return list;
}

static json_t *
plan_json(const struct plan *plan)
{
	uint64_t now_ms = clock_unix_ms();
	json_t *o = json_object();

	json_object_set_new(o, "number", json_integer((json_int_t)plan->number));
	json_object_set_new(o, "since", time_json(plan->since_ms));
	json_object_set_new(o, "age_s",
	    plan->since_ms == 0 || plan->since_ms > now_ms
		? json_null()
		: json_integer((json_int_t)((now_ms - plan->since_ms) / 1000)));
	return o;
}

static json_t *
counters_json(const struct counters *counters)
{
	json_t *o = json_object();
	unsigned i;

	for (i = 0; i < COUNTER_COUNT; i++)
		json_object_set_new(o, counter_row((enum counter)i)->name,
		    json_integer((json_int_t)counters_sum(counters, (enum counter)i)));
	return o;
}

json_t *
status_json(const struct control_view *view)
{
	json_t *o = json_object();

	json_object_set_new(o, "ok", json_true());
	json_object_set_new(o, "version", json_string(RELEVO_VERSION));
	json_object_set_new(o, "generation", json_integer(view->generation));
	json_object_set_new(o, "pid", json_integer(getpid()));
	json_object_set_new(o, "uptime_s", json_integer((json_int_t)((clock_us() - view->started_us) / 1000000)));
	json_object_set_new(o, "round", json_string(view->first_round ? "first" : "regular"));
	json_object_set_new(o, "plan", plan_json(view->plan));
	json_object_set_new(o, "providers", providers_json(view));
	json_object_set_new(o, "services", services_json(view));
	json_object_set_new(o, "targets", targets_json(view));
	json_object_set_new(o, "counters", counters_json(view->counters));
	return o;
}
