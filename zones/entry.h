/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entry: one entry of a master file (RFC 1035 section 5.1) as words. Comments,
 * parentheses and the line ends between them are gone; quotes and escapes stand as
 * written. ldns splits text as well, but takes a file that ends in the middle of a
 * string or of a parenthesis for a good one.
 */
#ifndef ZONES_ENTRY_H
#define ZONES_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct entry {				/* all zero: empty; reused from entry to entry */
	char		*text;		/* words with a blank between them, and a NUL */
	size_t		 len;
	size_t		 room;
	size_t		*words;		/* where they begin in text */
	size_t		 n_words;
	size_t		 room_words;
	bool		 begins_blank;	/* no owner: that of the entry before */
	unsigned	 line;		/* of its begin */
	const char	*trouble;	/* why it cannot be used, or NULL */
};

/* Read the next entry that has words; *line is of what is read next. False at the end of the file. */
bool entry_read(struct entry *e, FILE *f, unsigned *line);
void entry_free(struct entry *e); /* the content, not e itself */

/* A copy of word i without the quotes around it; NULL when there is none. The caller frees. */
char *entry_word(const struct entry *e, size_t i);

/* Seconds: a number, or numbers with the units w d h m s. False when it is none or more than 32 bits hold. */
bool entry_period(const char *text, uint32_t *seconds);

#endif
