/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RR: numbers of the DNS that several files need, and where names stand in rdata.
 */
#ifndef ZONES_RR_H
#define ZONES_RR_H

#include <stddef.h>
#include <stdint.h>

enum rr_type {
	RR_A = 1,
	RR_NS = 2,
	RR_MD = 3,
	RR_MF = 4,
	RR_CNAME = 5,
	RR_SOA = 6,
	RR_MB = 7,
	RR_MG = 8,
	RR_MR = 9,
	RR_PTR = 12,
	RR_HINFO = 13,
	RR_MINFO = 14,
	RR_MX = 15,
	RR_TXT = 16,
	RR_AAAA = 28,
	RR_SRV = 33,
	RR_DNAME = 39,
	RR_OPT = 41,
	RR_DS = 43,
	RR_RRSIG = 46,
	RR_NSEC = 47,
	RR_TKEY = 249,
	RR_TSIG = 250,
	RR_IXFR = 251,
	RR_AXFR = 252,
	RR_MAILB = 253,
	RR_MAILA = 254,
	RR_ANY = 255
};

enum { RR_CLASS_IN = 1, RR_CLASS_CH = 3, RR_CLASS_ANY = 255 };

/* Bytes of rdata before its first compressible name, and how many such names follow (RFC 3597 section 4). */
struct rr_names {
	uint8_t	offset;
	uint8_t	count;
};

static inline struct rr_names
rr_compressible(uint16_t type)
{
	switch (type) {
	case RR_NS:
	case RR_MD:
	case RR_MF:
	case RR_CNAME:
	case RR_MB:
	case RR_MG:
	case RR_MR:
	case RR_PTR:
		return (struct rr_names){ 0, 1 };
	case RR_SOA:
	case RR_MINFO:
		return (struct rr_names){ 0, 2 };
	case RR_MX:
		return (struct rr_names){ 2, 1 };
	default:
		return (struct rr_names){ 0, 0 };
	}
}

static inline uint32_t
rr_get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint16_t
rr_get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline void
rr_put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void
rr_put32(uint8_t *p, uint32_t v)
{
	rr_put16(p, (uint16_t)(v >> 16));
	rr_put16(p + 2, (uint16_t)v);
}

#endif
