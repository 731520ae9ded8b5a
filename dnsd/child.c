/* SPDX-License-Identifier: BSD-2-Clause */
/* Child: see child.h. */
#include <sys/prctl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/log.h"
#include "conf/mem.h"
#include "dnsd/child.h"

extern char **environ;

/* The memory that the kernel shows as the command line: the arguments and, behind them, the environment. */
static char *title;
static size_t title_room;

void
child_init(int argc, char **argv)
{
	char **copy, *end = argv[argc - 1] + strlen(argv[argc - 1]) + 1;
	size_t i, n = 0;

	for (n = 0; environ[n]; n++)
		if (environ[n] == end)
			end += strlen(end) + 1;
	copy = mem_zero(n + 1, sizeof *copy);
	for (i = 0; i < n; i++)
		copy[i] = mem_string(environ[i]);
	environ = copy;
	title = argv[0];
	title_room = (size_t)(end - argv[0]);
}

static void
set_title(const char *name)
{
	char text[32];

	snprintf(text, sizeof text, "relevod: %s", name);
	prctl(PR_SET_NAME, text);
	if (title_room > strlen(text)) {
		memset(title, 0, title_room);
		memcpy(title, text, strlen(text));
	}
}

static int
by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void
close_others(int *keep, size_t n)
{
	unsigned from = STDERR_FILENO + 1;
	size_t i;

	qsort(keep, n, sizeof *keep, by_number);
	for (i = 0; i < n; i++) {
		if (keep[i] < (int)from)
			continue;
		if (keep[i] > (int)from)
			close_range(from, (unsigned)keep[i] - 1, 0);
		from = (unsigned)keep[i] + 1;
	}
	close_range(from, ~0u, 0);
}

static void
reset_signals(void)
{
	static const int defaults[] = { SIGTERM, SIGCHLD, SIGUSR1, SIGUSR2 };
	static const int ignored[] = { SIGINT, SIGHUP, SIGPIPE };
	sigset_t none;
	size_t i;

	for (i = 0; i < sizeof defaults / sizeof defaults[0]; i++)
		signal(defaults[i], SIG_DFL);
	for (i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
		signal(ignored[i], SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void
drop_privileges(const char *user)
{
	const struct passwd *pw;

	if (user && geteuid() == 0) {
		pw = getpwnam(user);
		if (pw == NULL)
			fatalx("server.user: there is no user \"%s\"", user);
		if (initgroups(user, pw->pw_gid) < 0 || setgid(pw->pw_gid) < 0 || setuid(pw->pw_uid) < 0)
			fatal("cannot become user %s", user);
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		fatal("no_new_privs");
}

void
child_enter(const char *name, pid_t parent, const char *user, int *keep, size_t n)
{
	reset_signals();
	close_others(keep, n);
	set_title(name);
	log_init(name, log_is_debug());
	drop_privileges(user);
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* after the change of user, which clears it */
	if (getppid() != parent)
		_exit(1);
}
