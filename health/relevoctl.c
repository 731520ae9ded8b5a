/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * relevoctl: asks the daemon over its control socket, and prints for people.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "conf/complaint.h"
#include "conf/conf.h"
#include "conf/mem.h"

#define DEFAULT_SOCKET "/run/relevo/relevo.sock"
#define QUICK_MS       15000  /* for an answer out of the daemon's memory */
#define RELOAD_MS      300000 /* a large zone takes its time */
#define HISTORY_SHOWN  20
#define COLUMNS_MAX    8

enum exit_code { EXIT_FINE = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2, EXIT_UNREACHED = 3 };

struct command {
	const char *name;
	const char *help;
	int wait_ms;
	void (*print)(const json_t *answer);
};

static void print_status(const json_t *answer);
static void print_text(const json_t *answer);

// clang-format off
static const struct command commands[] = {
	{ "status",	"show providers, services and targets",		QUICK_MS,	print_status },
	{ "reload",	"read the configuration again",			RELOAD_MS,	print_text },
	{ "stop",	"stop the daemon",				QUICK_MS,	print_text },
};
// clang-format on

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

/* --- tables ----------------------------------------------------------------------------- */

struct cell {
	char *text;
	const char *colour; /* NULL: plain */
};

struct table {
	unsigned columns;
	struct cell *cells;
	size_t count;
	size_t room;
};

static bool colours;

