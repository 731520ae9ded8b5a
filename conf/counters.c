/* SPDX-License-Identifier: BSD-2-Clause */
/* Counters: see counters.h. */
#include <sys/mman.h>

#include "conf/counters.h"
#include "conf/log.h"

static const struct counter_row rows[COUNTER_COUNT] = {
	[COUNTER_UDP_QUERIES] = { "udp_queries", "Packets received over UDP." },
	[COUNTER_TCP_QUERIES] = { "tcp_queries", "Messages received over TCP." },
	[COUNTER_TCP_CONNECTIONS] = { "tcp_connections", "TCP connections accepted." },
	[COUNTER_TCP_REFUSED] = { "tcp_cut", "TCP connections cut: idle, oversized, slow, or to make room for a new one." },
	[COUNTER_NOERROR] = { "noerror", "Replies with records, referrals included." },
	[COUNTER_NODATA] = { "nodata", "Replies NOERROR without an answer." },
	[COUNTER_NXDOMAIN] = { "nxdomain", "Replies NXDOMAIN." },
	[COUNTER_REFUSED] = { "refused", "Replies REFUSED: no zone of ours, or not for this client." },
	[COUNTER_FORMERR] = { "formerr", "Replies FORMERR: malformed queries." },
	[COUNTER_NOTIMP] = { "notimp", "Replies NOTIMP: opcodes and types that are not served." },
	[COUNTER_BADVERS] = { "badvers", "Replies BADVERS: an EDNS version above 0." },
	[COUNTER_SERVFAIL] = { "servfail", "Replies SERVFAIL." },
	[COUNTER_DROPPED] = { "dropped", "Packets that got no reply: too short, or replies themselves." },
	[COUNTER_TRUNCATED] = { "truncated", "Replies with TC, cut at an RRset." },
	[COUNTER_EDNS] = { "edns", "Queries with EDNS." },
	[COUNTER_INSPECTED] = { "inspected", "Replies about health and plan." },
	[COUNTER_SEND_FAILED] = { "send_failed", "Replies that the kernel did not take." },
};

struct counters {
	struct counter_block	block[COUNTERS_BANKS][COUNTERS_THREADS_MAX];
};

struct counters *
counters_new(void)
{
	void *p = mmap(NULL, sizeof(struct counters), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		fatal("shared memory for counters");
	return p;
}

struct counter_block *
counters_block(struct counters *c, unsigned generation, unsigned thread)
{
	return &c->block[generation % COUNTERS_BANKS][thread % COUNTERS_THREADS_MAX];
}

uint64_t
counters_sum(const struct counters *c, enum counter which)
{
	uint64_t sum = 0;
	unsigned b, t;

	for (b = 0; b < COUNTERS_BANKS; b++)
		for (t = 0; t < COUNTERS_THREADS_MAX; t++)
			sum += atomic_load_explicit(&c->block[b][t].value[which], memory_order_relaxed);
	return sum;
}

const struct counter_row *
counter_row(enum counter which)
{
	return &rows[which];
}
