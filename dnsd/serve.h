/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Serve: bytes in, bytes out. The only door between sockets and DNS: UDP, TCP, the
 * fuzzer and the tests all come through here. Allocates, locks and logs nothing.
 */
#ifndef DNSD_SERVE_H
#define DNSD_SERVE_H

#include <sys/socket.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "conf/counters.h"
#include "dnsd/inspect.h"
#include "dnsd/query.h"
#include "zones/table.h"

#define SERVE_UDP_ROOM	EDNS_SIZE
#define SERVE_TCP_ROOM	65535

struct serve {				/* one thread's; all but random and counts is read only and shared */
	const struct conf	*conf;
	const struct table	*table;
	const struct inspect	*inspect;
	struct counter_block	*counts;
	const char		*identity;	/* NSID; NULL: none */
	size_t			 identity_len;	/* at most SERVE_IDENTITY_MAX */
	uint64_t		 random;	/* state, not 0 */
};

#define SERVE_IDENTITY_MAX	128	/* an error for the longest name still fits into 512 octets */

struct asker {
	const struct sockaddr	*addr;
	bool			 tcp;
};

void serve_init(struct serve *s, const struct conf *conf, const struct table *table, const struct inspect *inspect,
    struct counter_block *counts);

/*
 * In two steps, so that a batch can read all its questions before it answers the first:
 * serve_read() looks at the packet (false: no reply) and fetches ahead what the answer
 * needs; serve_reply() turns the packet into the reply and returns its length. packet
 * has SERVE_UDP_ROOM or SERVE_TCP_ROOM octets. Between table_read_begin() and _end().
 */
bool serve_read(struct serve *s, const uint8_t *packet, size_t len, bool tcp, struct query *q);
size_t serve_reply(struct serve *s, uint8_t *packet, const struct query *q, const struct asker *asker);

/* Both at once, with the read lock; 0: silence. */
size_t serve(struct serve *s, uint8_t *packet, size_t len, const struct asker *asker);

#endif
