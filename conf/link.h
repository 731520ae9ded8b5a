/*
 * Link: messages between the processes, over a socketpair of SOCK_SEQPACKET, so that a
 * message arrives whole or not at all. A message may carry one descriptor. What cannot
 * be sent at once waits in the sender's memory; order is kept.
 */
#ifndef CONF_LINK_H
#define CONF_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINK_PAYLOAD_MAX 32768

enum link_type {
	/* child to parent */
	LINK_READY = 1,		/* dns: the table stands; health: the first round of probes is over */
	LINK_SERVING,		/* dns: reads its sockets */
	LINK_RETIRED,		/* dns: reads them no more; what it has of TCP is being finished */
	LINK_ACTIVE,		/* health: the plan is sent to dns, decisions flow */
	LINK_RELOAD,		/* health: an operator asks for it */
	LINK_STOP,		/* health: the same */
	/* parent to child */
	LINK_SERVE,		/* dns: begin to read the sockets */
	LINK_ACTIVATE,		/* health: begin to decide (a new generation took over) */
	LINK_RETIRE,		/* finish what is begun and exit */
	LINK_PEER,		/* + descriptor: the new link to the other child */
	LINK_RELOADED,		/* health: payload: byte 1 good / 0 bad, then the complaints as text */
	/* health to dns */
	LINK_PLAN,		/* payload: a plan packet */
	LINK_TYPES
};

struct event_base;
struct link;

/* fd is -1 or the caller's to close. A message of unknown type or odd length closes the link. */
typedef void (*link_message_fn)(void *arg, enum link_type type, const uint8_t *payload, size_t len, int fd);
typedef void (*link_closed_fn)(void *arg); /* the peer is gone; the link is freed after the call */

int link_pair(int fds[2]); /* non-blocking, close-on-exec; 0, or -1 with errno */

/* Takes fd over. Callbacks come from the event loop. */
struct link *link_new(struct event_base *base, int fd, link_message_fn message, link_closed_fn closed, void *arg);
void link_free(struct link *l); /* closes; unsent messages are dropped; NULL is allowed */

/* Send or queue; passed_fd (or -1) stays the caller's and is duplicated. l may be NULL: the message is dropped. */
void link_send(struct link *l, enum link_type type, const void *payload, size_t len, int passed_fd);
bool link_drained(const struct link *l); /* nothing queued */
void link_poll(struct link *l);          /* deliver now whatever has already arrived */

#endif
