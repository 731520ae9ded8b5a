/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nesting: which zones of ours stand inside which. A name inside two zones belongs to
 * the one further down, whether or not the upper one delegates it.
 */
#include <stdlib.h>

#include "conf/mem.h"
#include "zones/zone.h"

struct apexes {
	struct zones	*zones;
	uint32_t	*slots;		/* zone index + 1 */
	size_t		 n_slots;	/* a power of two */
};

static uint32_t *
apex_slot(const struct apexes *a, const uint8_t *name)
{
	size_t i = name_hash(name, name_len(name)) & (a->n_slots - 1);

	while (a->slots[i] && !name_equal(a->zones->list[a->slots[i] - 1]->origin, name))
		i = (i + 1) & (a->n_slots - 1);
	return &a->slots[i];
}

static struct zone *
find_parent(const struct apexes *a, const struct zone *z)
{
	const uint8_t *name = z->origin;
	uint32_t found;

	while (*name) {
		name = name_parent(name);
		found = *apex_slot(a, name);
		if (found)
			return a->zones->list[found - 1];
	}
	return NULL;
}

void
nest_zones(struct zones *zones)
{
	struct apexes a = { .zones = zones, .n_slots = 8 };
	size_t i;

	while (a.n_slots < 2 * zones->count)
		a.n_slots *= 2;
	a.slots = mem_zero(a.n_slots, sizeof *a.slots);
	for (i = 0; i < zones->count; i++)
		if (zones->list[i]->named)
			*apex_slot(&a, zones->list[i]->origin) = (uint32_t)i + 1;
	for (i = 0; i < zones->count; i++) {
		struct zone *z = zones->list[i], *parent = z->named ? find_parent(&a, z) : NULL;
		struct zone_name *n;

		if (parent == NULL)
			continue;
		z->parent = parent;
		n = zone_add_name(parent, z->origin);
		n->nested = n;
	}
	free(a.slots);
}
