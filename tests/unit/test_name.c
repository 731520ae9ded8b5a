/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names in wire format: length, case, order of labels, text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "zones/name.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NAME(text)   ((const uint8_t *)(text))

/* Four labels that make up all the octets a name may have, each of the given one. */
static const uint8_t *
longest(uint8_t octet)
{
	static const uint8_t lens[] = { 63, 63, 63, 61 };
	static uint8_t name[NAME_MAX_LEN];
	uint8_t *p = name;
	size_t i;

	for (i = 0; i < COUNT(lens); i++) {
		*p = lens[i];
		memset(p + 1, octet, lens[i]);
		p += 1 + lens[i];
	}
	*p = 0;
	return name;
}

static const uint8_t *
deepest(void)
{
	static uint8_t name[NAME_MAX_LEN];
	size_t i;

	for (i = 0; i + 1 < sizeof name; i += 2) {
		name[i] = 1;
		name[i + 1] = 'a';
	}
	return name;
}

static void
lengths_and_labels(void **state)
{
	const struct {
		const uint8_t *name;
		size_t len;
	} cases[] = {
		{ NAME(""), 1 },
		{ NAME("\3com"), 5 },
		{ NAME("\3www\7example\3com"), 17 },
		{ NAME("\1*\3com"), 7 },
		{ longest('a'), 255 },
		{ deepest(), 255 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		assert_int_equal(name_len(cases[i].name), cases[i].len);
}

/* Only A to Z change, at every place of a word of memory, in place as well. */
static void
lower_case(void **state)
{
	uint8_t name[24], expected[24];
	size_t at, len;
	int octet;

	(void)state;
	for (octet = 0; octet < 256; octet++)
		for (at = 0; at < sizeof name; at++) {
			memset(name, 'Q', sizeof name);
			memset(expected, 'q', sizeof expected);
			name[at] = (uint8_t)octet;
			expected[at] = (uint8_t)(octet >= 'A' && octet <= 'Z' ? octet + 32 : octet);
			name_lower(name, name, sizeof name);
			assert_memory_equal(name, expected, sizeof name);
		}
	for (len = 0; len < sizeof name; len++) {
		memset(name, 'Q', sizeof name);
		name_lower(name, name, len);
		assert_true(len == 0 || name[len - 1] == 'q');
		assert_int_equal(name[len], 'Q');
	}
}

static void
equality(void **state)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} cases[] = {
		{ "", "", true },
		{ "\3www", "\3www", true },
		{ "\3www", "\3WwW", false },
		{ "\3www", "\3wwx", false },
		{ "\3www", "\3www\3com", false },
		{ "\3www\3com", "\3www", false },
		{ "\3a.b", "\1a\1b", false }, /* a dot in a label is no border */
		{ "\1[", "\1{", false },	     /* neighbours of the letters */
		{ "\1@", "\1`", false },
		{ "\1\301", "\1\341", false }, /* letters of Latin-1 are octets */
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		assert_int_equal(name_equal(NAME(cases[i].a), NAME(cases[i].b)), cases[i].equal);
}

static void
ancestors(void **state)
{
	static const struct {
		const char *name, *parent;
		bool within;
	} cases[] = {
		{ "", "", true },
		{ "\3com", "", true },
		{ "", "\3com", false },
		{ "\3com", "\3com", true },
		{ "\3www\3com", "\3com", true },
		{ "\1a\3www\3com", "\3com", true },
		{ "\3com", "\3www\3com", false },
		{ "\3www\3net", "\3com", false },
		{ "\6wwwcom", "\3com", false },
		{ "\7www\3com", "\3com", false }, /* its octets end like com's, its labels do not */
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		assert_int_equal(name_within(NAME(cases[i].name), NAME(cases[i].parent)), cases[i].within);
	assert_true(name_within(deepest(), deepest() + 252));
	assert_memory_equal(name_parent(NAME("\3www\3com")), "\3com", 5);
}

static void
wildcards(void **state)
{
	(void)state;
	assert_true(name_is_wildcard(NAME("\1*")));
	assert_true(name_is_wildcard(NAME("\1*\3com")));
	assert_false(name_is_wildcard(NAME("")));
	assert_false(name_is_wildcard(NAME("\2**")));
	assert_false(name_is_wildcard(NAME("\1a\1*")));
	assert_false(name_is_wildcard(NAME("\2*a")));
}

/* Hashes are of all octets: names of every length differ from their neighbours. */
static void
hashes(void **state)
{
	uint8_t name[NAME_MAX_LEN] = { 0 }, other[NAME_MAX_LEN];
	size_t len, i;

	(void)state;
	for (len = 1; len <= NAME_MAX_LEN; len++) {
		assert_true(name_hash(name, len) == name_hash(name, len));
		if (len > 1)
			assert_true(name_hash(name, len) != name_hash(name, len - 1));
		for (i = 0; i < len; i++) {
			memcpy(other, name, sizeof other);
			other[i] ^= 1;
			assert_true(name_hash(name, len) != name_hash(other, len));
		}
	}
}

static void
texts(void **state)
{
	static const struct {
		const char *name, *text;
	} cases[] = {
		{ "", "." },
		{ "\3www\7example\3com", "www.example.com" },
		{ "\3WWW", "WWW" },
		{ "\1*\1a", "*.a" },
		{ "\3a.b\1c", "a\\.b.c" },
		{ "\12a\\\"();@$ \177", "a\\\\\\\"\\(\\)\\;\\@\\$\\032\\127" },
		{ "\3\1\11\377", "\\001\\009\\255" },
		{ "\13_sip-1+/=~!", "_sip-1+/=~!" },
	};
	char text[NAME_TEXT_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		assert_string_equal(name_text(NAME(cases[i].name), text), cases[i].text);
		assert_ptr_equal(name_text(NAME(cases[i].name), text), text);
	}
	assert_int_equal(strlen(name_text(longest(7), text)), 250 * 4 + 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths_and_labels),
		cmocka_unit_test(lower_case),
		cmocka_unit_test(equality),
		cmocka_unit_test(ancestors),
		cmocka_unit_test(wildcards),
		cmocka_unit_test(hashes),
		cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests_name("name", tests, NULL, NULL);
}
