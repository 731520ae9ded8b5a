/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parent: see parent.h.
 *
 * A reload goes through these steps; whatever fails before the switch leaves the
 * current generation as it was:
 *
 *   trial      a forked process reads the files, so that nothing in them can hurt us
 *   making     the parent reads them, forks dns and health; both get ready
 *   switching  health of the old one ends, the new one decides and sends its plan,
 *              then the new dns reads the sockets, then the old dns ends
 */
#include <sys/wait.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "conf/counters.h"
#include "conf/link.h"
#include "conf/log.h"
#include "conf/mem.h"
#include "dnsd/child.h"
#include "dnsd/dns.h"
#include "dnsd/generation.h"
#include "dnsd/parent.h"
#include "dnsd/trial.h"
#include "health/health.h"

#define READY_S		30	/* a new generation has so long to get ready */
#define ACTIVE_S	1	/* a new health process has so long to send its plan */
#define RETIRE_S	10	/* an old child has so long to end */
#define QUICK_DEATH_MS	1000	/* a child that lives shorter is started again after a pause */
#define PAUSE_MIN_MS	100
#define PAUSE_MAX_MS	5000
#define BEAT_LOST_MS	10000	/* a health process that is silent for so long is ended */

struct parent {
	const char		*file;
	struct event_base	*base;
	struct counters		*counters;
	struct generation	*current;
	struct generation	*next;		/* being made; NULL: no reload is under way */
	struct generation	*old;		/* ending; NULL: none */
	struct event		*timer;		/* of making, then of switching */
	struct event		*old_timer;
	struct event		*watch;
	struct event		*signals[4];
	struct trial		*trial;		/* NULL: none */
	bool			 reload_again;	/* asked for while one is under way */
	bool			 stopping;
};

static void start_dns(struct parent *p, struct generation *g);
static void start_health(struct parent *p, struct generation *g, bool standby);
static void start_later(struct parent *p, struct child *c, uint64_t pause_ms);
static void reload(struct parent *p);

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void
arm(struct event *timer, uint64_t ms)
{
	event_add(timer, &(struct timeval){ (time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000) });
}

static struct event *
new_timer(struct parent *p, event_callback_fn fn, void *arg)
{
	struct event *e = evtimer_new(p->base, fn, arg);

	if (e == NULL)
		fatalx("no memory for events");
	return e;
}

/* -- reload: its end -- */

/* Tell whoever asked, through the health process that was asked. */
static void
tell(const struct child *health, bool good, const char *text)
{
	size_t len = strnlen(text, LINK_PAYLOAD_MAX - 1);
	uint8_t *message = mem_alloc(1 + len);

	message[0] = good;
	memcpy(message + 1, text, len);
	link_send(health->link, LINK_RELOADED, message, 1 + len, -1);
	free(message);
}

/* Over, well or not: a reload asked for meanwhile begins. */
static void
reload_over(struct parent *p)
{
	if (!p->reload_again || p->stopping)
		return;
	p->reload_again = false;
	reload(p);
}

static void
end_child(struct child *c)
{
	if (c->pid > 0)
		kill(c->pid, SIGKILL);
}

/* What the parent has of a child; before its generation is freed. */
static void
let_go(struct child *c)
{
	link_free(c->link);
	c->link = NULL;
	if (c->again)
		event_free(c->again);
	c->again = NULL;
}

static void
refuse_next(struct parent *p, const char *why)
{
	struct generation *g = p->next;

	log_warnx("reload refused: %s; generation %u goes on", why, p->current->number);
	tell(&p->current->health, false, why);
	p->next = NULL;
	event_del(p->timer);
	end_child(&g->dns); /* reaped as strangers: nothing of the generation is theirs alone */
	end_child(&g->health);
	let_go(&g->dns);
	let_go(&g->health);
	generation_abandon(g);
	reload_over(p);
}

static void
free_old(struct parent *p)
{
	struct generation *g = p->old;

	if (g == NULL || g->dns.pid > 0 || g->health.pid > 0 || !p->current->dns.serving)
		return; /* nothing to free, or not before the new dns serves */
	let_go(&g->dns);
	let_go(&g->health);
	event_del(p->old_timer);
	p->old = NULL;
	generation_free(g);
	reload_over(p);
}

/* -- reload: the switch -- */

