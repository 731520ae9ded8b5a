/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Query: read a question from bytes. Pure; the packet may come from anybody.
 */
#ifndef DNSD_QUERY_H
#define DNSD_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dnsd/edns.h"
#include "zones/name.h"
#include "zones/table.h"

#define DNS_HEADER_LEN	12

enum rcode {
	RCODE_NOERROR = 0,
	RCODE_FORMERR = 1,
	RCODE_SERVFAIL = 2,
	RCODE_NXDOMAIN = 3,
	RCODE_NOTIMP = 4,
	RCODE_REFUSED = 5,
	RCODE_BADVERS = 16		/* RFC 6891 section 9 */
};

struct query {
	enum rcode	rcode;		/* not NOERROR: all there is to say */
	uint16_t	class;
	size_t		question_end;	/* bytes of header and question; DNS_HEADER_LEN when none was read */
	struct question	question;	/* name points into this struct: do not copy it */
	struct edns	edns;
	uint8_t		name[NAME_MAX_LEN];
};

/*
 * Read the len octets of packet into *q. False: it deserves no reply (RFC 1035 section
 * 7.3: too short for a header, or itself a reply). The question's hash is computed.
 */
bool query_read(const uint8_t *packet, size_t len, struct query *q);

#endif
