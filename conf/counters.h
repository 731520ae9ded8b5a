/*
 * Counters: what the dns process counts, in shared memory mapped once by the parent, so
 * that a count survives reload and crash. One block per thread, one writer per block,
 * no line of memory shared between writers. Two banks, used by turns of generation, keep
 * a retiring process and its successor apart. Sums only rise.
 */
#ifndef CONF_COUNTERS_H
#define CONF_COUNTERS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define COUNTERS_BANKS		2
#define COUNTERS_THREADS_MAX	256

enum counter {
	COUNTER_UDP_QUERIES,		/* see counters.c for each one's sentence */
	COUNTER_TCP_QUERIES,
	COUNTER_TCP_CONNECTIONS,
	COUNTER_TCP_REFUSED,
	COUNTER_NOERROR,
	COUNTER_NODATA,
	COUNTER_NXDOMAIN,
	COUNTER_REFUSED,
	COUNTER_FORMERR,
	COUNTER_NOTIMP,
	COUNTER_BADVERS,
	COUNTER_SERVFAIL,
	COUNTER_DROPPED,
	COUNTER_TRUNCATED,
	COUNTER_EDNS,
	COUNTER_INSPECTED,
	COUNTER_SEND_FAILED,
	COUNTER_COUNT
};

struct counter_row {
	const char	*name;		/* "udp_queries" */
	const char	*help;		/* one sentence */
};

struct counters;                        /* the whole mapping */
struct counter_block {			/* one thread's */
	_Atomic uint64_t value[COUNTER_COUNT];
} __attribute__((aligned(128)));

struct counters *counters_new(void); /* ends the process without memory */
struct counter_block *counters_block(struct counters *c, unsigned generation, unsigned thread);
uint64_t counters_sum(const struct counters *c, enum counter which);
const struct counter_row *counter_row(enum counter which);

/* Add one. The block has one writer, so no locked instruction is needed. */
static inline void
counter_add(struct counter_block *b, enum counter which)
{
	atomic_store_explicit(&b->value[which], atomic_load_explicit(&b->value[which], memory_order_relaxed) + 1,
	    memory_order_relaxed);
}

#endif
