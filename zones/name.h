/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Name: domain names in wire format (RFC 1035 section 3.1), uncompressed, ending in
 * the root label. Pure. Lengths count every octet, the root's zero included.
 */
#ifndef ZONES_NAME_H
#define ZONES_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAME_MAX_LEN	255	/* RFC 1035 section 2.3.4 */
#define NAME_TEXT_MAX	1024	/* 253 octets, each as \DDD, with dots and the end */

/* Octets of the name, 1 to 255; the name must be well-formed. */
size_t name_len(const uint8_t *name);

/* Copy in lower case (RFC 4343); dst may be src. */
void name_lower(uint8_t *dst, const uint8_t *src, size_t len);
bool name_equal(const uint8_t *a, const uint8_t *b); /* both in lower case */

/* Is name at or below parent? Both in lower case. */
bool name_within(const uint8_t *name, const uint8_t *parent);

static inline const uint8_t *
name_parent(const uint8_t *name) /* not for the root */
{
	return name + 1 + name[0];
}

static inline bool
name_is_wildcard(const uint8_t *name) /* RFC 4592 section 2.1.1 */
{
	return name[0] == 1 && name[1] == '*';
}

/* Hash of a name in lower case. */
uint64_t name_hash(const uint8_t *name, size_t len);

/* Presentation format without the final dot ("." for the root); returns text, which has NAME_TEXT_MAX bytes. */
char *name_text(const uint8_t *name, char *text);

#endif
