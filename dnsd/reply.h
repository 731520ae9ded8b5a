/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reply: turn a query into its reply in the same memory: header and question stay where
 * they are, so that names keep the asker's spelling; the rest is written behind them.
 * Pure.
 */
#ifndef DNSD_REPLY_H
#define DNSD_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dnsd/query.h"
#include "zones/answer.h"

struct reply {				/* a reply in the making */
	uint8_t			*packet;
	const struct query	*query;
	const char		*identity;	/* NSID; NULL: none */
	size_t			 identity_len;
	size_t			 limit;		/* octets that client and transport take */
	bool			 truncated;	/* out: TC was set */
};

/* limit for UDP: what the client said, at least 512, at most EDNS_SIZE. */
size_t reply_udp_limit(const struct query *q);

/* All return the length of the reply. */
size_t reply_answer(struct reply *r, const struct answer *a);
size_t reply_error(struct reply *r, enum rcode rcode);

/*
 * A TXT RRset made by hand: class of the question, TTL 0, each text one record (at most
 * 255 octets of it). All of them or, with TC, none.
 */
struct reply_texts {
	struct reply	*reply;
	size_t		 len;		/* so far */
	uint16_t	 count;
};

void reply_text_begin(struct reply_texts *t, struct reply *r);
void reply_text_add(struct reply_texts *t, const char *text);
size_t reply_text_end(struct reply_texts *t);

#endif
