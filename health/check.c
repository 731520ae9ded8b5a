/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Check: the kinds in a table; each probe's one deadline and one exit.
 */
#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "conf/mem.h"
#include "health/check_kind.h"
#include "health/clock.h"

/*
 * A deadline noticed so late was missed by us (the machine slept, the loop was busy): what
 * has arrived meanwhile gets one more chance to be read before it is called a timeout.
 */
#define LATE_US  100000
#define GRACE_US 50000
#define EARLY_US 2000 /* the loop's cached time may let a timer fire that much early */

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

// clang-format off
static const struct check_kind *const kinds[] = {	/* by enum check_type */
	[CHECK_TCP]	= &check_tcp,
	[CHECK_HTTP]	= &check_http,
	[CHECK_HTTPS]	= &check_http,
};
// clang-format on

struct checker {
	struct event_base *base;
	const struct conf *conf;
	check_done_fn done;
	const struct timeval **timeouts; /* by check: probes of a check share a queue, so arming is O(1) */
	void *contexts[N_KINDS];
	struct probe *idle; /* ended probes, to be used again */
};

static struct timeval
from_us(uint64_t us)
{
	return (struct timeval){ .tv_sec = (time_t)(us / 1000000), .tv_usec = (suseconds_t)(us % 1000000) };
}

/* The first type with the same kind: types that share a kind share its context. */
static size_t
context_slot(size_t type)
{
	size_t first = 0;

	while (kinds[first] != kinds[type])
		first++;
	return first;
}

struct checker *
checker_new(struct event_base *base, const struct conf *conf, check_done_fn done)
{
	struct checker *checker = mem_zero(1, sizeof(*checker));
	size_t i;

	checker->base = base;
	checker->conf = conf;
	checker->done = done;
	checker->timeouts = mem_zero(conf->n_checks, sizeof(*checker->timeouts));
	for (i = 0; i < conf->n_checks; i++) {
		struct timeval timeout = from_us(conf->checks[i].timeout_ms * 1000);

		checker->timeouts[i] = event_base_init_common_timeout(base, &timeout);
	}
	for (i = 0; i < N_KINDS; i++)
		if (context_slot(i) == i && kinds[i]->open != NULL)
			checker->contexts[i] = kinds[i]->open(base, conf);
	return checker;
}

void
checker_free(struct checker *checker)
{
	size_t i;

	if (checker == NULL)
		return;
	for (i = 0; i < N_KINDS; i++)
		if (context_slot(i) == i && kinds[i]->close != NULL)
			kinds[i]->close(checker->contexts[i]);
	while (checker->idle != NULL) {
		struct probe *p = checker->idle;

		checker->idle = p->next;
		free(p);
	}
	free(checker->timeouts);
	free(checker);
}

void *
check_context(const struct probe *p)
{
	return p->checker->contexts[context_slot(p->check->type)];
}

struct event_base *
check_base(const struct probe *p)
{
	return p->checker->base;
}

/* Arm the deadline. libevent has room for a limited number of common timeouts; without one a plain timer does. */
static void
arm_deadline(struct probe *p)
{
	const struct timeval *common = p->checker->timeouts[p->check - p->checker->conf->checks];
	struct timeval plain = from_us(p->check->timeout_ms * 1000);

	event_add(&p->deadline, common != NULL ? common : &plain);
}

static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct probe *p = arg;
	uint64_t end_us = p->started_us + p->check->timeout_ms * 1000;
	uint64_t now_us = clock_us();
	struct timeval more;

	(void)fd;
	(void)what;
	if (now_us + EARLY_US < end_us) {
		more = from_us(end_us - now_us);
		event_add(&p->deadline, &more);
		return;
	}
	if (now_us > end_us + LATE_US && !p->grace) {
		p->grace = true;
		more = from_us(GRACE_US);
		event_add(&p->deadline, &more);
		return;
	}
	check_done(p, OUTCOME_TIMEOUT, 0, NULL);
}

struct probe *
check_probe(struct checker *checker, const struct conf_target *target, void *owner)
{
	struct probe *p = checker->idle;

	if (p == NULL)
		p = mem_zero(1, sizeof(*p));
	else
		checker->idle = p->next;
	p->checker = checker;
	p->check = &checker->conf->checks[target->check];
	p->target = target;
	p->owner = owner;
	p->next = NULL;
	p->private = NULL;
	p->fd = -1;
	p->grace = false;
	event_assign(&p->deadline, checker->base, -1, 0, on_deadline, p);
	return p;
}

void
check_start(struct probe *p)
{
	p->started_us = clock_us();
	arm_deadline(p);
	kinds[p->check->type]->start(p);
}

static void
let_go(struct probe *p)
{
	kinds[p->check->type]->stop(p);
	event_del(&p->deadline);
}

static void
put_aside(struct probe *p)
{
	p->next = p->checker->idle;
	p->checker->idle = p;
}

void
check_cancel(struct probe *p)
{
	let_go(p);
	put_aside(p);
}

void
check_done(struct probe *p, enum outcome outcome, unsigned number, const char *detail)
{
	struct check_report report = { outcome, number, detail };

	let_go(p);
	p->checker->done(p, &report);
	put_aside(p);
}

/* Would the kernel know where to send? A datagram socket's connect() asks without sending. */
static bool
has_route(const struct conf_target *target)
{
	int fd = socket(target->addr.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool found;

	if (fd == -1)
		return false;
	found = connect(fd, &target->addr.sa, target->len) == 0;
	close(fd);
	return found;
}

enum outcome
check_errno_outcome(int error, const struct conf_target *target)
{
	switch (error) {
	case ECONNREFUSED:
		return OUTCOME_REFUSED;
	case ECONNRESET:
	case EPIPE:
		return OUTCOME_RESET;
	case ETIMEDOUT:
		return OUTCOME_TIMEOUT;
	case ENETUNREACH: /* from a router on the way, or because we have no route ourselves */
	case EHOSTUNREACH:
	case ENOPROTOOPT: /* ICMP: protocol unreachable */
	case EACCES:      /* ICMPv6: administratively prohibited; or a prohibiting route of ours */
		return has_route(target) ? OUTCOME_UNREACHABLE : OUTCOME_LOCAL;
	default:
		return OUTCOME_LOCAL;
	}
}
