/* SPDX-License-Identifier: BSD-2-Clause */
/* Name: see name.h. */
#include <string.h>

#include "zones/name.h"

#define ONES	0x0101010101010101u
#define HIGHS	0x8080808080808080u

size_t
name_len(const uint8_t *name)
{
	const uint8_t *p = name;

	while (*p != 0)
		p += 1 + *p;
	return (size_t)(p - name) + 1;
}

/*
 * Eight octets at once. A label's length (at most 63) is below 'A', so lengths stay
 * as they are. Per octet below 0x80: the high bit of (c + 0x3f) tells c >= 'A', that of
 * (c + 0x25) tells c > 'Z'.
 */
static uint64_t
lower8(uint64_t w)
{
	uint64_t ascii = w & ~HIGHS;
	uint64_t from_a = ascii + 0x3f * ONES;
	uint64_t past_z = ascii + 0x25 * ONES;
	uint64_t upper = (from_a ^ past_z) & ~w & HIGHS;

	return w | upper >> 2;
}

static uint8_t
lower1(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

void
name_lower(uint8_t *dst, const uint8_t *src, size_t len)
{
	uint64_t w;

	for (; len >= 8; len -= 8, src += 8, dst += 8) {
		memcpy(&w, src, 8);
		w = lower8(w);
		memcpy(dst, &w, 8);
	}
	for (; len > 0; len--)
		*dst++ = lower1(*src++);
}

bool
name_equal(const uint8_t *a, const uint8_t *b)
{
	size_t len = name_len(a);

	return len == name_len(b) && memcmp(a, b, len) == 0;
}

bool
name_within(const uint8_t *name, const uint8_t *parent)
{
	size_t len = name_len(name), parent_len = name_len(parent);

	while (len > parent_len) {
		len -= 1 + (size_t)*name;
		name = name_parent(name);
	}
	return len == parent_len && memcmp(name, parent, len) == 0;
}

/* Multiply and fold: the tables hold what the operator wrote, so no secret key is needed. */
static uint64_t
mix(uint64_t h, uint64_t w)
{
	h = (h ^ w) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 29;
}

uint64_t
name_hash(const uint8_t *name, size_t len)
{
	uint64_t h = len, w;

	for (; len >= 8; len -= 8, name += 8) {
		memcpy(&w, name, 8);
		h = mix(h, w);
	}
	w = 0;
	memcpy(&w, name, len);
	h = mix(h, w);
	return h * 0xff51afd7ed558ccdu;
}

static char *
put_octet(char *p, uint8_t c)
{
	if (c == '.' || c == '\\' || c == '"' || c == ';' || c == '(' || c == ')' || c == '@' || c == '$') {
		*p++ = '\\';
		*p++ = (char)c;
	} else if (c > ' ' && c < 0x7f) {
		*p++ = (char)c;
	} else {
		*p++ = '\\';
		*p++ = (char)('0' + c / 100);
		*p++ = (char)('0' + c / 10 % 10);
		*p++ = (char)('0' + c % 10);
	}
	return p;
}

char *
name_text(const uint8_t *name, char *text)
{
	char *p = text;
	uint8_t i;

	if (*name == 0)
		*p++ = '.';
	for (; *name != 0; name = name_parent(name)) {
		if (p != text)
			*p++ = '.';
		for (i = 1; i <= *name; i++)
			p = put_octet(p, name[i]);
	}
	*p = '\0';
	return text;
}
