/* SPDX-License-Identifier: BSD-2-Clause */
/* Listen: see listen.h. */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/mem.h"
#include "dnsd/listen.h"

#define UDP_RCVBUF	(4 * 1024 * 1024)	/* queries that wait while the dns process starts anew */
#define TCP_BACKLOG	1024
#define CONTROL_BACKLOG	16
#define CONTROL_MASK	0117		/* -rw-rw---- */

static void
set(int fd, int level, int option, int value)
{
	(void)setsockopt(fd, level, option, &value, sizeof value);
}

static bool
is_wildcard(const union conf_sockaddr *a)
{
	if (a->sa.sa_family == AF_INET)
		return a->in.sin_addr.s_addr == htonl(INADDR_ANY);
	return IN6_IS_ADDR_UNSPECIFIED(&a->in6.sin6_addr);
}

/*
 * SO_REUSEPORT would let a second relevod of the same user take half of our queries
 * unseen; so at the start each address is first bound without it.
 */
static int
try_alone(const struct listener *l, int type)
{
	int fd = socket(l->addr.sa.sa_family, type | SOCK_CLOEXEC, 0), result, error;

	if (fd < 0)
		return -1;
	if (l->addr.sa.sa_family == AF_INET6)
		set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (type == SOCK_STREAM)
		set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	result = bind(fd, &l->addr.sa, l->len);
	if (result == 0 && type == SOCK_STREAM)
		result = listen(fd, 1);
	error = errno;
	close(fd);
	errno = error;
	return result;
}

static void
set_udp_options(int fd, const struct listener *l)
{
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &(int){ UDP_RCVBUF }, sizeof(int)) < 0)
		set(fd, SOL_SOCKET, SO_RCVBUF, UDP_RCVBUF);
	if (l->addr.sa.sa_family == AF_INET) {
		/* No fragments are believed to be lost: a forged ICMP cannot make us use smaller packets. */
		set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
		if (l->wildcard)
			set(fd, IPPROTO_IP, IP_PKTINFO, 1);
	} else {
		set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT);
		if (l->wildcard)
			set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	}
}

/* -1 with errno */
static int
open_socket(const struct listener *l, int type)
{
	int fd = socket(l->addr.sa.sa_family, type | SOCK_CLOEXEC | (type == SOCK_STREAM ? SOCK_NONBLOCK : 0), 0),
	    error;

	if (fd < 0)
		return -1;
	set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (l->addr.sa.sa_family == AF_INET6)
		set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (type == SOCK_DGRAM) {
		set_udp_options(fd, l);
	} else {
		set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
		set(fd, IPPROTO_TCP, TCP_NODELAY, 1); /* inherited by what is accepted */
	}
	if (bind(fd, &l->addr.sa, l->len) == 0 && (type == SOCK_DGRAM || listen(fd, TCP_BACKLOG) == 0))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static const struct listener *
find(const struct listeners *older, const struct listener *l)
{
	size_t i;

	for (i = 0; older && i < older->n; i++)
		if (older->list[i].len == l->len && memcmp(&older->list[i].addr, &l->addr, l->len) == 0)
			return &older->list[i];
	return NULL;
}

static const char *
hint(int error)
{
	switch (error) {
	case EACCES:
		return "; start as root, or choose a port above 1023";
	case EADDRINUSE:
		return "; another server, or another relevod, has it";
	case EADDRNOTAVAIL:
		return "; this machine has no such address";
	default:
		return "";
	}
}

/* Both sockets of one worker. 0, or -1 with errno. */
static int
open_worker(struct listener *l, const struct listeners *older, unsigned w)
{
	const struct listener *same = find(older, l);

	if (same && w < older->workers) {
		l->udp[w] = same->udp[w];
		l->tcp[w] = same->tcp[w];
		l->borrowed[w] = true;
		return 0;
	}
	if (w == 0 && older == NULL && (try_alone(l, SOCK_DGRAM) < 0 || try_alone(l, SOCK_STREAM) < 0))
		return -1;
	l->udp[w] = open_socket(l, SOCK_DGRAM);
	if (l->udp[w] >= 0)
		l->tcp[w] = open_socket(l, SOCK_STREAM);
	return l->udp[w] >= 0 && l->tcp[w] >= 0 ? 0 : -1;
}

static void
open_listener(struct listener *l, unsigned workers, const struct conf_listen *cl, const struct listeners *older,
    struct complaints *c)
{
	unsigned w;

	l->addr = cl->addr;
	l->len = cl->len;
	l->text = cl->text;
	l->wildcard = is_wildcard(&cl->addr);
	l->udp = mem_zero(workers, sizeof *l->udp);
	l->tcp = mem_zero(workers, sizeof *l->tcp);
	l->borrowed = mem_zero(workers, sizeof *l->borrowed);
	for (w = 0; w < workers; w++)
		l->udp[w] = l->tcp[w] = -1;
	for (w = 0; w < workers; w++) {
		if (open_worker(l, older, w) == 0)
			continue;
		complain(c, COMPLAINT_MISTAKE, cl->place, "server.listen: cannot listen on \"%s\": %s%s", cl->text,
		    strerror(errno), hint(errno));
		return;
	}
}

static void
close_worker(struct listener *l, unsigned w)
{
	if (l->udp[w] >= 0)
		close(l->udp[w]);
	if (l->tcp[w] >= 0)
		close(l->tcp[w]);
}

static void
free_all(struct listeners *l)
{
	size_t i;

	for (i = 0; i < l->n; i++) {
		free(l->list[i].udp);
		free(l->list[i].tcp);
		free(l->list[i].borrowed);
	}
	free(l->list);
	free(l);
}

/* One for each core, but not more than there is room to count for. */
static unsigned
default_workers(const struct conf *conf)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN), most = CONF_SOCKETS_MAX / (long)conf->server.n_listen;

	if (cores > most)
		cores = most;
	return cores > 1 ? (unsigned)cores : 1;
}

