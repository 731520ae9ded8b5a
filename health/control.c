/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Control: clients of the control socket, each with its one deadline, and the commands.
 *
 * A client's next line is read when it has taken the answer to the last one, so it can
 * occupy no more than one answer's memory, and it is cut off when a line or an answer
 * takes longer than CLIENT_SECONDS. Only who waits for a reload may wait longer.
 */
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "conf/log.h"
#include "conf/mem.h"
#include "health/clock.h"
#include "health/control.h"
#include "health/status.h"

#define CLIENTS_MAX     16
#define LINE_MAX_LEN    4096
#define CLIENT_SECONDS  10
#define WAITING_SECONDS 300 /* a large zone takes its time; an answer that never comes must not hold a place */
#define ACCEPT_REST_MS  500 /* after accept() failed: it would fail again at once */

struct client {
	struct client *next;
	struct control *control;
	struct bufferevent *bev;
	struct event *deadline;
	bool waiting; /* for a reload */
	bool leaving; /* to be closed when its answer is out */
};

struct control {
	struct event_base *base;
	struct evconnlistener *listener;
	struct event *rest;
	const struct control_view *view;
	control_ask_fn ask;
	void *arg;
	struct client *clients;
	unsigned n_clients;
	bool retired;
};

struct command {
	const char *name;
	/* The answer, or NULL when the deed's result will be it. */
	json_t *(*run)(const struct control_view *view, enum control_deed *deed);
	const char *help;
};

/* --- commands --------------------------------------------------------------------------- */

static json_t *command_help(const struct control_view *, enum control_deed *);

static json_t *
command_status(const struct control_view *view, enum control_deed *deed)
{
	(void)deed;
	return status_json(view);
}

static json_t *
command_reload(const struct control_view *view, enum control_deed *deed)
{
	(void)view;
	*deed = CONTROL_RELOAD;
	return NULL;
}

static json_t *
command_stop(const struct control_view *view, enum control_deed *deed)
{
	(void)view;
	*deed = CONTROL_STOP;
	return json_pack("{s:b, s:s}", "ok", 1, "text", "stopping");
}

// clang-format off
static const struct command commands[] = {
	{ "help",	command_help,	"list the commands" },
	{ "reload",	command_reload,	"read the configuration again; what is wrong with it is told, and changes nothing" },
	{ "status",	command_status,	"show providers, services and targets" },
	{ "stop",	command_stop,	"stop the daemon" },
};
// clang-format on

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static json_t *
command_help(const struct control_view *view, enum control_deed *deed)
{
	json_t *list = json_object();
	size_t i;

	(void)view;
	(void)deed;
	for (i = 0; i < N_COMMANDS; i++)
		json_object_set_new(list, commands[i].name, json_string(commands[i].help));
	return json_pack("{s:b, s:o}", "ok", 1, "commands", list);
}

static json_t *
refusal(const char *error)
{
	return json_pack("{s:b, s:s}", "ok", 0, "error", error);
}

static json_t *
run_command(const struct control_view *view, const json_t *request, enum control_deed *deed)
{
	const char *name = json_string_value(json_object_get(request, "command"));
	size_t i;

	if (name == NULL)
		return refusal("expected an object with a \"command\"");
	for (i = 0; i < N_COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return commands[i].run(view, deed);
	return refusal("no such command; \"help\" lists them");
}

/* To text, with its end of line. The answer is given up. */
static char *
line_of(json_t *answer)
{
	char *text = json_dumps(answer, JSON_COMPACT | JSON_REAL_PRECISION(6));
	char *line =
	    mem_printf("%s\n", text != NULL ? text : "{\"ok\":false,\"error\":\"the answer cannot be written\"}");

	free(text);
	json_decref(answer);
	return line;
}

char *
control_answer(const struct control_view *view, const char *line, size_t len, enum control_deed *deed)
{
	json_t *request = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	json_t *answer;

	*deed = CONTROL_NOTHING;
	answer = request != NULL ? run_command(view, request, deed) : refusal("not a JSON object");
	json_decref(request);
	if (answer == NULL && *deed != CONTROL_NOTHING)
		return NULL;
	return line_of(answer);
}

/* --- clients ---------------------------------------------------------------------------- */

static void
close_client(struct client *client)
{
	struct control *c = client->control;
	struct client **at = &c->clients;

	while (*at != client)
		at = &(*at)->next;
	*at = client->next;
	c->n_clients--;
	event_free(client->deadline);
	bufferevent_free(client->bev);
	free(client);
}

static bool
has_output(const struct client *client)
{
	return evbuffer_get_length(bufferevent_get_output(client->bev)) > 0;
}

static void
restart_deadline(struct client *client, time_t seconds)
{
	struct timeval wait = { .tv_sec = seconds };

	event_add(client->deadline, &wait);
}

static void
answer_client(struct client *client, const char *line, size_t len)
{
	bufferevent_write(client->bev, line, len);
	restart_deadline(client, CLIENT_SECONDS);
}

static void
take_line(struct client *client, const char *line, size_t len)
{
	struct control *c = client->control;
	enum control_deed deed;
	char *answer = control_answer(c->view, line, len, &deed);

	client->waiting = answer == NULL;
	if (client->waiting)
		restart_deadline(client, WAITING_SECONDS);
	else
		answer_client(client, answer, strlen(answer));
	free(answer);
	if (deed != CONTROL_NOTHING)
		c->ask(c->arg, deed);
}

static void
refuse_client(struct client *client, const char *why)
{
	char *line = line_of(refusal(why));

	client->leaving = true;
	answer_client(client, line, strlen(line));
	free(line);
}

/*
 * Take the lines that have come, one after the other's answer has gone. Reading stops
 * meanwhile: the kernel holds the rest, and the client's end is seen when its turn comes.
 */
static void
serve_client(struct client *client)
{
	struct evbuffer *input = bufferevent_get_input(client->bev);

	while (!client->waiting && !client->leaving && !has_output(client)) {
		size_t len;
		char *line = evbuffer_readln(input, &len, EVBUFFER_EOL_LF);

		if (line == NULL && evbuffer_get_length(input) <= LINE_MAX_LEN)
			return;
		bufferevent_disable(client->bev, EV_READ);
		if (line == NULL || len > LINE_MAX_LEN)
			refuse_client(client, "line too long");
		else
			take_line(client, line, len);
		free(line);
	}
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	(void)bev;
	serve_client(arg);
}

/* The answer is out. */
static void
on_written(struct bufferevent *bev, void *arg)
{
	struct client *client = arg;

	if (client->waiting)
		return;
	if (client->leaving || client->control->retired) {
		close_client(client);
		return;
	}
	restart_deadline(client, CLIENT_SECONDS);
	bufferevent_enable(bev, EV_READ);
	serve_client(client);
}

static void
on_gone(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	(void)what;
	close_client(arg);
}

static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	close_client(arg);
}

