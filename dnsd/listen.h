/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Listen: the sockets. Bound by the parent, which keeps them open through every
 * generation and crash, so that queries wait in the kernel meanwhile. For each listen
 * address and worker one UDP and one TCP socket (SO_REUSEPORT).
 */
#ifndef DNSD_LISTEN_H
#define DNSD_LISTEN_H

#include <sys/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"

struct listener {
	union conf_sockaddr	 addr;
	socklen_t		 len;
	const char		*text;
	bool			 wildcard;	/* replies must choose their source address */
	int			*udp;		/* by worker */
	int			*tcp;
	bool			*borrowed;	/* by worker: both are the older generation's */
};

struct listeners {
	struct listener	*list;
	size_t		 n;
	unsigned	 workers;
};

/*
 * Sockets for a configuration: those that older (NULL: none) has are shared, the others
 * are opened. NULL with mistakes in c when one cannot be had.
 */
struct listeners *listen_open(const struct conf *conf, const struct listeners *older, struct complaints *c);

/* The generation was not taken: close what was opened for it alone. NULL is allowed. */
void listen_abandon(struct listeners *l);

/*
 * The generation was taken: close what only older has. Nothing arrives at such a UDP socket
 * any more, but who shares it may read what is waiting there. NULL is allowed.
 */
void listen_retire(struct listeners *older, struct listeners *newer);

/*
 * The control socket, listening, for its owner and group alone. A socket file that nobody
 * listens on any more is replaced.
 */
struct control_socket {
	int	fd;		/* -1: none */
	dev_t	dev;		/* of its file, to know it again */
	ino_t	ino;
};

void listen_control(const char *path, struct control_socket *s, struct complaints *c); /* a mistake: fd is -1 */
bool listen_control_stands(const char *path, const struct control_socket *s);          /* its file is still there */
void listen_control_close(const char *path, struct control_socket *s);                 /* with its file */

#endif