static void
switch_dns(struct parent *p)
{
	event_del(p->timer);
	link_send(p->current->dns.link, LINK_SERVE, NULL, 0, -1);
}

/* From here on the new generation is the current one, whatever happens to its children. */
static void
switch_generations(struct parent *p)
{
	struct generation *g = p->next, *old = p->current;

	log_info("generation %u is ready, it takes over from %u", g->number, old->number);
	link_send(old->health.link, LINK_RETIRE, NULL, 0, -1);
	board_raise_number(g->board, board_plan_number(old->board) + 1); /* + 1: a decision just being sent */
	generation_adopt(g, old);
	p->current = g;
	p->next = NULL;
	p->old = old;
	arm(p->old_timer, RETIRE_S * 1000);
	arm(p->timer, ACTIVE_S * 1000);
	link_send(g->health.link, LINK_ACTIVATE, NULL, 0, -1);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct parent *p = arg;

	(void)fd;
	(void)what;
	if (p->next)
		refuse_next(p, "the new processes did not get ready in time");
	else
		switch_dns(p); /* without a plan of its own health, dns starts from the board's */
}

static void
on_old_timer(evutil_socket_t fd, short what, void *arg)
{
	struct parent *p = arg;

	(void)fd;
	(void)what;
	if (p->old == NULL)
		return;
	if (!p->current->dns.serving) { /* then the old one is all there is */
		log_warnx("the new dns process does not begin to serve and is killed");
		end_child(&p->current->dns);
		arm(p->old_timer, RETIRE_S * 1000);
		return;
	}
	log_warnx("generation %u does not end by itself and is killed", p->old->number);
	end_child(&p->old->dns);
	end_child(&p->old->health);
}

/* -- messages -- */

static void
on_ready(struct parent *p, struct child *c)
{
	struct generation *g = c->generation;

	c->ready = true;
	if (g == p->current && c == &g->dns && p->old == NULL)
		link_send(c->link, LINK_SERVE, NULL, 0, -1);
	else if (g == p->current && c == &g->dns)
		switch_dns(p); /* it died during the switch */
	if (g == p->next && g->dns.ready && g->health.ready)
		switch_generations(p);
}

static void
on_serving(struct parent *p, struct generation *g)
{
	g->dns.serving = true;
	log_info("generation %u serves %zu names, %zu services", g->number, table_names(g->table), g->conf->n_services);
	log_debug("generation %u: the table has %zu bytes", g->number, table_size(g->table));
	if (p->old == NULL)
		return;
	if (p->old->dns.pid == 0)
		tell(&p->old->health, true, ""); /* dead before the switch: nobody will be reaped */
	link_send(p->old->dns.link, LINK_RETIRE, NULL, 0, -1);
	free_old(p);
}

static void
stop(struct parent *p)
{
	event_base_loopbreak(p->base);
	p->stopping = true;
}

static void
on_message(void *arg, enum link_type type, const uint8_t *payload, size_t len, int fd)
{
	struct child *c = arg;
	struct parent *p = c->owner;

	(void)payload;
	(void)len;
	if (fd >= 0)
		close(fd);
	switch (type) {
	case LINK_READY:
		on_ready(p, c);
		break;
	case LINK_ACTIVE:
		if (c->generation == p->current && !p->current->dns.serving)
			switch_dns(p);
		break;
	case LINK_SERVING:
		if (c->generation == p->current)
			on_serving(p, c->generation);
		break;
	case LINK_RETIRED:
		if (p->old && c == &p->old->dns)
			tell(&p->old->health, true, ""); /* only now nobody is answered from the old files */
		break;
	case LINK_RELOAD:
		log_info("reload: asked for by an operator");
		reload(p);
		break;
	case LINK_STOP:
		log_info("stop: asked for by an operator");
		stop(p);
		break;
	default:
		break;
	}
}

/* The child's death is what counts, and SIGCHLD tells it. */
static void
on_closed(void *arg)
{
	struct child *c = arg;

	c->link = NULL;
}

/* -- starting children -- */

static void
new_pair(int fds[2])
{
	if (link_pair(fds) < 0)
		fatal("socketpair");
}

