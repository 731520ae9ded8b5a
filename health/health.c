/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The health process: verdicts change, services are decided, plans go out.
 *
 * What changes in one turn of the event loop is decided at the end of that turn, in
 * on_turn(), and published as one plan: on the board first, so that it outlives us, then
 * to dns. Nothing waits for a timer.
 */
#include <sys/resource.h>

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/link.h"
#include "conf/log.h"
#include "conf/mem.h"
#include "health/changes.h"
#include "health/clock.h"
#include "health/control.h"
#include "health/decide.h"
#include "health/health.h"
#include "health/monitor.h"

#define TICK_MS        500  /* of the board's beat and of aging */
#define FIRST_ROUND_MS 5000 /* then the first plan goes out with what is known */
#define DRAIN_MS       1000 /* retired: for answers to operators to go out */
#define DRAIN_LOOK_MS  10
#define LINES_MAX      20 /* log lines of a kind between two ticks; more become a summary */

/* A target whose verdict changed in this turn. */
struct turned {
	uint32_t target;
	enum verdict_state before;
};

struct health {
	const struct conf *conf;
	struct board *board;
	bool standby;
	const struct board *older; /* standby: of the generation in force */
	uint32_t *match;           /* and which of its targets are ours */
	struct event_base *base;
	struct link *parent;
	struct link *dns; /* NULL: gone, until the parent brings the next */
	struct monitor *monitor;
	struct control *control; /* NULL: not yet, or none */
	int control_fd;
	struct control_view view;

	struct plan *last;   /* in force */
	struct plan *next;   /* being decided; equal to last between turns */
	bool deciding;       /* plans go out */
	uint64_t retired_us; /* 0: not retired */

	uint32_t *target_first; /* by target index: where its services begin in target_services; one more at the end */
	uint32_t *target_services;

	struct turned *turned; /* room for every target */
	size_t n_turned;
	bool *target_marked; /* is among them */
	uint32_t *dirty;     /* services to decide; room for every one */
	size_t n_dirty;
	bool *service_marked;

	size_t target_lines; /* log lines left until the next tick */
	size_t service_lines;
	size_t untold_targets[VERDICT_STATES]; /* changed since the last tick without a line */
	size_t untold_services;

	struct event *turn;
	struct event *tick;
	struct event *first; /* the first round is over, come what may */
	struct event *drain;
};

/* --- telling ---------------------------------------------------------------------------- */

static void
tell_target(const struct health *h, const struct turned *t)
{
	const struct conf_target *target = &h->conf->targets[t->target];
	enum verdict_state now = monitor_verdicts(h->monitor)[t->target];
	char why[256];

	monitor_explain(h->monitor, t->target, t->before, why, sizeof(why));
	log_info("target %s %s: %s, %s", target->text, h->conf->checks[target->check].name, verdict_name(now), why);
}

static void
tell_targets(struct health *h)
{
	const enum verdict_state *verdicts = monitor_verdicts(h->monitor);
	size_t changed = 0, i;

	for (i = 0; i < h->n_turned; i++) {
		h->target_marked[h->turned[i].target] = false;
		if (verdicts[h->turned[i].target] != h->turned[i].before)
			h->turned[changed++] = h->turned[i];
	}
	h->n_turned = 0;
	for (i = 0; i < changed; i++) {
		if (changed <= h->target_lines)
			tell_target(h, &h->turned[i]);
		else
			h->untold_targets[verdicts[h->turned[i].target]]++;
	}
	if (changed <= h->target_lines)
		h->target_lines -= changed;
}

static void
tell_service(const struct health *h, uint32_t service)
{
	char text[640];

	changes_describe(h->conf, service, h->last, h->next, text, sizeof(text));
	log_info("%s: plan %llu: %s", h->conf->services[service].fqdn, (unsigned long long)h->next->number, text);
}

