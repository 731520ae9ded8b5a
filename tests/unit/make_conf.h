/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small configuration for tests, out of a few words: members are written
 * "TIER:PROVIDER/ADDRESS,ADDRESS ..."; an address that begins with a letter is a cname.
 * One check, "web"; a target for each different address; providers in order of appearance.
 */
#ifndef TESTS_UNIT_MAKE_CONF_H
#define TESTS_UNIT_MAKE_CONF_H

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/mem.h"

#define MAKE_MAX 64

struct make_service {
	const char *fqdn;
	const char *members;
	unsigned min_up; /* 0: 1 */
	enum service_all_down all_down;
	const char *listed; /* a provider, for ALL_DOWN_LIST */
};

static uint32_t
make_provider(struct conf *conf, const char *name)
{
	size_t i;

	for (i = 0; i < conf->n_providers; i++)
		if (strcmp(conf->providers[i].name, name) == 0)
			return (uint32_t)i;
	conf->providers[i].name = conf->providers[i].label = arena_string(conf->arena, name);
	return (uint32_t)conf->n_providers++;
}

static uint32_t
make_target(struct conf *conf, const char *text)
{
	struct conf_target *t;
	size_t i;

	if (isalpha((unsigned char)text[0]))
		return CONF_NO_TARGET;
	for (i = 0; i < conf->n_targets; i++)
		if (strcmp(conf->targets[i].text, text) == 0)
			return (uint32_t)i;
	t = &conf->targets[i];
	t->index = (uint32_t)conf->n_targets++;
	t->text = arena_string(conf->arena, text);
	t->key = arena_printf(conf->arena, "web %s 80", text);
	return t->index;
}

static void
make_endpoint(struct conf *conf, struct conf_member *m, const char *text)
{
	struct conf_endpoint *e = &conf->endpoints[conf->n_endpoints];

	e->index = (uint32_t)conf->n_endpoints++;
	e->member = m->index;
	e->service = m->service;
	e->text = arena_string(conf->arena, text);
	e->target = make_target(conf, text);
	e->family = e->target == CONF_NO_TARGET ? AF_UNSPEC : AF_INET;
	m->n_endpoints++;
	conf->services[m->service].n_endpoints++;
}

/* "1:north/192.0.2.1,192.0.2.2" */
static void
make_member(struct conf *conf, struct conf_service *s, char *word)
{
	struct conf_member *m = &conf->members[conf->n_members];
	char *provider = strchr(word, ':');
	char *address = strchr(word, '/');
	char *rest;

	*provider++ = '\0';
	*address++ = '\0';
	m->index = (uint32_t)conf->n_members++;
	m->service = s->index;
	m->tier = (unsigned)(word[0] - '0');
	m->provider = make_provider(conf, provider);
	m->first_endpoint = (uint32_t)conf->n_endpoints;
	s->n_members++;
	for (address = strtok_r(address, ",", &rest); address != NULL; address = strtok_r(NULL, ",", &rest))
		make_endpoint(conf, m, address);
}

static void
make_service(struct conf *conf, const struct make_service *from)
{
	struct conf_service *s = &conf->services[conf->n_services];
	char words[256], *word, *rest;

	s->index = (uint32_t)conf->n_services++;
	s->name = s->fqdn = from->fqdn;
	s->min_up = from->min_up > 0 ? from->min_up : 1;
	s->all_down = from->all_down;
	s->first_member = (uint32_t)conf->n_members;
	s->first_endpoint = (uint32_t)conf->n_endpoints;
	snprintf(words, sizeof(words), "%s", from->members);
	for (word = strtok_r(words, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest))
		make_member(conf, s, word);
	if (from->listed == NULL)
		return;
	s->all_down_providers = arena_alloc(conf->arena, sizeof(uint32_t), sizeof(uint32_t));
	s->all_down_providers[0] = make_provider(conf, from->listed);
	s->n_all_down_providers = 1;
}

/* conf_free() frees it. */
static struct conf *
make_conf(const struct make_service *services, size_t n)
{
	struct arena *arena = arena_new();
	struct conf *conf = arena_alloc(arena, sizeof(*conf), 16);
	size_t i;

	conf->arena = arena;
	conf->providers = arena_alloc(arena, MAKE_MAX * sizeof(*conf->providers), 16);
	conf->checks = arena_alloc(arena, sizeof(*conf->checks), 16);
	conf->services = arena_alloc(arena, MAKE_MAX * sizeof(*conf->services), 16);
	conf->members = arena_alloc(arena, MAKE_MAX * sizeof(*conf->members), 16);
	conf->endpoints = arena_alloc(arena, MAKE_MAX * sizeof(*conf->endpoints), 16);
	conf->targets = arena_alloc(arena, MAKE_MAX * sizeof(*conf->targets), 16);
	conf->zones = arena_alloc(arena, sizeof(*conf->zones), 16);
	conf->checks[0].name = "web";
	conf->n_checks = 1;
	conf->zones[0].name = "example.com";
	conf->zones[0].n_services = (uint32_t)n;
	conf->n_zones = 1;
	for (i = 0; i < n; i++)
		make_service(conf, &services[i]);
	return conf;
}

#endif
