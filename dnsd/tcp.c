/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP: see tcp.h. */
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "conf/log.h"
#include "conf/mem.h"
#include "dnsd/tcp.h"
#include "zones/rr.h"

#define LENGTH_LEN	2		/* before each message: RFC 1035 section 4.2.2 */
#define QUERY_ROOM	4096		/* a query longer than that asks for nothing that we serve */
#define OUT_ROOM	(256 * 1024)	/* replies of one read: flushed when the next might not fit */
#define ACCEPT_BATCH	64
#define ACCEPT_AGAIN_US 100000		/* without descriptors, a listening socket stays readable: do not spin */
#define DRAIN_S		2
#define DRAIN_READS	64		/* of one connection at a time: others wait as well */

struct conn {
	TAILQ_ENTRY(conn)	 next;		/* the least recently useful first */
	struct tcp_worker	*worker;
	int			 fd;
	union conf_sockaddr	 client;
	struct event		*readable;
	struct event		*writable;
	struct event		*idle;		/* since the last whole query */
	uint8_t			*pending;	/* replies that the socket did not take; NULL: none */
	size_t			 pending_len;
	size_t			 pending_sent;
	bool			 asked;		/* a whole query came */
	size_t			 in_len;
	uint8_t			 in[LENGTH_LEN + QUERY_ROOM];
};

struct tcp_worker {
	pthread_t		  thread;
	int			  stop_fd;	/* eventfd */
	struct event_base	 *base;
	struct event		**accepting;
	size_t			  n_accepting;
	struct event		 *accept_again;
	struct event		 *stopping;
	struct event		 *drain_over;
	struct timeval		  idle;
	const struct timeval	 *idle_common;	/* libevent's: all these timeouts in one queue */
	unsigned		  clients_max;
	unsigned		  clients;
	bool			  draining;
	TAILQ_HEAD(conns, conn)	  conns;
	struct serve		  serve;
	size_t			  out_len;	/* of replies to the connection in hand */
	uint8_t			  out[OUT_ROOM];
};

/* -- connections -- */

static void
conn_close(struct conn *c)
{
	struct tcp_worker *w = c->worker;

	TAILQ_REMOVE(&w->conns, c, next);
	w->clients--;
	event_free(c->readable);
	event_free(c->writable);
	event_free(c->idle);
	close(c->fd);
	free(c->pending);
	free(c);
	if (w->draining && w->clients == 0)
		event_base_loopbreak(w->base);
}

static void
conn_cut(struct conn *c)
{
	counter_add(c->worker->serve.counts, COUNTER_TCP_REFUSED);
	conn_close(c);
}

/* A whole query came: the connection is worth keeping. */
static void
conn_useful(struct conn *c)
{
	c->asked = true;
	TAILQ_REMOVE(&c->worker->conns, c, next);
	TAILQ_INSERT_TAIL(&c->worker->conns, c, next);
	event_add(c->idle, c->worker->idle_common);
}

/* What is left of the replies waits; meanwhile nothing more is read, so that memory is bounded. */
static void
keep_pending(struct conn *c, const uint8_t *bytes, size_t len)
{
	c->pending = mem_alloc(len);
	memcpy(c->pending, bytes, len);
	c->pending_len = len;
	c->pending_sent = 0;
	event_del(c->readable);
	event_add(c->writable, NULL);
}