/* A change of nothing but the TTL is no news: its cause was told of the target. */
static void
tell_services(struct health *h, const uint32_t *list, size_t n)
{
	size_t moved = 0, i;

	for (i = 0; i < n; i++)
		moved += changes_serving(h->conf, list[i], h->last, h->next);
	if (moved > h->service_lines) {
		h->untold_services += moved;
		return;
	}
	h->service_lines -= moved;
	for (i = 0; i < n; i++)
		if (changes_serving(h->conf, list[i], h->last, h->next))
			tell_service(h, list[i]);
}

/* When much happens at once: what was not told one by one. Called with each tick. */
static void
tell_untold(struct health *h)
{
	size_t *count = h->untold_targets;
	size_t targets = count[VERDICT_UP] + count[VERDICT_SUSPECT] + count[VERDICT_DOWN] + count[VERDICT_UNKNOWN];

	if (targets > 0)
		log_info("%zu more targets changed: %zu to up, %zu to suspect, %zu to down, %zu to unknown", targets,
		    count[VERDICT_UP], count[VERDICT_SUSPECT], count[VERDICT_DOWN], count[VERDICT_UNKNOWN]);
	if (h->untold_services > 0)
		log_info("plan %llu: %zu more services changed", (unsigned long long)h->last->number,
		    h->untold_services);
	memset(h->untold_targets, 0, sizeof(h->untold_targets));
	h->untold_services = 0;
	h->target_lines = h->service_lines = LINES_MAX;
}

static void
tell_first(const struct health *h)
{
	const enum verdict_state *verdicts = monitor_verdicts(h->monitor);
	unsigned count[VERDICT_STATES] = { 0 };
	size_t i;

	for (i = 0; i < h->conf->n_targets; i++)
		count[verdicts[i]]++;
	log_info("plan %llu: %zu services; %zu targets: %u up, %u suspect, %u down, %u unknown",
	    (unsigned long long)h->next->number, h->conf->n_services, h->conf->n_targets, count[VERDICT_UP],
	    count[VERDICT_SUSPECT], count[VERDICT_DOWN], count[VERDICT_UNKNOWN]);
}

/* --- plans ------------------------------------------------------------------------------ */

static void
send_plan(struct health *h, const struct plan *plan, const uint32_t *list, size_t n, bool whole)
{
	uint8_t packet[PLAN_PACKET_MAX];
	size_t next = 0;

	do {
		size_t len = plan_encode(plan, h->conf, list, n, &next, whole, packet);

		link_send(h->dns, LINK_PLAN, packet, len, -1);
	} while (next < n);
}

static void
send_whole(struct health *h, const struct plan *plan)
{
	uint32_t *all = mem_zero(h->conf->n_services, sizeof(*all));
	uint32_t i;

	for (i = 0; i < h->conf->n_services; i++)
		all[i] = i;
	send_plan(h, plan, all, h->conf->n_services, true);
	free(all);
}

static void
mark_service(struct health *h, uint32_t service)
{
	if (h->service_marked[service])
		return;
	h->service_marked[service] = true;
	h->dirty[h->n_dirty++] = service;
}

static void
mark_all(struct health *h)
{
	uint32_t i;

	for (i = 0; i < h->conf->n_services; i++)
		mark_service(h, i);
}

/* Decide what is marked, into the next plan. Leaves those that changed in dirty; returns how many. */
static size_t
decide_marked(struct health *h)
{
	struct decide_input in = { h->conf, monitor_verdicts(h->monitor), h->last };
	size_t changed = 0, i;

	for (i = 0; i < h->n_dirty; i++) {
		uint32_t s = h->dirty[i];

		h->service_marked[s] = false;
		decide_service(&in, s, &h->next->services[s], &h->next->serving[h->conf->services[s].first_endpoint]);
		if (changes_any(h->conf, s, h->last, h->next))
			h->dirty[changed++] = s;
	}
	h->n_dirty = 0;
	return changed;
}

