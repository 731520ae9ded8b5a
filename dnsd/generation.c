/* SPDX-License-Identifier: BSD-2-Clause */
/* Generation: see generation.h. */
#include <stdlib.h>
#include <string.h>

#include "conf/mem.h"
#include "dnsd/generation.h"

/* NULL with mistakes in c. */
static struct conf *
read_files(const char *file, struct complaints *c, struct zones **zones)
{
	size_t mistakes = c->mistakes;
	struct conf *conf = conf_load(file, c);

	*zones = conf ? zones_load(conf, c) : NULL;
	if (c->mistakes == mistakes)
		return conf;
	zones_free(*zones);
	conf_free(conf);
	return NULL;
}

void
generation_check(const char *file, struct complaints *c)
{
	struct zones *zones;
	struct conf *conf = read_files(file, c, &zones);

	if (conf == NULL)
		return;
	zones_free(zones);
	conf_free(conf);
}

/* The older one's, if it has the same path and its file has not been removed. */
static void
open_control(struct generation *g, const struct generation *older, struct complaints *c)
{
	const char *path = g->conf->server.control;

	g->control_borrowed =
	    older && strcmp(older->conf->server.control, path) == 0 && listen_control_stands(path, &older->control);
	if (g->control_borrowed)
		g->control = older->control;
	else
		listen_control(path, &g->control, c);
}

struct generation *
generation_make(const char *file, const struct generation *older, struct complaints *c)
{
	struct generation *g;
	struct zones *zones;
	struct conf *conf = read_files(file, c, &zones);
	size_t mistakes = c->mistakes;

	if (conf == NULL)
		return NULL;
	g = mem_zero(1, sizeof *g);
	g->number = older ? older->number + 1 : 1;
	g->conf = conf;
	g->dns = (struct child){ .name = "dns", .generation = g };
	g->health = (struct child){ .name = "health", .generation = g };
	g->table = table_build(conf, zones);
	zones_free(zones);
	g->listeners = listen_open(conf, older ? older->listeners : NULL, c);
	open_control(g, older, c);
	if (c->mistakes > mistakes) {
		generation_abandon(g);
		return NULL;
	}
	g->board = board_new(conf);
	if (older)
		board_carry(g->board, conf, older->board, older->conf);
	return g;
}

void
generation_abandon(struct generation *g)
{
	if (g == NULL)
		return;
	listen_abandon(g->listeners);
	g->listeners = NULL;
	if (g->control_borrowed)
		g->control.fd = -1;
	generation_free(g);
}

void
generation_adopt(struct generation *g, struct generation *older)
{
	listen_retire(older->listeners, g->listeners);
	older->listeners = NULL;
	if (g->control_borrowed)
		older->control.fd = -1;
	g->control_borrowed = false;
	listen_control_close(older->conf->server.control, &older->control);
}

void
generation_free(struct generation *g)
{
	if (g == NULL)
		return;
	listen_abandon(g->listeners); /* all of it is our own by now */
	listen_control_close(g->conf->server.control, &g->control);
	board_free(g->board);
	table_free(g->table);
	conf_free(g->conf);
	free(g);
}
