/* SPDX-License-Identifier: BSD-2-Clause */
/* Trial: see trial.h. */
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "conf/link.h"
#include "conf/log.h"
#include "conf/mem.h"
#include "dnsd/child.h"
#include "dnsd/generation.h"
#include "dnsd/trial.h"

#define DEADLINE_S	120	/* a folder that hangs must not stop all reloads to come */
#define TEXT_MAX	(LINK_PAYLOAD_MAX - 1)	/* it travels to relevoctl in one message */

struct trial {
	pid_t		 pid;
	int		 fd;		/* its complaints */
	struct event	*readable;
	struct event	*deadline;
	bool		 expired;
	trial_done_fn	 done;
	void		*arg;
	size_t		 len;
	char		 text[TEXT_MAX];
};

/* What does not fit is read as well: the writer must not wait for us. */
static ssize_t
read_some(struct trial *t)
{
	size_t room = sizeof t->text - 1 - t->len;
	char rest[4096];
	ssize_t n;

	if (room == 0)
		return read(t->fd, rest, sizeof rest);
	n = read(t->fd, t->text + t->len, room);
	if (n > 0)
		t->len += (size_t)n;
	return n;
}

/* Take what is there; true at its end. */
static bool
read_text(struct trial *t)
{
	ssize_t n;

	do
		n = read_some(t);
	while (n > 0);
	t->text[t->len] = '\0';
	return n == 0;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct trial *t = arg;

	(void)fd;
	(void)what;
	if (read_text(t))
		event_del(t->readable); /* SIGCHLD follows */
}

static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct trial *t = arg;

	(void)fd;
	(void)what;
	t->expired = true;
	trial_kill(t);
}

/* The process that reads. */
_Noreturn static void
read_files(const char *file, pid_t parent, int fd)
{
	struct complaints c = { 0 };
	FILE *out;

	child_enter("trial", parent, NULL, &fd, 1);
	out = fdopen(fd, "w");
	generation_check(file, &c);
	if (out && c.mistakes)
		complaints_print(&c, out);
	if (out)
		fflush(out);
	_exit(c.mistakes > 0);
}

struct trial *
trial_start(struct event_base *base, const char *file, trial_done_fn done, void *arg)
{
	struct trial *t;
	pid_t parent = getpid(), pid;
	int fds[2], error;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return NULL;
	pid = fork();
	if (pid == 0)
		read_files(file, parent, fds[1]);
	error = errno;
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		errno = error;
		return NULL;
	}
	fcntl(fds[0], F_SETFL, O_NONBLOCK); /* our end only: the writer may wait */
	t = mem_zero(1, sizeof *t);
	t->pid = pid;
	t->fd = fds[0];
	t->done = done;
	t->arg = arg;
	t->readable = event_new(base, t->fd, EV_READ | EV_PERSIST, on_readable, t);
	t->deadline = evtimer_new(base, on_deadline, t);
	if (t->readable == NULL || t->deadline == NULL)
		fatalx("no memory for events");
	event_add(t->readable, NULL);
	event_add(t->deadline, &(struct timeval){ DEADLINE_S, 0 });
	return t;
}

pid_t
trial_pid(const struct trial *t)
{
	return t->pid;
}

static void
describe(struct trial *t, int status)
{
	if (t->expired)
		snprintf(t->text, sizeof t->text, "the files could not be read within %d s", DEADLINE_S);
	else if (WIFSIGNALED(status))
		snprintf(t->text, sizeof t->text, "the process that reads the files was ended by signal %d (%s)",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(t->text, sizeof t->text, "the process that reads the files exited with status %d",
		    WEXITSTATUS(status));
}

void
trial_ended(struct trial *t, int status)
{
	bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0;

	read_text(t);
	if (!good && t->len == 0)
		describe(t, status);
	event_free(t->readable);
	event_free(t->deadline);
	close(t->fd);
	t->done(t->arg, good, t->text);
	free(t);
}

void
trial_kill(struct trial *t)
{
	kill(t->pid, SIGKILL);
}