/*
 * The next plan is in force from now on: number it, write it down, send it, and only then
 * tell the log, which may be slow. list: what changed.
 */
static void
put_in_force(struct health *h, const uint32_t *list, size_t n, bool whole)
{
	size_t i;

	h->next->number = h->last->number + 1;
	h->next->since_ms = clock_unix_ms();
	board_set_plan(h->board, h->conf, h->next, list, n);
	if (whole)
		send_whole(h, h->next);
	else
		send_plan(h, h->next, list, n, false);
	tell_targets(h);
	tell_services(h, list, n);
	for (i = 0; i < n; i++) {
		const struct conf_service *s = &h->conf->services[list[i]];

		h->last->services[s->index] = h->next->services[s->index];
		memcpy(&h->last->serving[s->first_endpoint], &h->next->serving[s->first_endpoint],
		    s->n_endpoints * sizeof(bool));
	}
	h->last->number = h->next->number;
	h->last->since_ms = h->next->since_ms;
}

/* What changed in this turn of the loop is decided here, after everything else of the turn. */
static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct health *h = arg;
	size_t changed;

	(void)fd;
	(void)what;
	if (h->retired_us != 0)
		return;
	changed = h->deciding ? decide_marked(h) : 0;
	if (changed > 0)
		put_in_force(h, h->dirty, changed, false);
	tell_targets(h);
}

static void open_control(struct health *);

/* Begin to decide, with a plan of every service. */
static void
begin_deciding(struct health *h)
{
	size_t changed;

	h->deciding = true;
	mark_all(h);
	changed = decide_marked(h);
	put_in_force(h, h->dirty, changed, true);
	tell_first(h);
	open_control(h);
}

/* In the place of one that died: its plan goes on, and only what is known better changes it. */
static void
carry_on(struct health *h)
{
	h->deciding = true;
	log_info("plan %llu goes on", (unsigned long long)h->last->number);
	send_whole(h, h->last);
	open_control(h);
	mark_all(h);
	event_active(h->turn, EV_TIMEOUT, 0);
}

static void
first_round_over(struct health *h)
{
	if (!h->view.first_round)
		return;
	h->view.first_round = false;
	event_del(h->first);
	if (h->deciding)
		return;
	if (!h->standby)
		begin_deciding(h);
	link_send(h->parent, LINK_READY, NULL, 0, -1);
}

static void
on_first(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	first_round_over(arg);
}

/* --- verdicts --------------------------------------------------------------------------- */

static void
on_changed(void *arg, uint32_t target, enum verdict_state before)
{
	struct health *h = arg;
	uint32_t i;

	if (!h->target_marked[target]) {
		h->target_marked[target] = true;
		h->turned[h->n_turned++] = (struct turned){ target, before };
	}
	for (i = h->target_first[target]; i < h->target_first[target + 1]; i++)
		mark_service(h, h->target_services[i]);
	event_active(h->turn, EV_TIMEOUT, 0);
	if (h->view.first_round && monitor_settled(h->monitor))
		event_active(h->first, EV_TIMEOUT, 0);
}

/* From each target to the services of its endpoints. */
static void
index_services(struct health *h)
{
	const struct conf *conf = h->conf;
	uint32_t *at = mem_zero(conf->n_targets + 1, sizeof(*at));
	size_t i;

	h->target_first = mem_zero(conf->n_targets + 2, sizeof(*h->target_first));
	h->target_services = mem_zero(conf->n_endpoints, sizeof(*h->target_services));
	for (i = 0; i < conf->n_endpoints; i++)
		if (conf->endpoints[i].target != CONF_NO_TARGET)
			h->target_first[conf->endpoints[i].target + 1]++;
	for (i = 0; i < conf->n_targets; i++) {
		h->target_first[i + 1] += h->target_first[i];
		at[i] = h->target_first[i];
	}
	for (i = 0; i < conf->n_endpoints; i++)
		if (conf->endpoints[i].target != CONF_NO_TARGET)
			h->target_services[at[conf->endpoints[i].target]++] = conf->endpoints[i].service;
	free(at);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct health *h = arg;

	(void)fd;
	(void)what;
	board_beat(h->board, clock_us() / 1000);
	if (h->retired_us != 0)
		return;
	monitor_age(h->monitor);
	tell_untold(h);
}

