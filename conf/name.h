/*
 * Name: domain names by their shape (RFC 1035 section 5.1, RFC 2181 section 11), without
 * a DNS library. Any octet may stand in a label.
 */
#ifndef CONF_NAME_H
#define CONF_NAME_H

#include <stdbool.h>
#include <stddef.h>

#define NAME_TEXT_MAX 1024		/* 255 octets, each of them escaped, and a NUL */

struct name {
	char	 text[NAME_TEXT_MAX];	/* lower case, escaped in one way, no final dot; "." is the root */
	size_t	 wire_len;		/* octets, the root's included: 1 to 255 */
	unsigned labels;		/* the root has 0 */
	bool	 absolute;		/* written with a final dot */
	bool	 wildcard;		/* the first label is "*" */
	bool	 inner_star;		/* another one is */
};

/* Read a name as a master file has it ("a\.b", "\004"). NULL when good, otherwise what is wrong. */
const char *name_read(struct name *name, const char *text);

#endif