/* Descriptors of all listening sockets of g behind the first n of keep, which has room. */
static size_t
keep_listeners(const struct generation *g, int *keep, size_t n)
{
	size_t i;
	unsigned w;

	for (i = 0; i < g->listeners->n; i++) {
		for (w = 0; w < g->listeners->workers; w++) {
			keep[n++] = g->listeners->list[i].udp[w];
			keep[n++] = g->listeners->list[i].tcp[w];
		}
	}
	return n;
}

_Noreturn static void
become_dns(struct parent *p, struct generation *g, pid_t parent, int parent_fd, int health_fd)
{
	size_t room = 2 + 2 * g->listeners->n * g->listeners->workers, n;
	int *keep = mem_zero(room, sizeof *keep);
	struct dns_start start = {
		.conf = g->conf,
		.table = g->table,
		.board = g->board,
		.counters = p->counters,
		.listeners = g->listeners,
		.generation = g->number,
		.parent_fd = parent_fd,
		.health_fd = health_fd,
	};

	keep[0] = parent_fd;
	keep[1] = health_fd;
	n = keep_listeners(g, keep, 2);
	child_enter("dns", parent, g->conf->server.user, keep, n);
	free(keep);
	dns_main(&start);
}

_Noreturn static void
become_health(struct parent *p, struct generation *g, bool standby, pid_t parent, int parent_fd, int dns_fd)
{
	int keep[] = { parent_fd, dns_fd, g->control.fd };
	struct health_start start = {
		.conf = g->conf,
		.board = g->board,
		.counters = p->counters,
		.generation = g->number,
		.standby = standby,
		.older_conf = standby ? p->current->conf : NULL,
		.older_board = standby ? p->current->board : NULL,
		.parent_fd = parent_fd,
		.dns_fd = dns_fd,
		.control_fd = g->control.fd,
	};

	child_enter("health", parent, g->conf->server.user, keep, 3);
	table_free(g->table);
	health_main(&start);
}

/* Fork one child; in the parent, its link and a new end for its peer stay. */
static pid_t
fork_child(struct parent *p, struct child *c, int fds[2])
{
	pid_t pid;

	new_pair(fds);
	pid = fork();
	if (pid == 0)
		return pid;
	close(fds[1]);
	link_free(c->link);
	c->link = link_new(p->base, fds[0], on_message, on_closed, c);
	c->owner = p;
	c->ready = c->serving = false;
	c->pid = pid > 0 ? pid : 0;
	c->started_ms = now_ms();
	if (pid < 0) {
		log_warn("cannot fork the %s process, trying again later", c->name);
		start_later(p, c, PAUSE_MAX_MS);
	}
	return pid;
}

static void
start_dns(struct parent *p, struct generation *g)
{
	pid_t parent = getpid();
	int fds[2], peer[2];

	new_pair(peer);
	if (fork_child(p, &g->dns, fds) == 0)
		become_dns(p, g, parent, fds[1], peer[0]);
	close(peer[0]);
	if (g->health.pid > 0)
		link_send(g->health.link, LINK_PEER, NULL, 0, peer[1]);
	close(peer[1]);
}

static void
start_health(struct parent *p, struct generation *g, bool standby)
{
	pid_t parent = getpid();
	int fds[2], peer[2];

	new_pair(peer);
	if (fork_child(p, &g->health, fds) == 0)
		become_health(p, g, standby, parent, fds[1], peer[0]);
	close(peer[0]);
	link_send(g->dns.link, LINK_PEER, NULL, 0, peer[1]);
	close(peer[1]);
}

/* -- deaths -- */

static void
start_again(struct parent *p, struct child *c)
{
	if (c == &c->generation->dns)
		start_dns(p, c->generation);
	else
		start_health(p, c->generation, false);
}

static void
on_again(evutil_socket_t fd, short what, void *arg)
{
	struct child *c = arg;
	struct parent *p = c->owner;

	(void)fd;
	(void)what;
	if (c->generation == p->current && c->pid == 0 && !p->stopping)
		start_again(p, c);
}

static void
start_later(struct parent *p, struct child *c, uint64_t pause_ms)
{
	if (c->again == NULL)
		c->again = new_timer(p, on_again, c);
	arm(c->again, pause_ms);
}

