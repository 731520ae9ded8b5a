/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCP check: a connection that is accepted is good. It is closed at once and in order: a
 * reset would save us a TIME_WAIT, and would fill the logs of those we probe.
 */
#include <sys/socket.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "health/check_kind.h"

/*
 * Where the kernel happens to pick the target's port for our end, a connection to an
 * address of this machine meets itself (simultaneous open) though nobody listens.
 */
static bool
met_itself(const struct probe *p)
{
	union conf_sockaddr own;
	socklen_t len = sizeof(own);

	memset(&own, 0, sizeof(own));
	if (getsockname(p->fd, &own.sa, &len) == -1 || own.sa.sa_family != p->target->addr.sa.sa_family)
		return false;
	if (own.sa.sa_family == AF_INET)
		return own.in.sin_port == p->target->addr.in.sin_port &&
		    own.in.sin_addr.s_addr == p->target->addr.in.sin_addr.s_addr;
	return own.in6.sin6_port == p->target->addr.in6.sin6_port &&
	    memcmp(&own.in6.sin6_addr, &p->target->addr.in6.sin6_addr, sizeof(own.in6.sin6_addr)) == 0;
}

static void
ended(struct probe *p, int error)
{
	enum outcome outcome;

	if (error == 0 && met_itself(p))
		error = ECONNREFUSED;
	if (error == 0) {
		check_done(p, OUTCOME_GOOD, 0, NULL);
		return;
	}
	outcome = check_errno_outcome(error, p->target);
	check_done(p, outcome, 0, outcome == OUTCOME_LOCAL || outcome == OUTCOME_UNREACHABLE ? strerror(error) : NULL);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	socklen_t len = sizeof(int);
	int error = 0;

	(void)what;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		error = errno;
	ended(arg, error);
}

static void
tcp_start(struct probe *p)
{
	p->fd = socket(p->target->addr.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (p->fd == -1) {
		ended(p, errno);
		return;
	}
	event_assign(&p->io, check_base(p), p->fd, EV_WRITE, on_writable, p);
	if (connect(p->fd, &p->target->addr.sa, p->target->len) == 0)
		ended(p, 0);
	else if (errno != EINPROGRESS)
		ended(p, errno);
	else
		event_add(&p->io, NULL);
}

static void
tcp_stop(struct probe *p)
{
	if (p->fd == -1)
		return;
	event_del(&p->io);
	close(p->fd);
	p->fd = -1;
}

const struct check_kind check_tcp = {
	.start = tcp_start,
	.stop = tcp_stop,
};
