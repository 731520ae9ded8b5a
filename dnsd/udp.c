/* SPDX-License-Identifier: BSD-2-Clause */
/* UDP: see udp.h. */
#include <sys/socket.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "conf/log.h"
#include "conf/mem.h"
#include "dnsd/udp.h"

#define BATCH		32	/* beyond, the kernel's work a packet no longer shrinks */
#define PACKET_ROOM	2048	/* larger queries are cut, and so malformed; replies need SERVE_UDP_ROOM */
#define LAST_BATCHES	1024	/* more than a socket's buffer holds */
#define WAKE_SIGNAL	SIGUSR2
#define WAKE_AGAIN_NS	1000000	/* the signal may come just before recvmmsg() blocks */

_Static_assert(PACKET_ROOM >= SERVE_UDP_ROOM, "a reply must fit");

struct packet {
	union conf_sockaddr	client;
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	uint8_t			bytes[PACKET_ROOM];
};

struct udp_worker {
	int			 fd;
	bool			 source_wanted;
	pthread_t		 thread;
	_Atomic bool		 stop;
	_Atomic bool		 ended;
	struct serve		 serve;
	struct mmsghdr		 in[BATCH];
	struct iovec		 in_iov[BATCH];
	struct mmsghdr		 out[BATCH];
	struct iovec		 out_iov[BATCH];
	struct query		 queries[BATCH];
	bool			 silent[BATCH];
	struct packet		 packets[BATCH];
};

static void
prepare(struct udp_worker *w)
{
	int i;

	for (i = 0; i < BATCH; i++) {
		struct packet *p = &w->packets[i];

		w->in_iov[i] = (struct iovec){ p->bytes, sizeof p->bytes };
		w->in[i].msg_hdr = (struct msghdr){ .msg_name = &p->client, .msg_iov = &w->in_iov[i], .msg_iovlen = 1 };
	}
}

/* What the last batch's reception has overwritten. */
static void
reset(struct udp_worker *w, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		w->in[i].msg_hdr.msg_namelen = sizeof w->packets[i].client;
		if (w->source_wanted) {
			w->in[i].msg_hdr.msg_control = w->packets[i].control;
			w->in[i].msg_hdr.msg_controllen = sizeof w->packets[i].control;
		}
	}
}

/*
 * The reply leaves from the address that was asked. What came as "received at" goes
 * back as "send from"; the interface is left to the routing table, but for link-local
 * addresses, which mean nothing without it.
 */
static void
turn_source(struct msghdr *msg)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);

	if (c == NULL)
		return;
	if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
		struct in_pktinfo info;

		memcpy(&info, CMSG_DATA(c), sizeof info);
		info.ipi_ifindex = 0;
		info.ipi_spec_dst = info.ipi_addr;
		memcpy(CMSG_DATA(c), &info, sizeof info);
	} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
		struct in6_pktinfo info;

		memcpy(&info, CMSG_DATA(c), sizeof info);
		if (!IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
			info.ipi6_ifindex = 0;
		memcpy(CMSG_DATA(c), &info, sizeof info);
	}
}

/* Answers for the n packets received, into out[]; returns how many. */
static int
answer_batch(struct udp_worker *w, int n)
{
	int i, replies = 0;

	table_read_begin();
	for (i = 0; i < n; i++)
		w->silent[i] = !serve_read(&w->serve, w->packets[i].bytes, w->in[i].msg_len, false, &w->queries[i]);
	for (i = 0; i < n; i++) {
		struct asker asker = { &w->packets[i].client.sa, false };

		if (w->silent[i])
			continue;
		w->out[replies].msg_hdr = w->in[i].msg_hdr;
		w->out[replies].msg_hdr.msg_flags = 0;
		w->out[replies].msg_hdr.msg_iov = &w->out_iov[replies];
		w->out_iov[replies].iov_base = w->packets[i].bytes;
		w->out_iov[replies].iov_len = serve_reply(&w->serve, w->packets[i].bytes, &w->queries[i], &asker);
		if (w->source_wanted)
			turn_source(&w->out[replies].msg_hdr);
		replies++;
	}
	table_read_end();
	return replies;
}

/* A reply that the kernel does not take (no route, port 0) must not keep back those behind it. */
static void
send_batch(struct udp_worker *w, int n)
{
	int sent = 0;

	while (sent < n) {
		int done = sendmmsg(w->fd, w->out + sent, (unsigned)(n - sent), 0);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			counter_add(w->serve.counts, COUNTER_SEND_FAILED);
		sent += done > 0 ? done : 1;
	}
}

/*
 * What waits in a socket that the next generation does not have would be lost with it;
 * nothing new arrives there any more (listen_retire()). Otherwise it does no harm.
 */
static void
answer_waiting(struct udp_worker *w)
{
	int i, n = BATCH;

	for (i = 0; i < LAST_BATCHES && n > 0; i++) {
		reset(w, BATCH);
		n = recvmmsg(w->fd, w->in, BATCH, MSG_DONTWAIT, NULL);
		if (n > 0)
			send_batch(w, answer_batch(w, n));
	}
}

static void *
run(void *arg)
{
	struct udp_worker *w = arg;
	int n = BATCH;

	table_thread_begin();
	while (!atomic_load_explicit(&w->stop, memory_order_relaxed)) {
		reset(w, n);
		n = recvmmsg(w->fd, w->in, BATCH, MSG_WAITFORONE, NULL);
		if (n > 0)
			send_batch(w, answer_batch(w, n));
		else
			n = 0; /* interrupted, or an ICMP error of an earlier reply: nothing was overwritten */
	}
	answer_waiting(w);
	table_thread_end();
	w->ended = true;
	return NULL;
}

static void
woken(int sig)
{
	(void)sig;
}

void
udp_init(void)
{
	struct sigaction act = { .sa_handler = woken }; /* no SA_RESTART: recvmmsg() returns */

	sigaction(WAKE_SIGNAL, &act, NULL);
}

struct udp_worker *
udp_start(int fd, bool source_wanted, const struct serve *serve)
{
	struct udp_worker *w = mem_zero(1, sizeof *w);

	w->fd = fd;
	w->source_wanted = source_wanted;
	w->serve = *serve;
	w->serve.random ^= (uintptr_t)w;
	w->serve.random |= 1;
	prepare(w);
	errno = pthread_create(&w->thread, NULL, run, w);
	if (errno)
		fatal("thread for UDP");
	return w;
}

void
udp_stop(struct udp_worker *w)
{
	w->stop = true;
	pthread_kill(w->thread, WAKE_SIGNAL);
}

void
udp_join(struct udp_worker *w)
{
	while (!w->ended) {
		pthread_kill(w->thread, WAKE_SIGNAL);
		nanosleep(&(struct timespec){ 0, WAKE_AGAIN_NS }, NULL);
	}
	pthread_join(w->thread, NULL);
	free(w);
}
