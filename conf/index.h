/*
 * Index: names to numbers, exactly or nearly. Grows as it is filled; a name is found in
 * constant time. Names are not copied: they must outlive the index.
 */
#ifndef CONF_INDEX_H
#define CONF_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INDEX_NONE UINT32_MAX

struct index_entry {
	const char	*name;		/* NULL: free */
	uint32_t	 hash;
	uint32_t	 number;
};

struct index {				/* all zero: empty */
	struct index_entry	*entries;
	size_t			 room;	/* a power of two, or 0 */
	size_t			 count;
};

struct nearest {			/* the candidate closest to text so far */
	const char	*text;
	const char	*best;		/* NULL: none is near */
	size_t		 distance;
};

uint32_t index_find(const struct index *x, const char *name); /* INDEX_NONE: not there */

/* Add a name. If it is there already nothing changes and its number is returned, else INDEX_NONE. */
uint32_t index_add(struct index *x, const char *name, uint32_t number);
void index_free(struct index *x); /* the content, not x itself */

/* Near: at most 2 edits, or a third of the length where that is more, and fewer than its letters. */
void nearest_try(struct nearest *n, const char *candidate);
const char *index_nearest(const struct index *x, const char *name); /* NULL: none is near */

#endif
