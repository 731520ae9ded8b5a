/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Log: one line, one write(2), on stderr. No memory is allocated, so that the line about
 * having none can be written. A line that nobody would read is lost: whoever collects the
 * log may hang, and we must not hang with him.
 */
#include "conf/log.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES PIPE_BUF /* so much a pipe takes at once, or says that it does not */
#define TEXT_MAX       (LINE_MAX_BYTES - 256) /* what is longer is cut */

enum level { LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARN, LEVEL_FATAL };

static const char *process_name = "relevod";
static bool debug_wanted;
static bool on_terminal;
static bool coloured;
static bool on_socket;
static unsigned long lost; /* lines since the last that was written */

void
log_init(const char *process, bool debug)
{
	process_name = process;
	lost = 0; /* the parent tells its own */
	debug_wanted = debug;
	on_terminal = isatty(STDERR_FILENO) == 1;
	coloured = on_terminal && getenv("NO_COLOR") == NULL;
}

size_t
log_escape(char *out, size_t size, const char *text)
{
	static const char hex[] = "0123456789abcdef";
	size_t len = 0;
	const char *s;

	for (s = text; *s != '\0' && len + 5 <= size; s++) {
		unsigned char byte = (unsigned char)*s;

		if (byte >= 0x20 && byte != 0x7f) {
			out[len++] = *s;
			continue;
		}
		out[len++] = '\\';
		out[len++] = 'x';
		out[len++] = hex[byte >> 4];
		out[len++] = hex[byte & 15];
	}
	out[len] = '\0';
	return len;
}

/* Local time in front of lines that no journal stamps; empty elsewhere. */
static void
stamp(char *out, size_t size)
{
	struct timespec now;
	struct tm tm;
	size_t len;

	out[0] = '\0';
	if (!on_terminal || clock_gettime(CLOCK_REALTIME, &now) == -1 || localtime_r(&now.tv_sec, &tm) == NULL)
		return;
	len = strftime(out, size, "%H:%M:%S", &tm);
	snprintf(out + len, size - len, ".%03ld ", now.tv_nsec / 1000000);
}

static bool
put(const char *out, size_t len)
{
	struct pollfd stderr_ready = { .fd = STDERR_FILENO, .events = POLLOUT };

	if (on_socket)
		return send(STDERR_FILENO, out, len, MSG_DONTWAIT | MSG_NOSIGNAL) != -1;
	return poll(&stderr_ready, 1, 0) == 1 && write(STDERR_FILENO, out, len) != -1;
}

/*
 * A pipe is opened anew: O_NONBLOCK belongs to what was opened, which we share with whoever
 * started us. For a terminal, poll() before the write has to do.
 */
void
log_never_wait(void)
{
	struct stat st;
	int fd;

	if (fstat(STDERR_FILENO, &st) == -1)
		return;
	on_socket = S_ISSOCK(st.st_mode);
	if (!S_ISFIFO(st.st_mode))
		return;
	fd = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return;
	dup2(fd, STDERR_FILENO);
	close(fd);
}

/* Say how many lines were lost, as soon as there is room again. */
static bool
tell_lost(void)
{
	char out[128];
	int len;

	if (lost == 0)
		return true;
	len = snprintf(out, sizeof(out), "%s: %lu lines of the log were lost, nobody took them\n", process_name, lost);
	if (len < 0 || !put(out, (size_t)len))
		return false;
	lost = 0;
	return true;
}

__attribute__((format(printf, 3, 0))) static void
line(enum level level, int error, const char *fmt, va_list ap)
{
	const bool colour = coloured && level >= LEVEL_WARN;
	char text[TEXT_MAX], escaped[TEXT_MAX], when[32], out[LINE_MAX_BYTES];
	int len;

	vsnprintf(text, sizeof(text), fmt, ap);
	log_escape(escaped, sizeof(escaped), text);
	stamp(when, sizeof(when));
	len = snprintf(out, sizeof(out), "%s%s%s: %s%s%s%s\n", when, colour ? "\033[33m" : "", process_name, escaped,
	    error != 0 ? ": " : "", error != 0 ? strerror(error) : "", colour ? "\033[0m" : "");
	if (len < 0 || !tell_lost() || !put(out, (size_t)len))
		lost++;
}

void
log_warn(const char *fmt, ...)
{
	int error = errno;
	va_list ap;

	va_start(ap, fmt);
	line(LEVEL_WARN, error, fmt, ap);
	va_end(ap);
	errno = error;
}

void
log_warnx(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line(LEVEL_WARN, 0, fmt, ap);
	va_end(ap);
}

void
log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line(LEVEL_INFO, 0, fmt, ap);
	va_end(ap);
}

bool
log_is_debug(void)
{
	return debug_wanted;
}

void
log_debug(const char *fmt, ...)
{
	va_list ap;

	if (!debug_wanted)
		return;
	va_start(ap, fmt);
	line(LEVEL_DEBUG, 0, fmt, ap);
	va_end(ap);
}

void
fatal(const char *fmt, ...)
{
	int error = errno;
	va_list ap;

	va_start(ap, fmt);
	line(LEVEL_FATAL, error, fmt, ap);
	va_end(ap);
	exit(1);
}

void
fatalx(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line(LEVEL_FATAL, 0, fmt, ap);
	va_end(ap);
	exit(1);
}