/* At once, unless it has died soon after its last start as well. */
static void
restart(struct parent *p, struct child *c, const char *how)
{
	uint64_t pause = 0;

	c->quick_deaths = now_ms() - c->started_ms < QUICK_DEATH_MS ? c->quick_deaths + 1 : 0;
	if (c->quick_deaths > 1)
		pause = (uint64_t)PAUSE_MIN_MS << (c->quick_deaths < 8 ? c->quick_deaths - 2 : 6);
	if (pause > PAUSE_MAX_MS)
		pause = PAUSE_MAX_MS;
	log_warnx("the %s process %s; it is started again%s", c->name, how, pause ? " after a pause" : "");
	if (pause > 0)
		start_later(p, c, pause);
	else
		start_again(p, c);
}

static const char *
how_ended(int status, char text[64])
{
	if (WIFSIGNALED(status))
		snprintf(text, 64, "was ended by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(text, 64, "exited with status %d", WEXITSTATUS(status));
	return text;
}

static struct child *
child_of(struct generation *g, pid_t pid)
{
	if (g && g->dns.pid == pid)
		return &g->dns;
	if (g && g->health.pid == pid)
		return &g->health;
	return NULL;
}

static void
reap(struct parent *p, pid_t pid, int status)
{
	struct child *c;
	char how[64], why[128];

	how_ended(status, how);
	if (p->trial && pid == trial_pid(p->trial)) {
		trial_ended(p->trial, status);
	} else if ((c = child_of(p->old, pid)) != NULL) {
		c->pid = 0;
		if (c == &p->old->dns && p->current->dns.serving)
			tell(&p->old->health, true, ""); /* again, should it have died before it said so */
		free_old(p);
	} else if ((c = child_of(p->next, pid)) != NULL) {
		c->pid = 0;
		snprintf(why, sizeof why, "the new %s process %s", c->name, how);
		refuse_next(p, why);
	} else if ((c = child_of(p->current, pid)) != NULL) {
		c->pid = 0;
		if (!p->stopping)
			restart(p, c, how);
	}
}

static void
on_sigchld(evutil_socket_t sig, short what, void *arg)
{
	int status;
	pid_t pid;

	(void)sig;
	(void)what;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		reap(arg, pid, status);
}

/* A health process that hangs stops nothing but its own work, which nobody would miss until it is needed. */
static void
on_watch(evutil_socket_t fd, short what, void *arg)
{
	struct parent *p = arg;
	struct child *c = &p->current->health;
	uint64_t now = now_ms(), beat = board_last_beat(p->current->board);

	(void)fd;
	(void)what;
	if (beat < c->started_ms)
		beat = c->started_ms;
	if (c->pid > 0 && now > beat && now - beat > BEAT_LOST_MS) {
		log_warnx("the health process has been silent for %llu ms and is killed",
		    (unsigned long long)(now - beat));
		kill(c->pid, SIGKILL);
		c->started_ms = now; /* once */
	}
	arm(p->watch, 1000);
}

/* -- reload: its begin -- */

static void
log_complaints(const struct complaints *c)
{
	size_t i;

	for (i = 0; i < c->count; i++)
		log_warnx("%s", c->list[i].text);
}

/* The trial was good; read the files ourselves. */
static void
make_next(struct parent *p)
{
	struct complaints c = { 0 };

	p->next = generation_make(p->file, p->current, &c);
	log_complaints(&c);
	if (p->next == NULL) {
		log_warnx("reload refused; generation %u goes on", p->current->number);
		tell(&p->current->health, false, c.count ? c.list[0].text : "the files changed while they were read");
		complaints_free(&c);
		reload_over(p);
		return;
	}
	complaints_free(&c);
	start_dns(p, p->next);
	start_health(p, p->next, true);
	arm(p->timer, READY_S * 1000);
}

static void
log_lines(const char *text)
{
	size_t len;

	for (; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		if (len > 0)
			log_warnx("%.*s", (int)len, text);
	}
}

static void
on_trial(void *arg, bool good, const char *complaints)
{
	struct parent *p = arg;

	p->trial = NULL;
	if (p->stopping)
		return;
	if (good) {
		make_next(p);
		return;
	}
	log_lines(complaints);
	log_warnx("reload refused; generation %u goes on", p->current->number);
	tell(&p->current->health, false, complaints);
	reload_over(p);
}

static void
reload(struct parent *p)
{
	if (p->trial || p->next || p->old) {
		p->reload_again = true;
		return;
	}
	log_info("reload: reading %s", p->file);
	p->trial = trial_start(p->base, p->file, on_trial, p);
	if (p->trial)
		return;
	log_warn("reload: no process to read the files");
	tell(&p->current->health, false, "no process to read the files");
}

/* -- the process -- */

static void
on_sighup(evutil_socket_t sig, short what, void *arg)
{
	(void)sig;
	(void)what;
	log_info("reload: SIGHUP");
	reload(arg);
}

static void
on_term(evutil_socket_t sig, short what, void *arg)
{
	(void)what;
	log_info("stopping: signal %d", (int)sig);
	stop(arg);
}

static void
add_signals(struct parent *p)
{
	static const struct {
		int sig;
		event_callback_fn fn;
	} wanted[] = { { SIGCHLD, on_sigchld }, { SIGHUP, on_sighup }, { SIGTERM, on_term }, { SIGINT, on_term } };
	size_t i;

	signal(SIGPIPE, SIG_IGN);
	for (i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
		p->signals[i] = evsignal_new(p->base, wanted[i].sig, wanted[i].fn, p);
		if (p->signals[i] == NULL || event_add(p->signals[i], NULL) < 0)
			fatalx("no memory for events");
	}
}

static void
retire(struct generation *g)
{
	if (g == NULL)
		return;
	link_send(g->health.link, LINK_RETIRE, NULL, 0, -1);
	link_send(g->dns.link, LINK_RETIRE, NULL, 0, -1);
}

static bool
any_child(const struct parent *p)
{
	const struct generation *all[] = { p->current, p->next, p->old };
	size_t i;

	for (i = 0; i < 3; i++)
		if (all[i] && (all[i]->dns.pid > 0 || all[i]->health.pid > 0))
			return true;
	return p->trial != NULL;
}

static void
kill_all(struct parent *p)
{
	struct generation *all[] = { p->current, p->next, p->old };
	size_t i;

	for (i = 0; i < 3; i++) {
		if (all[i] == NULL)
			continue;
		end_child(&all[i]->dns);
		end_child(&all[i]->health);
	}
	if (p->trial)
		trial_kill(p->trial);
}

static void
stop_all(struct parent *p)
{
	uint64_t until = now_ms() + 1000 * (RETIRE_S / 2);

	if (p->trial)
		trial_kill(p->trial);
	retire(p->current);
	retire(p->next);
	retire(p->old);
	while (any_child(p) && now_ms() < until) {
		arm(p->watch, 50);
		event_base_loop(p->base, EVLOOP_ONCE);
	}
	kill_all(p);
}

static void
free_all(struct parent *p)
{
	struct generation *all[] = { p->current, p->next, p->old };
	size_t i;

	for (i = 0; i < 3; i++) {
		if (all[i] == NULL)
			continue;
		let_go(&all[i]->dns);
		let_go(&all[i]->health);
	}
	generation_abandon(p->next);
	generation_free(p->old);
	generation_free(p->current);
	for (i = 0; i < sizeof p->signals / sizeof p->signals[0]; i++)
		event_free(p->signals[i]);
	event_free(p->timer);
	event_free(p->old_timer);
	event_free(p->watch);
	event_base_free(p->base);
}

int
parent_run(const char *file)
{
	struct parent p = { .file = file };
	struct complaints c = { 0 };

	p.current = generation_make(file, NULL, &c);
	complaints_print(&c, stderr);
	complaints_free(&c);
	if (p.current == NULL)
		return 1;
	log_never_wait();
	p.counters = counters_new();
	p.base = event_base_new();
	if (p.base == NULL)
		fatalx("no event loop");
	p.timer = new_timer(&p, on_timer, &p);
	p.old_timer = new_timer(&p, on_old_timer, &p);
	p.watch = new_timer(&p, on_watch, &p);
	add_signals(&p);
	log_info("relevod %s starts, configuration %s", RELEVO_VERSION, file);
	start_dns(&p, p.current);
	start_health(&p, p.current, false);
	arm(p.watch, 1000);
	event_base_loop(p.base, EVLOOP_NO_EXIT_ON_EMPTY);
	stop_all(&p);
	free_all(&p);
	log_info("stopped");
	return 0;
}
