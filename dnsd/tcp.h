/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCP (RFC 7766): a thread with an event loop that accepts from its listening sockets,
 * answers all queries of one read with one write, and cuts who is idle or too slow.
 */
#ifndef DNSD_TCP_H
#define DNSD_TCP_H

#include "dnsd/serve.h"

struct tcp_worker;

/* fds: listening sockets, non-blocking, the caller's; clients: so many connections at once. */
struct tcp_worker *tcp_start(const int *fds, size_t n, unsigned clients, uint64_t idle_ms, const struct serve *serve);

/*
 * Ask the thread to accept no more, to answer what has arrived and to close each
 * connection when nothing of it is pending, at most 2 s later; returns at once.
 */
void tcp_stop(struct tcp_worker *w);
void tcp_join(struct tcp_worker *w); /* wait for that, and free */

#endif
