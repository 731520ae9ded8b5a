/* SPDX-License-Identifier: BSD-2-Clause */
/* EDNS: see edns.h. */
#include <string.h>

#include "dnsd/edns.h"
#include "zones/rr.h"

#define OPTION_NSID	3
#define OPTION_HEAD	4
#define DO_BIT		0x8000u

bool
edns_read(struct edns *e, uint16_t class, uint32_t ttl, const uint8_t *rdata, size_t len)
{
	const uint8_t *end = rdata + len;

	e->present = true;
	e->size = class;
	e->version = (uint8_t)(ttl >> 16);
	e->dnssec_ok = ttl & DO_BIT;
	while (end - rdata >= OPTION_HEAD) {
		uint16_t code = rr_get16(rdata), option_len = rr_get16(rdata + 2);

		rdata += OPTION_HEAD;
		if (option_len > end - rdata)
			return false;
		if (code == OPTION_NSID)
			e->nsid = true;
		rdata += option_len;
	}
	return rdata == end;
}

size_t
edns_len(const struct edns *e, const char *identity, size_t identity_len)
{
	if (!e->present)
		return 0;
	return EDNS_OPT_LEN + (e->nsid && identity ? OPTION_HEAD + identity_len : 0);
}

size_t
edns_write(const struct edns *e, uint8_t extended, const char *identity, size_t identity_len, uint8_t *at)
{
	size_t len = edns_len(e, identity, identity_len);

	if (len == 0)
		return 0;
	at[0] = 0; /* the root */
	rr_put16(at + 1, RR_OPT);
	rr_put16(at + 3, EDNS_SIZE);
	at[5] = extended;
	at[6] = 0;                                   /* version */
	rr_put16(at + 7, e->dnssec_ok ? DO_BIT : 0); /* RFC 3225 section 3: copied */
	rr_put16(at + 9, (uint16_t)(len - EDNS_OPT_LEN));
	if (len > EDNS_OPT_LEN) {
		rr_put16(at + 11, OPTION_NSID);
		rr_put16(at + 13, (uint16_t)identity_len);
		memcpy(at + 15, identity, identity_len);
	}
	return len;
}
