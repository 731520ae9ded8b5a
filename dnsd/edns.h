/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * EDNS (RFC 6891): the OPT record of a query, and ours. Pure.
 */
#ifndef DNSD_EDNS_H
#define DNSD_EDNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EDNS_SIZE	1232	/* what we receive, and the most we send over UDP: no fragments on any usual path */
#define EDNS_OPT_LEN	11	/* OPT without options */

struct edns {
	bool		present;
	bool		nsid;		/* asked for: RFC 5001 */
	bool		dnssec_ok;
	uint8_t		version;
	uint16_t	size;		/* what the client receives over UDP */
};

/*
 * Take in an OPT record: its class, TTL and rdata. False: malformed. Options that we do
 * not know are skipped (section 6.1.2).
 */
bool edns_read(struct edns *e, uint16_t class, uint32_t ttl, const uint8_t *rdata, size_t len);

/* Octets that edns_write() will need: 0 without EDNS in the query. identity may be NULL. */
size_t edns_len(const struct edns *e, const char *identity, size_t identity_len);

/* Write our OPT; extended is the upper part of the response code. Returns the octets written. */
size_t edns_write(const struct edns *e, uint8_t extended, const char *identity, size_t identity_len, uint8_t *at);

#endif
