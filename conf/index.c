/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Index: open addressing with linear probing, at most half full.
 */
#include "conf/index.h"

#include <stdlib.h>
#include <string.h>

#include "conf/mem.h"

#define ROOM_FIRST 64
#define WORD_MAX   64 /* longer names are never near: they are not typed by hand */

static uint32_t
hash_of(const char *name) /* FNV-1a */
{
	uint32_t hash = 2166136261u;

	for (; *name != '\0'; name++)
		hash = (hash ^ (uint8_t)*name) * 16777619u;
	return hash;
}

/* The name's entry, or the free one where it belongs. */
static struct index_entry *
entry_of(const struct index *x, const char *name, uint32_t hash)
{
	size_t i = hash & (x->room - 1);

	while (x->entries[i].name != NULL) {
		if (x->entries[i].hash == hash && strcmp(x->entries[i].name, name) == 0)
			break;
		i = (i + 1) & (x->room - 1);
	}
	return &x->entries[i];
}

static void
grow(struct index *x)
{
	struct index old = *x;
	size_t i;

	x->room = old.room == 0 ? ROOM_FIRST : 2 * old.room;
	x->entries = mem_zero(x->room, sizeof(*x->entries));
	for (i = 0; i < old.room; i++)
		if (old.entries[i].name != NULL)
			*entry_of(x, old.entries[i].name, old.entries[i].hash) = old.entries[i];
	free(old.entries);
}

uint32_t
index_find(const struct index *x, const char *name)
{
	const struct index_entry *e;

	if (x->room == 0)
		return INDEX_NONE;
	e = entry_of(x, name, hash_of(name));
	return e->name != NULL ? e->number : INDEX_NONE;
}

uint32_t
index_add(struct index *x, const char *name, uint32_t number)
{
	uint32_t hash = hash_of(name);
	struct index_entry *e;

	if (2 * x->count >= x->room)
		grow(x);
	e = entry_of(x, name, hash);
	if (e->name != NULL)
		return e->number;
	*e = (struct index_entry){ .name = name, .hash = hash, .number = number };
	x->count++;
	return INDEX_NONE;
}

void
index_free(struct index *x)
{
	free(x->entries);
	*x = (struct index){ 0 };
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Levenshtein's distance; both at most WORD_MAX long. */
static size_t
distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t row[WORD_MAX + 1], i, j;

	for (j = 0; j <= b_len; j++)
		row[j] = j;
	for (i = 1; i <= a_len; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (j = 1; j <= b_len; j++) {
			size_t replaced = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			row[j] = least(replaced, 1 + least(row[j], row[j - 1]));
		}
	}
	return row[b_len];
}

void
nearest_try(struct nearest *n, const char *candidate)
{
	size_t len = strlen(n->text), candidate_len = strlen(candidate);
	size_t edits, allowed = len / 3 > 2 ? len / 3 : 2;

	if (len > WORD_MAX || candidate_len > WORD_MAX)
		return;
	edits = distance(n->text, len, candidate, candidate_len);
	if (edits > allowed || edits >= least(len, candidate_len) || (n->best != NULL && edits >= n->distance))
		return;
	n->best = candidate;
	n->distance = edits;
}

const char *
index_nearest(const struct index *x, const char *name)
{
	struct nearest nearest = { .text = name };
	size_t i;

	for (i = 0; i < x->room; i++)
		if (x->entries[i].name != NULL)
			nearest_try(&nearest, x->entries[i].name);
	return nearest.best;
}