/* --- the other processes, and operators ------------------------------------------------- */

static void
on_ask(void *arg, enum control_deed deed)
{
	struct health *h = arg;

	link_send(h->parent, deed == CONTROL_STOP ? LINK_STOP : LINK_RELOAD, NULL, 0, -1);
}

static void
open_control(struct health *h)
{
	if (h->control == NULL && h->control_fd != -1)
		h->control = control_new(h->base, h->control_fd, &h->view, on_ask, h);
}

static void
activate(struct health *h)
{
	if (h->deciding || h->retired_us != 0 || !h->standby)
		return;
	/* The parent has raised the number over that of the generation before. */
	board_plan(h->board, h->conf, h->last);
	board_plan(h->board, h->conf, h->next);
	h->standby = false;
	monitor_catch_up(h->monitor, h->older, h->match);
	begin_deciding(h);
	link_send(h->parent, LINK_ACTIVE, NULL, 0, -1);
}

static void
on_drain(evutil_socket_t fd, short what, void *arg)
{
	struct health *h = arg;

	(void)fd;
	(void)what;
	if ((control_drained(h->control) && link_drained(h->parent)) || clock_us() - h->retired_us > DRAIN_MS * 1000)
		event_base_loopbreak(h->base);
}

static void
retire(struct health *h)
{
	struct timeval look = { .tv_usec = DRAIN_LOOK_MS * 1000 };

	if (h->retired_us != 0)
		return;
	h->retired_us = clock_us();
	h->deciding = false;
	monitor_free(h->monitor);
	h->monitor = NULL;
	event_del(h->first);
	control_retire(h->control);
	event_add(h->drain, &look);
	event_active(h->drain, EV_TIMEOUT, 0);
}

static void
on_dns_message(void *arg, enum link_type type, const uint8_t *payload, size_t len, int fd)
{
	(void)arg;
	(void)payload;
	(void)len;
	if (fd != -1)
		close(fd);
	log_debug("dns said %d, which is not for us", (int)type);
}

static void
on_dns_closed(void *arg)
{
	struct health *h = arg;

	h->dns = NULL;
}

static void
meet_dns(struct health *h, int fd)
{
	link_free(h->dns);
	h->dns = link_new(h->base, fd, on_dns_message, on_dns_closed, h);
	if (h->deciding)
		send_whole(h, h->last);
}

static void
reloaded(struct health *h, const uint8_t *payload, size_t len)
{
	if (len > 0)
		control_reloaded(h->control, payload[0] == 1, (const char *)payload + 1, len - 1);
}

static void
on_parent_message(void *arg, enum link_type type, const uint8_t *payload, size_t len, int fd)
{
	struct health *h = arg;

	switch (type) {
	case LINK_ACTIVATE:
		activate(h);
		break;
	case LINK_RETIRE:
		retire(h);
		break;
	case LINK_PEER:
		if (fd != -1)
			meet_dns(h, fd);
		return; /* the descriptor is the link's now */
	case LINK_RELOADED:
		reloaded(h, payload, len);
		break;
	default:
		log_debug("the parent said %d, which is not for us", (int)type);
	}
	if (fd != -1)
		close(fd);
}

/* Without the parent there is nobody to retire us. */
static void
on_parent_closed(void *arg)
{
	struct health *h = arg;

	h->parent = NULL;
	event_base_loopbreak(h->base);
}

/* --- from beginning to end -------------------------------------------------------------- */

/* Each probe needs a descriptor, and the usual soft limit is for those who use select(). */
static void
raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1) {
		log_warn("limit of descriptors");
		return;
	}
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
		log_warn("limit of descriptors");
}

