/*
 * Outcome: how one probe ended; and the names of the verdicts that outcomes lead to.
 * One table, known to the health process (which makes them) and to the dns process
 * (which shows them to dig).
 */
#ifndef CONF_OUTCOME_H
#define CONF_OUTCOME_H

#include <stdbool.h>

enum outcome {
	OUTCOME_NONE,		/* not probed yet */
	OUTCOME_GOOD,
	OUTCOME_REFUSED,	/* connection refused */
	OUTCOME_RESET,		/* connection reset or closed early */
	OUTCOME_TIMEOUT,	/* the deadline passed */
	OUTCOME_UNREACHABLE,	/* the network said so (ICMP), for this target */
	OUTCOME_TLS,		/* handshake failed */
	OUTCOME_CERTIFICATE,	/* certificate not valid, expired, or for another name */
	OUTCOME_PROTOCOL,	/* not what the protocol allows */
	OUTCOME_STATUS,		/* answered with another status; the number is the status */
	OUTCOME_BODY,		/* answered without the expected content */
	OUTCOME_LOCAL,		/* our own trouble: no descriptor, no route out, no memory. Never counted */
	OUTCOME_COUNT
};

struct outcome_row {
	const char	*code;		/* short, for metrics and JSON: "refused" */
	const char	*phrase;	/* for people: "connection refused" */
	bool		 counted;	/* false: says nothing about the target */
};

enum verdict_state { VERDICT_UNKNOWN, VERDICT_UP, VERDICT_SUSPECT, VERDICT_DOWN, VERDICT_STATES };

const struct outcome_row *outcome_row(enum outcome outcome); /* out of range: OUTCOME_NONE's */
const char *verdict_name(enum verdict_state state);          /* "up"; out of range: "unknown" */

#endif