/* Send what the worker's buffer holds. False: the connection is over. */
static bool
flush(struct conn *c)
{
	struct tcp_worker *w = c->worker;
	ssize_t n = 0;

	if (w->out_len == 0)
		return true;
	n = send(c->fd, w->out, w->out_len, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return false;
	if (n < (ssize_t)w->out_len)
		keep_pending(c, w->out + (n > 0 ? n : 0), w->out_len - (size_t)(n > 0 ? n : 0));
	w->out_len = 0;
	return true;
}

/* Answer one message into the worker's buffer. */
static void
answer(struct conn *c, const uint8_t *message, size_t len)
{
	struct tcp_worker *w = c->worker;
	uint8_t *out = w->out + w->out_len;
	struct asker asker = { &c->client.sa, true };
	size_t reply_len;

	assert(OUT_ROOM - w->out_len >= LENGTH_LEN + SERVE_TCP_ROOM);
	memcpy(out + LENGTH_LEN, message, len);
	reply_len = serve(&w->serve, out + LENGTH_LEN, len, &asker);
	if (reply_len == 0)
		return;
	rr_put16(out, (uint16_t)reply_len);
	w->out_len += LENGTH_LEN + reply_len;
}

/* All whole messages of what was read, until one must wait for the socket. False: the connection is over. */
static bool
answer_all(struct conn *c)
{
	struct tcp_worker *w = c->worker;
	size_t at = 0, len;

	w->out_len = 0; /* what a connection that broke has left is nobody else's */
	while (c->pending == NULL && c->in_len - at >= LENGTH_LEN) {
		len = rr_get16(c->in + at);
		if (len > QUERY_ROOM)
			return false;
		if (c->in_len - at - LENGTH_LEN < len)
			break;
		answer(c, c->in + at + LENGTH_LEN, len);
		at += LENGTH_LEN + len;
		if (OUT_ROOM - w->out_len < LENGTH_LEN + SERVE_TCP_ROOM && !flush(c))
			return false;
	}
	memmove(c->in, c->in + at, c->in_len - at);
	c->in_len -= at;
	if (at > 0)
		conn_useful(c);
	return flush(c);
}

static bool
is_finished(const struct conn *c)
{
	return c->pending == NULL && c->in_len == 0;
}

/* 1: something was read and answered; 0: nothing is there; -1: the connection is over. */
static int
read_some(struct conn *c)
{
	ssize_t n = recv(c->fd, c->in + c->in_len, sizeof c->in - c->in_len, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return -1;
	c->in_len += (size_t)n;
	if (!answer_all(c)) {
		counter_add(c->worker->serve.counts, COUNTER_TCP_REFUSED);
		return -1;
	}
	return 1;
}

/*
 * Take in what has arrived before closing: closing over unread data would reset the
 * connection and lose replies. Who has just connected gets the time to ask.
 */
static void
drain(struct conn *c)
{
	int more = 1, i;

	for (i = 0; i < DRAIN_READS && more > 0 && c->pending == NULL; i++)
		more = read_some(c);
	if (more < 0 || (more == 0 && c->asked && is_finished(c)))
		conn_close(c);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;

	(void)fd;
	(void)what;
	if (read_some(c) < 0)
		conn_close(c);
	else if (c->worker->draining)
		drain(c);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;
	ssize_t n = send(fd, c->pending + c->pending_sent, c->pending_len - c->pending_sent, MSG_NOSIGNAL);

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		conn_close(c);
		return;
	}
	c->pending_sent += (size_t)n;
	if (c->pending_sent < c->pending_len)
		return;
	free(c->pending);
	c->pending = NULL;
	event_del(c->writable);
	event_add(c->readable, NULL);
	if (!answer_all(c))
		conn_cut(c);
	else if (c->worker->draining)
		drain(c);
}

static void
on_idle(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	conn_cut(arg);
}

/* -- accepting -- */

/* A full table never keeps a new client out: who has been idle longest goes (RFC 7766 section 6.2.3). */
static void
make_room(struct tcp_worker *w)
{
	if (w->clients >= w->clients_max)
		conn_cut(TAILQ_FIRST(&w->conns));
}

static void
conn_open(struct tcp_worker *w, int fd, const union conf_sockaddr *client)
{
	struct conn *c;

	make_room(w);
	c = mem_zero(1, sizeof *c);
	c->worker = w;
	c->fd = fd;
	c->client = *client;
	c->readable = event_new(w->base, fd, EV_READ | EV_PERSIST, on_readable, c);
	c->writable = event_new(w->base, fd, EV_WRITE | EV_PERSIST, on_writable, c);
	c->idle = event_new(w->base, -1, 0, on_idle, c);
	if (c->readable == NULL || c->writable == NULL || c->idle == NULL)
		fatalx("tcp: no memory for events");
	event_add(c->readable, NULL);
	event_add(c->idle, w->idle_common);
	TAILQ_INSERT_TAIL(&w->conns, c, next);
	w->clients++;
	counter_add(w->serve.counts, COUNTER_TCP_CONNECTIONS);
	on_readable(fd, EV_READ, c); /* the first query is mostly there already */
}

static void
stop_accepting(struct tcp_worker *w)
{
	size_t i;

	for (i = 0; i < w->n_accepting; i++)
		event_del(w->accepting[i]);
}

static void
on_accept_again(evutil_socket_t fd, short what, void *arg)
{
	struct tcp_worker *w = arg;
	size_t i;

	(void)fd;
	(void)what;
	for (i = 0; i < w->n_accepting && !w->draining; i++)
		event_add(w->accepting[i], NULL);
}

static bool
out_of_descriptors(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

static void
on_accept(evutil_socket_t fd, short what, void *arg)
{
	struct tcp_worker *w = arg;
	union conf_sockaddr client;
	int i, conn_fd;

	(void)what;
	for (i = 0; i < ACCEPT_BATCH; i++) {
		socklen_t len = sizeof client;

		conn_fd = accept4(fd, &client.sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (conn_fd >= 0)
			conn_open(w, conn_fd, &client);
		else if (out_of_descriptors(errno) && !TAILQ_EMPTY(&w->conns))
			conn_cut(TAILQ_FIRST(&w->conns));
		else
			break;
	}
	if (i == ACCEPT_BATCH || !out_of_descriptors(errno))
		return;
	stop_accepting(w);
	event_add(w->accept_again, &(struct timeval){ 0, ACCEPT_AGAIN_US });
}

/* -- the thread -- */

static void
on_stop(evutil_socket_t fd, short what, void *arg)
{
	struct tcp_worker *w = arg;
	struct conn *c, *next;
	unsigned left = w->clients; /* who is useful meanwhile goes to the end, and comes not again */

	(void)fd;
	(void)what;
	event_del(w->stopping);
	stop_accepting(w);
	event_add(w->drain_over, &(struct timeval){ DRAIN_S, 0 });
	for (c = TAILQ_FIRST(&w->conns); left > 0; c = next, left--) {
		next = TAILQ_NEXT(c, next);
		drain(c);
	}
	w->draining = true;
	if (w->clients == 0)
		event_base_loopbreak(w->base);
}

static void
on_drain_over(evutil_socket_t fd, short what, void *arg)
{
	struct tcp_worker *w = arg;

	(void)fd;
	(void)what;
	event_base_loopbreak(w->base);
}

static void *
run(void *arg)
{
	struct tcp_worker *w = arg;

	table_thread_begin();
	event_base_loop(w->base, EVLOOP_NO_EXIT_ON_EMPTY);
	while (!TAILQ_EMPTY(&w->conns))
		conn_close(TAILQ_FIRST(&w->conns));
	table_thread_end();
	return NULL;
}

/* Without a lock: one base, one thread. */
static struct event_base *
new_base(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	if (config && event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) == 0)
		base = event_base_new_with_config(config);
	if (base == NULL)
		fatalx("tcp: no event loop");
	event_config_free(config);
	return base;
}

static struct event *
add_event(struct tcp_worker *w, int fd, event_callback_fn fn)
{
	struct event *e = event_new(w->base, fd, fd >= 0 ? EV_READ | EV_PERSIST : 0, fn, w);

	if (e == NULL || (fd >= 0 && event_add(e, NULL) < 0))
		fatalx("tcp: no memory for events");
	return e;
}

struct tcp_worker *
tcp_start(const int *fds, size_t n, unsigned clients, uint64_t idle_ms, const struct serve *serve_with)
{
	struct tcp_worker *w = mem_zero(1, sizeof *w);
	size_t i;

	w->serve = *serve_with;
	w->clients_max = clients ? clients : 1;
	w->base = new_base();
	w->idle = (struct timeval){ (time_t)(idle_ms / 1000), (suseconds_t)(idle_ms % 1000 * 1000) };
	w->idle_common = event_base_init_common_timeout(w->base, &w->idle);
	TAILQ_INIT(&w->conns);
	w->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->stop_fd < 0)
		fatal("eventfd");
	w->stopping = add_event(w, w->stop_fd, on_stop);
	w->accept_again = add_event(w, -1, on_accept_again);
	w->drain_over = add_event(w, -1, on_drain_over);
	w->accepting = mem_zero(n, sizeof *w->accepting);
	for (i = 0; i < n; i++)
		w->accepting[w->n_accepting++] = add_event(w, fds[i], on_accept);
	errno = pthread_create(&w->thread, NULL, run, w);
	if (errno)
		fatal("thread for TCP");
	return w;
}

void
tcp_stop(struct tcp_worker *w)
{
	eventfd_write(w->stop_fd, 1);
}

void
tcp_join(struct tcp_worker *w)
{
	size_t i;

	pthread_join(w->thread, NULL);
	for (i = 0; i < w->n_accepting; i++)
		event_free(w->accepting[i]);
	free(w->accepting);
	event_free(w->stopping);
	event_free(w->accept_again);
	event_free(w->drain_over);
	event_base_free(w->base);
	close(w->stop_fd);
	free(w);
}