static void
add_client(struct control *c, int fd)
{
	struct client *client = mem_zero(1, sizeof(*client));

	client->control = c;
	client->bev = bufferevent_socket_new(c->base, fd, BEV_OPT_CLOSE_ON_FREE);
	client->deadline = evtimer_new(c->base, on_deadline, client);
	if (client->bev == NULL || client->deadline == NULL)
		fatalx("no memory for a control client");
	client->next = c->clients;
	c->clients = client;
	c->n_clients++;
	bufferevent_setcb(client->bev, on_read, on_written, on_gone, client);
	/* No more urgent than the start of a probe: who asks in a loop must not hold those up. */
	bufferevent_priority_set(client->bev, event_base_get_npriorities(c->base) - 1);
	bufferevent_enable(client->bev, EV_READ | EV_WRITE);
	restart_deadline(client, CLIENT_SECONDS);
}

/* --- the socket ------------------------------------------------------------------------- */

static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *addr, int len, void *arg)
{
	static const char busy[] = "{\"ok\":false,\"error\":\"too many clients\"}\n";
	struct control *c = arg;

	(void)listener;
	(void)addr;
	(void)len;
	if (c->n_clients < CLIENTS_MAX) {
		add_client(c, fd);
		return;
	}
	if (send(fd, busy, sizeof(busy) - 1, MSG_DONTWAIT | MSG_NOSIGNAL) == -1)
		log_debug("control: a client too many did not hear so");
	close(fd);
}

static void
on_accept_failed(struct evconnlistener *listener, void *arg)
{
	struct control *c = arg;
	struct timeval rest = { .tv_usec = ACCEPT_REST_MS * 1000 };

	log_warn("control: accept");
	evconnlistener_disable(listener);
	event_add(c->rest, &rest);
}

static void
on_rested(evutil_socket_t fd, short what, void *arg)
{
	struct control *c = arg;

	(void)fd;
	(void)what;
	if (!c->retired)
		evconnlistener_enable(c->listener);
}

struct control *
control_new(struct event_base *base, int fd, const struct control_view *view, control_ask_fn ask, void *arg)
{
	struct control *c = mem_zero(1, sizeof(*c));

	c->base = base;
	c->view = view;
	c->ask = ask;
	c->arg = arg;
	json_set_alloc_funcs(mem_alloc, free);
	evutil_make_socket_nonblocking(fd);
	c->listener = evconnlistener_new(base, on_accept, c, LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	c->rest = evtimer_new(base, on_rested, c);
	if (c->listener == NULL || c->rest == NULL)
		fatalx("control: the socket cannot be served");
	evconnlistener_set_error_cb(c->listener, on_accept_failed);
	return c;
}

void
control_free(struct control *c)
{
	if (c == NULL)
		return;
	while (c->clients != NULL)
		close_client(c->clients);
	evconnlistener_free(c->listener);
	event_free(c->rest);
	free(c);
}

/* Complaints name files, whose names need not be UTF-8, as JSON must be. */
static json_t *
string_of(const char *text, size_t len)
{
	json_t *string = json_stringn(text, len);
	char *plain;
	size_t i;

	if (string != NULL)
		return string;
	plain = mem_alloc(len + 1);
	for (i = 0; i < len; i++)
		plain[i] = (unsigned char)text[i] < 0x80 ? text[i] : '?';
	string = json_stringn(plain, len);
	free(plain);
	return string;
}

void
control_reloaded(struct control *c, bool good, const char *text, size_t len)
{
	struct client *client;
	json_t *answer;
	char *line;

	if (c == NULL)
		return;
	answer = json_pack("{s:b, s:o}", "ok", good, good ? "text" : "error", string_of(text, len));
	line = line_of(answer);
	for (client = c->clients; client != NULL; client = client->next) {
		if (!client->waiting)
			continue;
		client->waiting = false;
		answer_client(client, line, strlen(line));
	}
	free(line);
}

void
control_retire(struct control *c)
{
	struct client *client, *next;

	if (c == NULL)
		return;
	c->retired = true;
	evconnlistener_disable(c->listener);
	for (client = c->clients; client != NULL; client = next) {
		next = client->next;
		if (!client->waiting && !has_output(client))
			close_client(client);
	}
}

bool
control_drained(const struct control *c)
{
	return c == NULL || c->clients == NULL;
}
