/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The dns process: see dns.h. The main thread owns the links, the plan and publishing;
 * the workers only read.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "conf/link.h"
#include "conf/log.h"
#include "conf/mem.h"
#include "conf/plan.h"
#include "dnsd/dns.h"
#include "dnsd/inspect.h"
#include "dnsd/serve.h"
#include "dnsd/tcp.h"
#include "dnsd/udp.h"

struct dns {
	const struct dns_start	 *start;
	struct event_base	 *base;
	struct link		 *parent;
	struct link		 *health;
	struct plan		 *plan;		/* what is published */
	uint32_t		 *touched;	/* room for every service */
	struct inspect		 *inspect;
	unsigned		  n_threads;	/* counter blocks given out */
	struct udp_worker	**udp;		/* empty before LINK_SERVE */
	size_t			  n_udp;
	struct tcp_worker	**tcp;
	size_t			  n_tcp;
};

/* -- the plan -- */

static void
publish(struct dns *d, const uint32_t *list, size_t n)
{
	table_publish(d->start->table, d->plan, list, n);
	inspect_publish(d->inspect, d->plan, list, n);
}

/* The board's plan, or plan 0: what is said until health says more. */
static void
publish_first(struct dns *d)
{
	const struct conf *conf = d->start->conf;
	uint32_t i;

	board_plan(d->start->board, conf, d->plan);
	for (i = 0; i < conf->n_services; i++)
		d->touched[i] = i;
	publish(d, d->touched, conf->n_services);
}

static void
take_plan(struct dns *d, const uint8_t *packet, size_t len)
{
	const char *why;
	int n = plan_decode(d->plan, d->start->conf, packet, len, d->touched, &why);

	if (n < 0)
		log_warnx("a plan is refused: %s; plan %llu stays", why, (unsigned long long)d->plan->number);
	else
		publish(d, d->touched, (size_t)n);
}

/* -- workers -- */

static struct serve
next_serve(struct dns *d)
{
	const struct dns_start *start = d->start;
	struct serve s;

	serve_init(&s, start->conf, start->table, d->inspect,
	    counters_block(start->counters, start->generation, d->n_threads++));
	return s;
}

static void
start_udp(struct dns *d, const struct listener *l, unsigned workers)
{
	unsigned w;

	for (w = 0; w < workers; w++) {
		struct serve s = next_serve(d);

		d->udp[d->n_udp++] = udp_start(l->udp[w], l->wildcard, &s);
	}
}

static void
start_tcp(struct dns *d, const struct listeners *l, unsigned w)
{
	const struct conf_server *conf = &d->start->conf->server;
	struct serve s = next_serve(d);
	int *fds = mem_zero(l->n, sizeof *fds);
	size_t i;

	for (i = 0; i < l->n; i++)
		fds[i] = l->list[i].tcp[w];
	d->tcp[d->n_tcp++] =
	    tcp_start(fds, l->n, (conf->tcp_clients + l->workers - 1) / l->workers, conf->tcp_idle_ms, &s);
	free(fds);
}

static void
start_workers(struct dns *d)
{
	const struct listeners *l = d->start->listeners;
	unsigned w;
	size_t i;

	if (d->udp)
		return;
	udp_init();
	d->udp = mem_zero(l->n * l->workers, sizeof *d->udp);
	d->tcp = mem_zero(l->workers, sizeof *d->tcp);
	for (i = 0; i < l->n; i++)
		start_udp(d, &l->list[i], l->workers);
	for (w = 0; w < l->workers; w++)
		start_tcp(d, l, w);
}

/* Every query that this process has taken from a socket is answered before it ends. */
_Noreturn static void
retire(struct dns *d)
{
	size_t i;

	for (i = 0; i < d->n_udp; i++)
		udp_stop(d->udp[i]);
	for (i = 0; i < d->n_tcp; i++)
		tcp_stop(d->tcp[i]);
	for (i = 0; i < d->n_udp; i++)
		udp_join(d->udp[i]);
	link_send(d->parent, LINK_RETIRED, NULL, 0, -1);
	for (i = 0; i < d->n_tcp; i++)
		tcp_join(d->tcp[i]);
	_exit(0);
}

/* -- links -- */

static void
on_health_closed(void *arg)
{
	struct dns *d = arg;

	d->health = NULL; /* the last plan stays; the parent sends a new link */
}

static void
on_health_message(void *arg, enum link_type type, const uint8_t *payload, size_t len, int fd)
{
	if (fd >= 0)
		close(fd);
	if (type == LINK_PLAN)
		take_plan(arg, payload, len);
}

static void
set_health(struct dns *d, int fd)
{
	link_free(d->health);
	d->health = link_new(d->base, fd, on_health_message, on_health_closed, d);
}

static void
on_parent_closed(void *arg)
{
	(void)arg;
	log_warnx("the parent process is gone");
	_exit(1);
}

static void
on_parent_message(void *arg, enum link_type type, const uint8_t *payload, size_t len, int fd)
{
	struct dns *d = arg;

	(void)payload;
	(void)len;
	switch (type) {
	case LINK_SERVE:
		link_poll(d->health); /* the plan was sent before the parent said so */
		start_workers(d);
		link_send(d->parent, LINK_SERVING, NULL, 0, -1);
		break;
	case LINK_PEER:
		set_health(d, fd);
		return;
	case LINK_RETIRE:
		retire(d);
	default:
		break;
	}
	if (fd >= 0)
		close(fd);
}

void
dns_main(const struct dns_start *start)
{
	struct dns d = { .start = start };

	d.base = event_base_new();
	if (d.base == NULL)
		fatalx("no event loop");
	d.plan = plan_new(start->conf);
	d.touched = mem_zero(start->conf->n_services + 1, sizeof *d.touched);
	d.inspect = inspect_new(start->conf, start->table, start->board, start->generation);
	table_thread_begin();
	publish_first(&d);
	d.parent = link_new(d.base, start->parent_fd, on_parent_message, on_parent_closed, &d);
	set_health(&d, start->health_fd);
	link_send(d.parent, LINK_READY, NULL, 0, -1);
	event_base_loop(d.base, EVLOOP_NO_EXIT_ON_EMPTY);
	fatalx("the event loop ended");
}
