/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UDP: a thread blocked in recvmmsg() that answers what it gets, batch by batch.
 */
#ifndef DNSD_UDP_H
#define DNSD_UDP_H

#include <stdbool.h>

#include "dnsd/serve.h"

struct udp_worker;

/* fd stays the caller's; source_wanted: the socket is bound to a wildcard address. */
struct udp_worker *udp_start(int fd, bool source_wanted, const struct serve *serve);

/* Ask the thread to end after the batch in its hands; returns at once. */
void udp_stop(struct udp_worker *w);
/* Wait until it has ended, and free it. */
void udp_join(struct udp_worker *w);

/* Once, before the first udp_start(): the signal that interrupts recvmmsg(). */
void udp_init(void);

#endif
