/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answer: records to wire. What follows the question in a reply, made once when the
 * zone is loaded or the plan changes, and copied behind any question that it serves.
 * Pure.
 *
 * The one thing that a body cannot know is how long the asked name is: a wildcard, a
 * referral or a zone's NXDOMAIN serves names of any length. Its compression pointers
 * are therefore written relative to the end of the asked name and put right when the
 * body is copied; fixes tell where they are. A body for one exact name needs none.
 */
#ifndef ZONES_ANSWER_H
#define ZONES_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct answer_cut {			/* the body may end here, at an RRset's end (RFC 2181 section 9) */
	uint16_t	len;
	uint16_t	ancount;
	uint16_t	nscount;
	uint16_t	arcount;
};

struct answer {				/* uint16_t fixes[n_fixes], struct answer_cut cuts[n_cuts], then the wire */
	uint16_t	len;		/* of the wire */
	uint16_t	ancount;
	uint16_t	nscount;
	uint16_t	arcount;
	uint8_t		rcode;
	bool		authoritative;	/* the AA bit */
	uint8_t		n_fixes;
	uint8_t		n_cuts;
};

/*
 * Copy the body behind a question. at: where; room: how many bytes may be used;
 * name_len: of the asked name. Returns the bytes written; counts are put into *end,
 * *truncated is set when something was left out.
 */
size_t
answer_copy(const struct answer *a, uint8_t *at, size_t room, size_t name_len, struct answer_cut *end, bool *truncated);

/* -- making one -- */

#define ANSWER_BODY_MAX		65000	/* with header, question and OPT it still fits into a TCP message */
#define ANSWER_NAMES_MAX	64	/* remembered for compression */
#define ANSWER_CUTS_MAX		64
#define ANSWER_FIXES_MAX	255

enum answer_section { ANSWER_SECTION, AUTHORITY_SECTION, ADDITIONAL_SECTION };

struct answer_builder {
	struct answer		 head;
	const uint8_t		*suffix;	/* every asked name ends in it; lower case */
	bool			 exact;		/* the asked name is suffix itself */
	bool			 overflow;	/* more than ANSWER_BODY_MAX: becomes SERVFAIL */
	size_t			 n_names;
	struct {
		uint16_t	 at;		/* in names[] */
		int16_t		 relative;	/* place in the message, from the end of the asked name */
	}			 name[ANSWER_NAMES_MAX];
	size_t			 names_len;
	uint8_t			 names[ANSWER_NAMES_MAX * 64];	/* lower case, for comparing */
	uint16_t		 fixes[ANSWER_FIXES_MAX];
	struct answer_cut	 cuts[ANSWER_CUTS_MAX];
	uint8_t			 wire[ANSWER_BODY_MAX];
};

/* suffix must stay until answer_write(). */
void answer_begin(struct answer_builder *b, const uint8_t *suffix, bool exact, uint8_t rcode, bool authoritative);

/* owner: wire format, NULL for the asked name. Records of one RRset follow each other. */
void answer_add(struct answer_builder *b, enum answer_section section, const uint8_t *owner, uint16_t type,
    uint32_t ttl, const uint8_t *rdata, size_t len);
void answer_end_rrset(struct answer_builder *b);               /* a place where the answer may be cut */
size_t answer_size(const struct answer_builder *b);            /* bytes that answer_write() needs */
void answer_write(const struct answer_builder *b, void *room); /* room aligned for struct answer */

#endif
