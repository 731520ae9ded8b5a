/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Steady: asks at a fixed rate whatever the server does (an open loop), checks every
 * answer, and says what was lost. A question unanswered for a second is asked once more,
 * as a resolver would; what that saves is counted apart.
 *
 *	steady ADDRESS PORT RATE SECONDS NAME=ADDRESS[,ADDRESS...] ...
 *
 * NAME=- expects NXDOMAIN. Prints one line of JSON.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define N_SOCKETS	16		/* different ports, so that every SO_REUSEPORT worker gets some */
#define IDS		65536		/* ids of a socket; never reused in a run */
#define RETRY_US	1000000u	/* before a question is asked again, once */
#define LINGER_US	2500000u	/* for the last answers, after the last question */
#define MAX_NAMES	64
#define MAX_LISTED	200
#define RECV_BATCH	64
#define MAX_ACCEPTED	16

struct name {
	char		text[256];
	uint8_t		wire[300];			/* question section */
	size_t		wire_len;
	uint32_t	accepted[MAX_ACCEPTED];		/* network order */
	unsigned	n_accepted;			/* 0: NXDOMAIN */
};

enum progress { UNUSED, ASKED, ASKED_AGAIN, ANSWERED, LOST };

struct question {
	uint64_t	asked_us;
	uint8_t		progress;
	uint8_t		name;
};

struct asker {
	int		fd;
	unsigned	next_id;
	unsigned	oldest;				/* all before it are answered or lost */
	struct question	questions[IDS];
};

static struct asker askers[N_SOCKETS];
static struct name names[MAX_NAMES];
static unsigned n_names;
static uint64_t begin_us;
static struct {
	unsigned	asked, answered, saved_by_retry, lost, wrong, duplicate, send_failed;
	uint64_t	slowest_us;
	double		unanswered_at[MAX_LISTED];	/* seconds since the begin, of first tries */
	unsigned	n_unanswered;
} tally;

static uint64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void
die(const char *what)
{
	perror(what);
	exit(2);
}

/* "a.b" to its question: labels, type A, class IN. */
static void
name_to_wire(struct name *n)
{
	uint8_t *out = n->wire;

	for (const char *label = n->text; *label != '\0';) {
		size_t len = strcspn(label, ".");

		*out++ = (uint8_t)len;
		memcpy(out, label, len);
		out += len;
		label += len + (label[len] == '.');
	}
	memcpy(out, "\0\0\1\0\1", 5);
	n->wire_len = (size_t)(out + 5 - n->wire);
}

/* "name=address,address" or "name=-". */
static void
read_name(const char *arg)
{
	struct name *n = &names[n_names++];
	const char *equals = strchr(arg, '=');
	char list[512];
	char *rest = list;

	if (equals == NULL || (size_t)(equals - arg) >= sizeof(n->text)) {
		fprintf(stderr, "steady: %s is not NAME=ADDRESS\n", arg);
		exit(2);
	}
	memcpy(n->text, arg, (size_t)(equals - arg));
	name_to_wire(n);
	snprintf(list, sizeof(list), "%s", equals + 1);
	for (char *item; strcmp(equals, "=-") != 0 && (item = strsep(&rest, ",")) != NULL;) {
		if (n->n_accepted == MAX_ACCEPTED || inet_pton(AF_INET, item, &n->accepted[n->n_accepted++]) != 1) {
			fprintf(stderr, "steady: %s is not an address\n", item);
			exit(2);
		}
	}
}