struct listeners *
listen_open(const struct conf *conf, const struct listeners *older, struct complaints *c)
{
	struct listeners *l = mem_zero(1, sizeof *l);
	size_t mistakes = c->mistakes;

	l->workers = conf->server.workers ? conf->server.workers : default_workers(conf);
	l->list = mem_zero(conf->server.n_listen, sizeof *l->list);
	for (; l->n < conf->server.n_listen; l->n++)
		open_listener(&l->list[l->n], l->workers, &conf->server.listen[l->n], older, c);
	if (c->mistakes == mistakes)
		return l;
	listen_abandon(l);
	return NULL;
}

void
listen_abandon(struct listeners *l)
{
	size_t i;
	unsigned w;

	if (l == NULL)
		return;
	for (i = 0; i < l->n; i++)
		for (w = 0; w < l->workers; w++)
			if (!l->list[i].borrowed[w])
				close_worker(&l->list[i], w);
	free_all(l);
}

/*
 * A UDP socket that is connected to itself is out of its SO_REUSEPORT group: the kernel
 * gives what comes to the others. What it has stays for the old dns process to read.
 */
static void
divert(int fd)
{
	union conf_sockaddr self;
	socklen_t len = sizeof self;

	if (getsockname(fd, &self.sa, &len) == 0)
		(void)connect(fd, &self.sa, len);
}

void
listen_retire(struct listeners *older, struct listeners *newer)
{
	size_t i;
	unsigned w;

	if (older == NULL)
		return;
	for (i = 0; i < older->n; i++) {
		const struct listener *same = find(newer, &older->list[i]);

		for (w = 0; w < older->workers; w++) {
			if (same && w < newer->workers)
				continue;
			divert(older->list[i].udp[w]);
			close_worker(&older->list[i], w);
		}
	}
	free_all(older);
	for (i = 0; i < newer->n; i++)
		memset(newer->list[i].borrowed, 0, newer->workers * sizeof *newer->list[i].borrowed);
}

/* -- the control socket -- */

static bool
somebody_listens(const struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool connected = fd >= 0 && connect(fd, (const struct sockaddr *)addr, sizeof *addr) == 0;

	if (fd >= 0)
		close(fd);
	return connected;
}

/* The folder may be missing after a boot (/run); the socket file of a dead relevod is no use to anybody. */
static void
make_way(const char *path)
{
	char *folder = mem_string(path), *slash = strrchr(folder, '/');
	struct stat st;

	if (slash && slash != folder) {
		*slash = '\0';
		(void)mkdir(folder, 0755);
	}
	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(path);
	free(folder);
}

void
listen_control(const char *path, struct control_socket *s, struct complaints *c)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct stat st;
	int result;
	mode_t mask;

	s->fd = -1;
	strncpy(addr.sun_path, path, sizeof addr.sun_path - 1);
	if (somebody_listens(&addr)) {
		complain(c, COMPLAINT_MISTAKE, (struct place){ NULL, 0 },
		    "server.control: \"%s\": another relevod listens there; stop it, or choose another path", path);
		return;
	}
	make_way(path);
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mask = umask(CONTROL_MASK);
	result = s->fd < 0 ? -1 : bind(s->fd, (const struct sockaddr *)&addr, sizeof addr);
	umask(mask);
	if (result == 0 && listen(s->fd, CONTROL_BACKLOG) == 0 && stat(path, &st) == 0) {
		s->dev = st.st_dev;
		s->ino = st.st_ino;
		return;
	}
	complain(c, COMPLAINT_MISTAKE, (struct place){ NULL, 0 }, "server.control: cannot listen on \"%s\": %s", path,
	    strerror(errno));
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

bool
listen_control_stands(const char *path, const struct control_socket *s)
{
	struct stat st;

	return s->fd >= 0 && stat(path, &st) == 0 && st.st_dev == s->dev && st.st_ino == s->ino;
}

void
listen_control_close(const char *path, struct control_socket *s)
{
	if (listen_control_stands(path, s))
		unlink(path);
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}
