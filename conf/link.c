/* SPDX-License-Identifier: BSD-2-Clause */
/* Link: see link.h. A packet is one octet of type, then the payload. */
#include <sys/queue.h>
#include <sys/socket.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "conf/link.h"
#include "conf/log.h"
#include "conf/mem.h"

struct queued {
	STAILQ_ENTRY(queued)	next;
	int			fd;		/* -1, or ours to close */
	size_t			len;
	uint8_t			packet[];
};

struct link {
	int				 fd;
	struct event			*readable;
	struct event			*writable;
	STAILQ_HEAD(, queued)		 queue;
	link_message_fn			 message;
	link_closed_fn			 closed;
	void				*arg;
	bool				 busy;		/* inside a callback: freeing waits */
	bool				 freed;
	uint8_t				 packet[1 + LINK_PAYLOAD_MAX];
};

int
link_pair(int fds[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds);
}

/* -- sending -- */

static ssize_t
send_packet(int fd, const uint8_t *packet, size_t len, int passed_fd)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { .iov_base = (void *)(uintptr_t)packet, .iov_len = len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (passed_fd >= 0) {
		msg.msg_control = control.room;
		msg.msg_controllen = sizeof control.room;
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &passed_fd, sizeof passed_fd);
	}
	return sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void
drop_first(struct link *l)
{
	struct queued *q = STAILQ_FIRST(&l->queue);

	STAILQ_REMOVE_HEAD(&l->queue, next);
	if (q->fd >= 0)
		close(q->fd);
	free(q);
}

/* The peer's death is noticed by reading; what cannot be sent for another reason than a full socket is dropped. */
static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct link *l = arg;
	struct queued *q;

	(void)what;
	while ((q = STAILQ_FIRST(&l->queue)) != NULL) {
		if (send_packet(fd, q->packet, q->len, q->fd) < 0 && (errno == EAGAIN || errno == ENOBUFS))
			return;
		drop_first(l);
	}
	event_del(l->writable);
}

void
link_send(struct link *l, enum link_type type, const void *payload, size_t len, int passed_fd)
{
	struct queued *q;

	if (l == NULL || l->freed)
		return;
	if (len > LINK_PAYLOAD_MAX)
		len = LINK_PAYLOAD_MAX; /* only texts for people can be that long */
	q = mem_alloc(sizeof *q + 1 + len);
	q->len = 1 + len;
	q->fd = passed_fd >= 0 ? fcntl(passed_fd, F_DUPFD_CLOEXEC, 0) : -1;
	q->packet[0] = (uint8_t)type;
	if (len)
		memcpy(q->packet + 1, payload, len);
	STAILQ_INSERT_TAIL(&l->queue, q, next);
	if (STAILQ_FIRST(&l->queue) != q)
		return;
	on_writable(l->fd, EV_WRITE, l);
	if (!STAILQ_EMPTY(&l->queue))
		event_add(l->writable, NULL);
}

bool
link_drained(const struct link *l)
{
	return l == NULL || STAILQ_EMPTY(&l->queue);
}

/* -- receiving -- */

static int
received_fd(struct msghdr *msg)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	int fd = -1;

	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof fd))
		memcpy(&fd, CMSG_DATA(c), sizeof fd);
	return fd;
}

/* 1: a packet was delivered; 0: none is there; -1: the link is over. */
static int
receive(struct link *l)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = l->packet, .iov_len = sizeof l->packet };
	struct msghdr msg = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof control.room };
	ssize_t len = recvmsg(l->fd, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	int fd;

	if (len < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	fd = received_fd(&msg);
	if (len == 0 || msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC) || l->packet[0] == 0 || l->packet[0] >= LINK_TYPES) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	l->message(l->arg, (enum link_type)l->packet[0], l->packet + 1, (size_t)len - 1, fd);
	return 1;
}

static void
destroy(struct link *l)
{
	while (!STAILQ_EMPTY(&l->queue))
		drop_first(l);
	event_free(l->readable);
	event_free(l->writable);
	close(l->fd);
	free(l);
}

void
link_poll(struct link *l)
{
	int more = 1;

	if (l == NULL || l->busy || l->freed)
		return;
	l->busy = true;
	while (more > 0 && !l->freed)
		more = receive(l);
	if (more < 0 && !l->freed) {
		l->freed = true;
		l->closed(l->arg);
	}
	l->busy = false;
	if (l->freed)
		destroy(l);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	link_poll(arg);
}

struct link *
link_new(struct event_base *base, int fd, link_message_fn message, link_closed_fn closed, void *arg)
{
	struct link *l = mem_zero(1, sizeof *l);

	l->fd = fd;
	l->message = message;
	l->closed = closed;
	l->arg = arg;
	STAILQ_INIT(&l->queue);
	l->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, l);
	l->writable = event_new(base, fd, EV_WRITE | EV_PERSIST, on_writable, l);
	if (l->readable == NULL || l->writable == NULL || event_add(l->readable, NULL) < 0)
		fatalx("link: no memory for events");
	return l;
}

void
link_free(struct link *l)
{
	if (l == NULL)
		return;
	if (l->busy)
		l->freed = true; /* link_poll() ends it */
	else
		destroy(l);
}