static void
open_sockets(const char *address, const char *port)
{
	struct sockaddr_in server = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
	int room = 4 << 20;

	if (inet_pton(AF_INET, address, &server.sin_addr) != 1)
		die("steady: address");
	for (unsigned i = 0; i < N_SOCKETS; i++) {
		askers[i].fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (askers[i].fd < 0 || connect(askers[i].fd, (struct sockaddr *)&server, sizeof(server)) != 0)
			die("steady: socket");
		setsockopt(askers[i].fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	}
}

static void
send_question(struct asker *a, unsigned id)
{
	const struct name *n = &names[a->questions[id].name];
	uint8_t packet[12 + sizeof(n->wire)] = { (uint8_t)(id >> 8), (uint8_t)id, 0, 0, 0, 1 };

	memcpy(packet + 12, n->wire, n->wire_len);
	if (send(a->fd, packet, 12 + n->wire_len, 0) < 0)
		tally.send_failed++;
}

static void
ask(uint64_t now)
{
	struct asker *a = &askers[tally.asked % N_SOCKETS];
	unsigned id = a->next_id++;

	if (id == IDS)
		die("steady: too many questions for the ids of a socket");
	a->questions[id] = (struct question){ now, ASKED, (uint8_t)(tally.asked / N_SOCKETS % n_names) };
	send_question(a, id);
	tally.asked++;
}

static bool
is_right(const struct name *n, const uint8_t *reply, size_t len)
{
	uint32_t address;

	if (len < 12 + n->wire_len || memcmp(reply + 12, n->wire, n->wire_len) != 0)
		return false;
	if ((reply[2] & 0x84) != 0x84) /* a reply, with authority */
		return false;
	if (n->n_accepted == 0)
		return (reply[3] & 15) == 3;
	if ((reply[3] & 15) != 0 || reply[6] != 0 || reply[7] != 1)
		return false;
	/* One address, its owner a pointer to the question: 16 bytes that end with it. */
	if (len != 12 + n->wire_len + 16)
		return false;
	memcpy(&address, reply + len - 4, 4);
	for (unsigned i = 0; i < n->n_accepted; i++)
		if (n->accepted[i] == address)
			return true;
	return false;
}

static void
take_reply(struct asker *a, const uint8_t *reply, size_t len, uint64_t now)
{
	unsigned id = len < 2 ? 0 : (unsigned)reply[0] << 8 | reply[1];
	struct question *q = &a->questions[id];

	if (len < 12 || q->progress == UNUSED || !is_right(&names[q->name], reply, len)) {
		if (tally.wrong++ < 5) {
			fprintf(stderr, "steady: wrong answer for %s:", names[q->name].text);
			for (size_t i = 0; i < len; i++)
				fprintf(stderr, " %02x", reply[i]);
			fputc('\n', stderr);
		}
		return;
	}
	if (q->progress == ANSWERED || q->progress == LOST) {
		tally.duplicate++;
		return;
	}
	if (q->progress == ASKED_AGAIN)
		tally.saved_by_retry++;
	else if (now - q->asked_us > tally.slowest_us)
		tally.slowest_us = now - q->asked_us;
	q->progress = ANSWERED;
	tally.answered++;
}

static void
receive(struct asker *a)
{
	uint8_t reply[4096];

	for (unsigned i = 0; i < RECV_BATCH; i++) {
		ssize_t len = recv(a->fd, reply, sizeof(reply), 0);

		if (len < 0)
			return; /* nothing more, or an ICMP error: the question stays unanswered */
		take_reply(a, reply, (size_t)len, now_us());
	}
}

/* Ask again what waited for a second; give up what waited for two. */
static void
look_back(struct asker *a, uint64_t now)
{
	for (unsigned id = a->oldest; id < a->next_id; id++) {
		struct question *q = &a->questions[id];

		if (now - q->asked_us < RETRY_US)
			return;
		if (q->progress == ASKED) {
			if (tally.n_unanswered < MAX_LISTED)
				tally.unanswered_at[tally.n_unanswered] = (double)(q->asked_us - begin_us) / 1e6;
			tally.n_unanswered++;
			q->progress = ASKED_AGAIN;
			send_question(a, id);
		} else if (q->progress == ASKED_AGAIN && now - q->asked_us >= 2 * RETRY_US) {
			q->progress = LOST;
			tally.lost++;
		}
		if (id == a->oldest && (q->progress == ANSWERED || q->progress == LOST))
			a->oldest++;
	}
}

static void
run(double rate, double seconds)
{
	struct pollfd polls[N_SOCKETS];
	uint64_t last_us = (uint64_t)(seconds * 1e6);
	unsigned total = (unsigned)(rate * seconds);

	for (unsigned i = 0; i < N_SOCKETS; i++)
		polls[i] = (struct pollfd){ .fd = askers[i].fd, .events = POLLIN };
	begin_us = now_us();
	for (uint64_t now = begin_us; now - begin_us < last_us + LINGER_US; now = now_us()) {
		double due = (double)(now - begin_us) / 1e6 * rate;

		while (tally.asked < total && tally.asked < due)
			ask(now);
		if (poll(polls, N_SOCKETS, 1) < 0 && errno != EINTR)
			die("steady: poll");
		for (unsigned i = 0; i < N_SOCKETS; i++) {
			if (polls[i].revents != 0)
				receive(&askers[i]);
			look_back(&askers[i], now);
		}
		if (tally.asked == total && tally.answered + tally.lost == total)
			return;
	}
}

int
main(int argc, char **argv)
{
	if (argc < 6 || argc - 5 > MAX_NAMES) {
		fprintf(stderr, "usage: steady ADDRESS PORT RATE SECONDS NAME=ADDRESS[,ADDRESS...] ...\n");
		return 2;
	}
	for (int i = 5; i < argc; i++)
		read_name(argv[i]);
	open_sockets(argv[1], argv[2]);
	run(atof(argv[3]), atof(argv[4]));
	printf("{\"asked\": %u, \"answered\": %u, \"first_try_unanswered\": %u, \"saved_by_retry\": %u, "
	       "\"lost\": %u, \"wrong\": %u, \"duplicate\": %u, \"send_failed\": %u, \"slowest_ms\": %.1f, "
	       "\"unanswered_at\": [",
	    tally.asked, tally.answered, tally.n_unanswered, tally.saved_by_retry, tally.asked - tally.answered,
	    tally.wrong, tally.duplicate, tally.send_failed, (double)tally.slowest_us / 1e3);
	for (unsigned i = 0; i < tally.n_unanswered && i < MAX_LISTED; i++)
		printf("%s%.3f", i == 0 ? "" : ", ", tally.unanswered_at[i]);
	printf("], \"begin_us\": %llu}\n", (unsigned long long)begin_us);
	return 0;
}