static void add_cell(struct table *t, const char *colour, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static void
add_cell(struct table *t, const char *colour, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	char *at;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (at = text; *at != '\0'; at++)
		if (iscntrl((unsigned char)*at))
			*at = '?';
	if (t->count == t->room) {
		t->room = t->room > 0 ? t->room * 2 : 64;
		t->cells = mem_grow(t->cells, t->room, sizeof(*t->cells));
	}
	t->cells[t->count++] = (struct cell){ mem_string(text), colour };
}

/* The heads in one string, apart by '|'. */
static void
begin_table(struct table *t, const char *heads)
{
	*t = (struct table){ 0 };
	while (*heads != '\0') {
		size_t len = strcspn(heads, "|");

		add_cell(t, "1", "%.*s", (int)len, heads);
		t->columns++;
		heads += len + (heads[len] == '|');
	}
}

/* In characters, as UTF-8 has them. */
static size_t
width_of(const char *text)
{
	size_t width = 0;

	for (; *text != '\0'; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

static void
print_cell(const struct cell *cell, size_t width, bool last)
{
	size_t own = width_of(cell->text);

	if (colours && cell->colour != NULL)
		printf("\033[%sm%s\033[0m", cell->colour, cell->text);
	else
		printf("%s", cell->text);
	if (last)
		printf("\n");
	else
		printf("%*s", (int)(width - own + 2), "");
}

static void
end_table(struct table *t)
{
	size_t width[COLUMNS_MAX] = { 0 };
	size_t i;

	for (i = 0; i < t->count; i++) {
		size_t own = width_of(t->cells[i].text);

		if (own > width[i % t->columns])
			width[i % t->columns] = own;
	}
	for (i = 0; i < t->count; i++)
		print_cell(&t->cells[i], width[i % t->columns], i % t->columns == t->columns - 1);
	printf("\n");
	for (i = 0; i < t->count; i++)
		free(t->cells[i].text);
	free(t->cells);
}

/* --- what the daemon said ---------------------------------------------------------------- */

static const char *
text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text != NULL ? text : "-";
}

static long long
number_of(const json_t *o, const char *key)
{
	return (long long)json_integer_value(json_object_get(o, key));
}

/* "45 s", "12 min", "3 h", "5 d" */
static void
span_text(long long seconds, char *text, size_t size)
{
	if (seconds < 120)
		snprintf(text, size, "%lld s", seconds);
	else if (seconds < 7200)
		snprintf(text, size, "%lld min", seconds / 60);
	else if (seconds < 172800)
		snprintf(text, size, "%lld h", seconds / 3600);
	else
		snprintf(text, size, "%lld d", seconds / 86400);
}

/* How long ago an RFC 3339 time in UTC was. */
static void
since_text(const char *since, char *text, size_t size)
{
	struct tm tm = { 0 };
	time_t then;

	if (strptime(since, "%Y-%m-%dT%H:%M:%S", &tm) == NULL) {
		snprintf(text, size, "-");
		return;
	}
	then = timegm(&tm);
	span_text(time(NULL) > then ? (long long)(time(NULL) - then) : 0, text, size);
}

static const char *
verdict_colour(const char *verdict)
{
	if (strcmp(verdict, "up") == 0)
		return "32";
	if (strcmp(verdict, "suspect") == 0)
		return "33";
	if (strcmp(verdict, "down") == 0)
		return "31";
	return NULL;
}

static void
print_head(const json_t *answer)
{
	const json_t *plan = json_object_get(answer, "plan");
	char plan_age[32], uptime[32];

	span_text(number_of(plan, "age_s"), plan_age, sizeof(plan_age));
	span_text(number_of(answer, "uptime_s"), uptime, sizeof(uptime));
	printf("relevod %s, generation %lld for %s, ", text_of(answer, "version"), number_of(answer, "generation"),
	    uptime);
	if (number_of(plan, "number") == 0)
		printf("no plan yet");
	else
		printf("plan %lld for %s", number_of(plan, "number"), plan_age);
	printf("%s\n\n", strcmp(text_of(answer, "round"), "first") == 0 ? ", first round of probes under way" : "");
}

static void
add_count(struct table *t, const json_t *o, const char *key)
{
	long long count = number_of(o, key);

	add_cell(t, count > 0 ? verdict_colour(key) : NULL, "%lld", count);
}

static void
print_providers(const json_t *providers)
{
	struct table t;
	const json_t *p;
	size_t i;

	begin_table(&t, "PROVIDER|LABEL|SERVING|UP|SUSPECT|DOWN|UNKNOWN");
	json_array_foreach(providers, i, p)
	{
		add_cell(&t, NULL, "%s", text_of(p, "name"));
		add_cell(&t, NULL, "%s", text_of(p, "label"));
		add_cell(&t, NULL, "%lld of %lld", number_of(p, "serving"), number_of(p, "members"));
		add_count(&t, p, "up");
		add_count(&t, p, "suspect");
		add_count(&t, p, "down");
		add_count(&t, p, "unknown");
	}
	end_table(&t);
}

static void
add_decision(struct table *t, const json_t *service)
{
	const char *reason = text_of(service, "reason");
	bool suspect = json_is_true(json_object_get(service, "suspect"));

	add_cell(t, NULL, "%s", text_of(service, "name"));
	if (strcmp(reason, "tier") == 0)
		add_cell(t, suspect ? "33" : NULL, "tier %lld, TTL %lld s", number_of(service, "tier"),
		    number_of(service, "ttl"));
	else
		add_cell(t, "31", "%s, TTL %lld s", reason, number_of(service, "ttl"));
}

static void
print_services(const json_t *services)
{
	const json_t *s, *m;
	struct table t;
	size_t i, j;

	begin_table(&t, "SERVICE|DECISION|TIER|PROVIDER|ADDRESS|VERDICT|SERVING");
	json_array_foreach(services, i, s)
	{
		json_array_foreach(json_object_get(s, "members"), j, m)
		{
			bool serving = json_is_true(json_object_get(m, "serving"));

			if (j == 0) {
				add_decision(&t, s);
			} else {
				add_cell(&t, NULL, "%s", "");
				add_cell(&t, NULL, "%s", "");
			}
			add_cell(&t, NULL, "%lld", number_of(m, "tier"));
			add_cell(&t, NULL, "%s", text_of(m, "provider"));
			add_cell(&t, NULL, "%s", text_of(m, "address"));
			add_cell(&t, verdict_colour(text_of(m, "verdict")), "%s", text_of(m, "verdict"));
			add_cell(&t, serving ? "32" : NULL, "%s", serving ? "yes" : "-");
		}
	}
	end_table(&t);
}

static void
add_last(struct table *t, const json_t *target)
{
	if (strcmp(text_of(target, "outcome"), "status") == 0)
		add_cell(t, NULL, "%s %lld", text_of(target, "phrase"), number_of(target, "number"));
	else
		add_cell(t, NULL, "%s", text_of(target, "phrase"));
}

static void
print_targets(const json_t *targets)
{
	const json_t *target;
	struct table t;
	char since[32];
	size_t i;

	begin_table(&t, "TARGET|CHECK|VERDICT|SINCE|LAST OUTCOME|LATENCY|HISTORY");
	json_array_foreach(targets, i, target)
	{
		const json_t *latency = json_object_get(target, "latency_ms");
		const char *history = text_of(target, "history");
		size_t len = strlen(history);

		since_text(text_of(target, "since"), since, sizeof(since));
		add_cell(&t, NULL, "%s", text_of(target, "address"));
		add_cell(&t, NULL, "%s", text_of(target, "check"));
		add_cell(&t, verdict_colour(text_of(target, "verdict")), "%s", text_of(target, "verdict"));
		add_cell(&t, NULL, "%s", since);
		add_last(&t, target);
		if (json_is_number(latency))
			add_cell(&t, NULL, "%.1f ms", json_number_value(latency));
		else
			add_cell(&t, NULL, "-");
		add_cell(&t, NULL, "%s", history + (len > HISTORY_SHOWN ? len - HISTORY_SHOWN : 0));
	}
	end_table(&t);
}

static void
print_status(const json_t *answer)
{
	print_head(answer);
	print_providers(json_object_get(answer, "providers"));
	print_services(json_object_get(answer, "services"));
	print_targets(json_object_get(answer, "targets"));
}

static void
print_text(const json_t *answer)
{
	const char *text = text_of(answer, "text");
	size_t len = strlen(text);

	if (len > 0)
		printf("%s%s", text, text[len - 1] == '\n' ? "" : "\n");
}

/* --- the socket -------------------------------------------------------------------------- */

/*
 * The control setting of a file that has mistakes: whoever is about to hear of them by
 * `reload` must still reach the daemon. A plain search in the text; what is included is
 * not seen.
 */
static char *
scan_control(const char *file)
{
	FILE *f = fopen(file, "r");
	char line[1024], path[sizeof(line)];
	char *found = NULL;

	if (f == NULL)
		return NULL;
	while (found == NULL && fgets(line, sizeof(line), f) != NULL) {
		const char *at = strstr(line, "control");

		if (at == NULL || (at > line && !isspace((unsigned char)at[-1]) && strchr("{;", at[-1]) == NULL))
			continue;
		if (sscanf(at, "control = \"%1023[^\"]\"", path) == 1 ||
		    sscanf(at, "control : \"%1023[^\"]\"", path) == 1)
			found = mem_string(path);
	}
	fclose(f);
	if (found != NULL && found[0] != '/' && strrchr(file, '/') != NULL) {
		char *joined = mem_printf("%.*s/%s", (int)(strrchr(file, '/') - file), file, found);

		free(found);
		found = joined;
	}
	return found;
}

static char *
socket_of(const char *file)
{
	struct complaints complaints = { 0 };
	struct conf *conf = conf_load(file, &complaints);
	char *path;

	if (conf != NULL)
		path = mem_string(conf->server.control);
	else
		path = scan_control(file);
	if (conf == NULL && access(file, R_OK) == -1)
		fprintf(stderr, "relevoctl: %s: %s\n", file, strerror(errno));
	conf_free(conf);
	complaints_free(&complaints);
	return path != NULL ? path : mem_string(DEFAULT_SOCKET);
}

static char *
find_socket(const char *socket_path, const char *file)
{
	if (socket_path != NULL)
		return mem_string(socket_path);
	if (file != NULL)
		return socket_of(file);
	if (access(CONF_DEFAULT_FILE, R_OK) == 0)
		return socket_of(CONF_DEFAULT_FILE);
	return mem_string(DEFAULT_SOCKET);
}

static int
connect_to(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(addr.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(addr.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
		return fd;
	close(fd);
	return -1;
}

static void
explain_unreached(const char *path)
{
	int error = errno;

	fprintf(stderr, "relevoctl: no daemon at %s: %s\n", path, strerror(error));
	if (error == EACCES || error == EPERM)
		fprintf(stderr, "You may not use this socket: try again as root or as the daemon's user.\n");
	else
		fprintf(stderr,
		    "Start it with: relevod -c FILE\n"
		    "If it runs, name its configuration with -c FILE or its socket with -s SOCKET.\n");
}

static long long
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Read up to the end of a line: a text to free(), or NULL with errno. */
static char *
read_line(int fd, int wait_ms)
{
	long long end_ms = now_ms() + wait_ms;
	char *text = NULL;
	size_t len = 0, room = 0;

	for (;;) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		long long left_ms = end_ms - now_ms();
		ssize_t n;

		if (len + 4096 > room) {
			room = room > 0 ? room * 2 : 65536;
			text = mem_grow(text, room, 1);
		}
		if (left_ms <= 0 || poll(&wait, 1, (int)left_ms) == 0) {
			errno = ETIMEDOUT;
			break;
		}
		n = read(fd, text + len, room - len - 1);
		if (n == 0)
			errno = ECONNRESET;
		if (n == 0 || (n == -1 && errno != EINTR))
			break;
		len += n > 0 ? (size_t)n : 0;
		text[len] = '\0';
		if (len > 0 && text[len - 1] == '\n')
			return text;
	}
	free(text);
	return NULL;
}

/* Send the command and wait for its answer: a line, or NULL with errno. */
static char *
ask(int fd, const struct command *command)
{
	char *line = mem_printf("{\"command\":\"%s\"}\n", command->name);
	size_t len = strlen(line);
	/* Who is cut off as one client too many hears so before the line was taken: read what there is. */
	bool sent = send(fd, line, len, MSG_NOSIGNAL) == (ssize_t)len || errno == EPIPE;

	free(line);
	return sent ? read_line(fd, command->wait_ms) : NULL;
}

static int
report(const struct command *command, const char *line, bool raw)
{
	json_t *answer = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	bool good = json_is_true(json_object_get(answer, "ok"));
	const char *error = json_string_value(json_object_get(answer, "error"));
	size_t len;

	if (raw) {
		printf("%s", line);
	} else if (good) {
		command->print(answer);
	} else {
		if (error == NULL)
			error = "the daemon's answer is not understood";
		len = strlen(error);
		fprintf(stderr, "%s%s", error, len > 0 && error[len - 1] == '\n' ? "" : "\n");
	}
	json_decref(answer);
	return good ? EXIT_FINE : EXIT_REFUSED;
}

static int
run(const struct command *command, const char *path, bool raw)
{
	int fd = connect_to(path);
	char *line;
	int code;

	if (fd == -1) {
		explain_unreached(path);
		return EXIT_UNREACHED;
	}
	line = ask(fd, command);
	if (line == NULL) {
		fprintf(stderr, "relevoctl: no answer from the daemon at %s: %s\n", path, strerror(errno));
		close(fd);
		return EXIT_UNREACHED;
	}
	code = report(command, line, raw);
	free(line);
	close(fd);
	return code;
}

/* --- the command line -------------------------------------------------------------------- */

static void
usage(FILE *f)
{
	size_t i;

	fprintf(f, "usage: relevoctl [-j] [-c FILE | -s SOCKET] COMMAND\n\n");
	for (i = 0; i < N_COMMANDS; i++)
		fprintf(f, "  %-10s%s\n", commands[i].name, commands[i].help);
	fprintf(f, "  %-10s%s\n", "help", "show this");
	fprintf(f,
	    "\n"
	    "  -c FILE   find the daemon by its configuration (" CONF_DEFAULT_FILE ")\n"
	    "  -s SOCKET find it by its control socket\n"
	    "  -j        print the daemon's answer as it came, JSON\n"
	    "  -v        print the version\n");
}

static const struct command *
find_command(const char *name)
{
	size_t i;

	for (i = 0; i < N_COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static int
misused(const char *why, const char *what)
{
	fprintf(stderr, "relevoctl: %s%s; relevoctl help shows what there is\n", why, what);
	return EXIT_USAGE;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	const struct command *command;
	const char *file = NULL, *socket_path = NULL;
	bool raw = false;
	char *path;
	int code, letter;

	while ((letter = getopt_long(argc, argv, "c:hjs:v", options, NULL)) != -1) {
		switch (letter) {
		case 'c':
			file = optarg;
			break;
		case 'j':
			raw = true;
			break;
		case 's':
			socket_path = optarg;
			break;
		case 'v':
			printf("relevoctl " RELEVO_VERSION "\n");
			return EXIT_FINE;
		case 'h':
			usage(stdout);
			return EXIT_FINE;
		default:
			usage(stderr);
			return EXIT_USAGE;
		}
	}
	if (optind == argc)
		return misused("no command given", "");
	if (strcmp(argv[optind], "help") == 0) {
		usage(stdout);
		return EXIT_FINE;
	}
	command = find_command(argv[optind]);
	if (command == NULL)
		return misused("no such command: ", argv[optind]);
	if (optind + 1 < argc)
		return misused("one word too many: ", argv[optind + 1]);
	if (file != NULL && socket_path != NULL)
		return misused("-c and -s exclude each other", "");
	colours = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL;
	path = find_socket(socket_path, file);
	code = run(command, path, raw);
	free(path);
	return code;
}