static struct event_base *
new_base(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base;

	if (config == NULL ||
	    event_config_set_max_dispatch_interval(config, NULL, MONITOR_STARTS_MAX, MONITOR_START_PRIORITY) != 0)
		fatalx("no event loop");
	base = event_base_new_with_config(config);
	event_config_free(config);
	if (base == NULL || event_base_priority_init(base, MONITOR_PRIORITIES) != 0)
		fatalx("no event loop");
	return base;
}

static struct event *
new_event(struct health *h, short what, event_callback_fn fn)
{
	struct event *event = event_new(h->base, -1, what, fn, h);

	if (event == NULL)
		fatalx("no memory for an event");
	return event;
}

static void
set_up(struct health *h, const struct health_start *start)
{
	const struct conf *conf = start->conf;
	struct timeval tick = { .tv_usec = TICK_MS * 1000 };
	struct timeval first = { .tv_sec = FIRST_ROUND_MS / 1000 };

	h->conf = conf;
	h->board = start->board;
	h->standby = start->standby;
	if (h->standby) {
		h->older = start->older_board;
		h->match = board_match(conf, start->older_conf);
	}
	h->target_lines = h->service_lines = LINES_MAX;
	h->control_fd = start->control_fd;
	h->base = new_base();
	h->last = plan_new(conf);
	h->next = plan_new(conf);
	board_plan(h->board, conf, h->last);
	board_plan(h->board, conf, h->next);
	h->view =
	    (struct control_view){ conf, h->board, start->counters, h->last, start->generation, clock_us(), true };
	h->turned = mem_zero(conf->n_targets, sizeof(*h->turned));
	h->target_marked = mem_zero(conf->n_targets, sizeof(*h->target_marked));
	h->dirty = mem_zero(conf->n_services, sizeof(*h->dirty));
	h->service_marked = mem_zero(conf->n_services, sizeof(*h->service_marked));
	index_services(h);
	h->turn = new_event(h, 0, on_turn);
	h->first = new_event(h, 0, on_first);
	h->drain = new_event(h, EV_PERSIST, on_drain);
	h->tick = new_event(h, EV_PERSIST, on_tick);
	event_add(h->tick, &tick);
	event_add(h->first, &first);
	h->parent = link_new(h->base, start->parent_fd, on_parent_message, on_parent_closed, h);
	h->dns = link_new(h->base, start->dns_fd, on_dns_message, on_dns_closed, h);
	h->monitor = monitor_new(h->base, conf, h->board, on_changed, h);
}

static void
begin(struct health *h)
{
	board_beat(h->board, clock_us() / 1000);
	if (h->last->number > 0 && !h->standby) {
		carry_on(h);
		link_send(h->parent, LINK_READY, NULL, 0, -1);
	} else if (!h->standby) {
		open_control(h);
	}
	if (monitor_settled(h->monitor))
		event_active(h->first, EV_TIMEOUT, 0);
}

static void
tear_down(struct health *h)
{
	monitor_free(h->monitor);
	control_free(h->control);
	link_free(h->dns);
	link_free(h->parent);
	event_free(h->turn);
	event_free(h->first);
	event_free(h->drain);
	event_free(h->tick);
	event_base_free(h->base);
	plan_free(h->last);
	plan_free(h->next);
	free(h->match);
	free(h->target_first);
	free(h->target_services);
	free(h->turned);
	free(h->target_marked);
	free(h->dirty);
	free(h->service_marked);
}

_Noreturn void
health_main(const struct health_start *start)
{
	struct health h = { 0 };

	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN); /* from a terminal: the parent gets it too, and retires us */
	signal(SIGHUP, SIG_IGN);
	raise_descriptors();
	set_up(&h, start);
	begin(&h);
	event_base_dispatch(h.base);
	tear_down(&h);
	exit(0);
}
