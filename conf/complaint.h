/*
 * Complaints: what is wrong with the operator's files, collected so that all of it is
 * told at once. A mistake forbids the use of the files; a warning does not.
 */
#ifndef CONF_COMPLAINT_H
#define CONF_COMPLAINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum complaint_kind { COMPLAINT_MISTAKE, COMPLAINT_WARNING };

struct complaint {
	enum complaint_kind	 kind;
	char			*text;	/* "FILE:LINE: SUBJECT: what is wrong and what was expected" */
};

struct complaints {
	struct complaint	*list;
	size_t			 count;
	size_t			 mistakes;	/* of them */
};

/* Where something was written. file may be NULL (nowhere in particular); line 0 is left out. */
struct place {
	const char	*file;
	unsigned	 line;
};

/* Add "file:line: text"; for a warning "file:line: warning: text". */
void complain(struct complaints *c, enum complaint_kind kind, struct place place, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void complaints_print(const struct complaints *c, FILE *f); /* one line each */
void complaints_free(struct complaints *c);                 /* the content, not c itself */

#endif
