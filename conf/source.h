/*
 * Source: the text of a configuration with everything it includes, and where each of its
 * lines stands. The library that parses the text opens no file itself: it would end the
 * process on a folder, take no absolute path beside a relative one, and cut large numbers.
 */
#ifndef CONF_SOURCE_H
#define CONF_SOURCE_H

#include <stddef.h>

#include "conf/complaint.h"

struct arena;

struct source_part {			/* lines from one file, one after the other */
	const char	*file;
	unsigned	 line;		/* in the file, of the first */
	unsigned	 first;		/* in the text, of the first; from 1 */
};

struct source {				/* all zero: empty */
	char			*text;	/* ends with a NUL */
	size_t			 len;
	size_t			 room;
	unsigned		 lines;	/* of the text so far */
	struct source_part	*parts;
	size_t			 n_parts;
};

/*
 * Read file, and for each `@include "NAME"` line the file NAME, relative to folder (""
 * or ending with a slash). 0, or -1 with one complaint. File names are kept in arena.
 * The caller frees with source_free() either way.
 */
int source_read(struct source *s, const char *file, const char *folder, struct arena *arena, struct complaints *c);
void source_free(struct source *s);
struct place source_place(const struct source *s, unsigned line); /* of a line of the text */

#endif
