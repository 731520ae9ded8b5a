/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Configuration: section by section into struct conf, and what no single row of the
 * schema can judge. Everything is read before anything is given up, so that all mistakes
 * are told at once. Linear in the size of the file: lists are walked by position, names
 * are found through indexes.
 */
#include "conf/conf.h"

#include <arpa/inet.h>
#include <libconfig.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/index.h"
#include "conf/mem.h"
#include "conf/name.h"
#include "conf/reader.h"
#include "conf/schema.h"
#include "conf/source.h"
#include "conf/value.h"

#define MAP_NAME_MAX	63	/* of a provider or check; it stands in TXT records and log lines */
#define TIERS_MAX	100

struct tier_use {		/* of one tier of the service that is being read; NULL: no such member yet */
	const config_setting_t	*address;
	const config_setting_t	*cname;
};

struct service_reading {
	struct conf_service	*service;
	const struct conf_check	*check;		/* NULL: none that is known */
	struct tier_use		 tiers[TIERS_MAX + 1];
};

/* --- server --- */

static void
listen_finish(struct reader *r, const config_setting_t *s)
{
	struct conf_server *server = &r->conf->server;
	struct index seen = { .entries = NULL };
	size_t i;

	for (i = 0; s != NULL && i < server->n_listen; i++) {
		struct conf_listen *l = &server->listen[i];
		char key[INET6_ADDRSTRLEN], *text;

		l->place = reader_place(r, reader_element(s, i));
		inet_ntop(l->addr.sa.sa_family,
		    l->addr.sa.sa_family == AF_INET ? (void *)&l->addr.in.sin_addr : (void *)&l->addr.in6.sin6_addr,
		    key, sizeof(key));
		text = arena_printf(r->scratch, "%s@%u", key, ntohs(l->addr.in.sin_port)); /* in6 has it there too */
		if (index_add(&seen, text, 0) != INDEX_NONE)
			reader_mistake(r, reader_element(s, i), "%s is written twice", reader_quoted(r, l->text));
	}
	index_free(&seen);
}

static void
workers_check(struct reader *r, const config_setting_t *group, const struct got *got)
{
	const struct conf_server *server = &r->conf->server;
	const config_setting_t *workers = got_good(got, SECTION_SERVER, "workers");
	size_t each = server->workers > 0 ? server->workers : 1;

	if (server->n_listen * each <= CONF_SOCKETS_MAX)
		return;
	reader_mistake(r, workers != NULL ? workers : group,
	    "%u workers on each of %zu listen addresses are more than %d in all", server->workers, server->n_listen,
	    CONF_SOCKETS_MAX);
}

/* Only root becomes somebody else, so only then the name must mean somebody. */
static void
user_check(struct reader *r, const config_setting_t *s)
{
	const char *user = r->conf->server.user;

	if (geteuid() != 0 || getpwnam(user) != NULL)
		return;
	if (s != NULL)
		reader_mistake(r, s, "%s is not a user of this machine", reader_quoted(r, user));
	else
		complain(r->complaints, COMPLAINT_MISTAKE, (struct place){ r->conf->file, 0 },
		    "server.user: missing; \"%s\" is not a user of this machine", user);
}

static const char *
host_name(struct reader *r)
{
	char name[256];

	if (gethostname(name, sizeof(name)) == -1)
		return "";
	name[sizeof(name) - 1] = '\0';
	return arena_string(r->conf->arena, name);
}

/* group may be NULL: then everything is at its default. */
static void
server_read(struct reader *r, const config_setting_t *group)
{
	struct conf_server *server = &r->conf->server;
	struct got got = { .at = { NULL } };

	memcpy(server, r->fallback[SECTION_SERVER], sizeof(*server));
	if (group != NULL)
		reader_group(r, SECTION_SERVER, group, server, &got);
	if (server->identity == NULL)
		server->identity = host_name(r);
	listen_finish(r, got_good(&got, SECTION_SERVER, "listen"));
	if (group != NULL && got_usable(&got, SECTION_SERVER, "listen") && got_usable(&got, SECTION_SERVER, "workers"))
		workers_check(r, group, &got);
	if (got_usable(&got, SECTION_SERVER, "user"))
		user_check(r, got_at(&got, SECTION_SERVER, "user"));
}

/* --- providers and checks: groups under a name that the operator chose --- */

static const char *
map_name(struct reader *r, const config_setting_t *s)
{
	const char *name = config_setting_name(s);

	if (strlen(name) > MAP_NAME_MAX)
		reader_mistake(r, s, "the name is longer than %d characters", MAP_NAME_MAX);
	return arena_string(r->conf->arena, name);
}

static void
provider_read(struct reader *r, const config_setting_t *s)
{
	struct conf *conf = r->conf;
	struct conf_provider *p = &conf->providers[conf->n_providers];
	struct got got;

	memcpy(p, r->fallback[SECTION_PROVIDERS], sizeof(*p));
	p->name = map_name(r, s);
	p->place = reader_place(r, s);
	if (reader_is_group(r, s))
		reader_group(r, SECTION_PROVIDERS, s, p, &got);
	if (p->label == NULL)
		p->label = p->name;
	index_add(&r->values.providers, p->name, (uint32_t)conf->n_providers++);
}

/* What only checks of another type have. */
static void
check_types_check(struct reader *r, const struct conf_check *check, const struct got *got)
{
	const struct section_rows *rows = schema_section(SECTION_CHECKS);
	const char *type = schema_find(SECTION_CHECKS, "type")->words[check->type];
	size_t i;

	for (i = 0; i < rows->count; i++)
		if (got->at[i] != NULL && rows->rows[i].check_types != 0 &&
		    (rows->rows[i].check_types & 1u << check->type) == 0)
			reader_mistake(r, got->at[i], "not for a check of type \"%s\"", type);
}

static void
check_finish(struct reader *r, struct conf_check *check, const struct got *got)
{
	const config_setting_t *recheck = got_at(got, SECTION_CHECKS, "recheck");
	char interval[VALUE_DURATION_TEXT];

	if (got_good(got, SECTION_CHECKS, "type") != NULL)
		check_types_check(r, check, got);
	if (check->port == 0 && check->type != CHECK_TCP)
		check->port = check->type == CHECK_HTTP ? 80 : 443;
	if (check->recheck_ms <= check->interval_ms || !got_usable(got, SECTION_CHECKS, "recheck") ||
	    !got_usable(got, SECTION_CHECKS, "interval"))
		return;
	if (recheck == NULL)
		check->recheck_ms = check->interval_ms; /* a default is no mistake */
	else
		reader_mistake(r, recheck, "%s is above interval, \"%s\"", reader_shown(r, recheck),
		    value_duration_text(check->interval_ms, interval));
}

static void
check_read(struct reader *r, const config_setting_t *s)
{
	struct conf *conf = r->conf;
	struct conf_check *check = &conf->checks[conf->n_checks];
	struct got got;

	memcpy(check, r->fallback[SECTION_CHECKS], sizeof(*check));
	check->name = map_name(r, s);
	check->place = reader_place(r, s);
	index_add(&r->values.checks, check->name, (uint32_t)conf->n_checks++);
	if (!reader_is_group(r, s))
		return;
	reader_group(r, SECTION_CHECKS, s, check, &got);
	check_finish(r, check, &got);
}

/* How many a group has; NULL has none. */
static size_t
length(const config_setting_t *group)
{
	return group != NULL ? (size_t)config_setting_length(group) : 0;
}

static void
map_read(struct reader *r, const config_setting_t *group, void (*read)(struct reader *, const config_setting_t *))
{
	size_t i;

	for (i = 0; i < length(group); i++)
		read(r, config_setting_get_elem(group, (unsigned)i));
}

/* --- members --- */

static void
target_fill(struct conf_target *t, const struct conf_endpoint *e, unsigned port)
{
	if (e->family == AF_INET) {
		t->len = sizeof(t->addr.in);
		t->addr.in.sin_family = AF_INET;
		t->addr.in.sin_port = htons((uint16_t)port);
		memcpy(&t->addr.in.sin_addr, e->addr, 4);
		return;
	}
	t->len = sizeof(t->addr.in6);
	t->addr.in6.sin6_family = AF_INET6;
	t->addr.in6.sin6_port = htons((uint16_t)port);
	memcpy(&t->addr.in6.sin6_addr, e->addr, 16);
}

/* The target of this check, address and port: a new one, or one that another service has too. */
static uint32_t
target_of(struct reader *r, const struct conf_check *check, const struct conf_endpoint *e, unsigned port)
{
	struct conf *conf = r->conf;
	struct conf_target *t = &conf->targets[conf->n_targets];
	char key[MAP_NAME_MAX + INET6_ADDRSTRLEN + 32];
	uint32_t known;

	snprintf(key, sizeof(key), "%s %s %u", check->name, e->text, port);
	known = index_find(&r->targets, key);
	if (known != INDEX_NONE)
		return known;
	t->index = (uint32_t)conf->n_targets++;
	t->check = (uint32_t)(check - conf->checks);
	t->key = arena_string(conf->arena, key);
	t->text = e->text;
	if (port != check->port)
		t->text = arena_printf(conf->arena, e->family == AF_INET ? "%s@%u" : "[%s]@%u", e->text, port);
	target_fill(t, e, port);
	index_add(&r->targets, t->key, t->index);
	return t->index;
}

static void
targets_find(struct reader *r, const struct conf_check *check, struct conf_member *m, const config_setting_t *address)
{
	unsigned port = m->port != 0 ? m->port : check->port;
	uint32_t i;

	if (port == 0) {
		reader_mistake(r, address, "a port is missing: neither the member nor check \"%s\" has one",
		    check->name);
		return;
	}
	for (i = 0; i < m->n_endpoints; i++) {
		struct conf_endpoint *e = &r->conf->endpoints[m->first_endpoint + i];

		e->target = target_of(r, check, e, port);
	}
}

/* Number the member's addresses, and none of them may be in the service already. */
static void
addresses_finish(struct reader *r, const struct conf_member *m, const config_setting_t *address)
{
	uint32_t i, other;

	for (i = 0; i < m->n_endpoints; i++) {
		struct conf_endpoint *e = &r->conf->endpoints[m->first_endpoint + i];

		e->index = m->first_endpoint + i;
		e->member = m->index;
		e->service = m->service;
		e->target = CONF_NO_TARGET;
		other = index_add(&r->addresses, arena_printf(r->scratch, "%u %s", m->service, e->text), m->index);
		if (other != INDEX_NONE)
			reader_mistake(r, reader_element(address, i), "%s is already an address of the service at %s",
			    reader_shown(r, reader_element(address, i)),
			    reader_place_text(r, r->conf->members[other].place));
	}
}

static void
cname_finish(struct reader *r, struct conf_member *m)
{
	struct conf *conf = r->conf;
	struct conf_endpoint *e = &conf->endpoints[conf->n_endpoints];

	m->first_endpoint = (uint32_t)conf->n_endpoints++;
	m->n_endpoints = 1;
	*e = (struct conf_endpoint){ .index = m->first_endpoint,
		.member = m->index,
		.service = m->service,
		.target = CONF_NO_TARGET,
		.family = AF_UNSPEC,
		.text = m->cname };
}

/* A CNAME stands alone at its name (RFC 1034 section 3.6.2). */
static void
cname_check(struct reader *r, const struct service_reading *sr, const struct got *got)
{
	const config_setting_t *cname = got_at(got, SECTION_MEMBERS, "cname");
	const config_setting_t *address = got_at(got, SECTION_MEMBERS, "address");
	const config_setting_t *records = got_at(got, SECTION_MEMBERS, "records");

	if (address != NULL)
		reader_mistake(r, cname, "a member has cname or address, not both");
	if (records != NULL)
		reader_mistake(r, records, "a member with cname has no other records");
	if (sr->service->name != NULL && strcmp(sr->service->name, "@") == 0)
		reader_mistake(r, cname, "the zone's apex cannot be a cname");
}

/* Members of one tier serve together, so they are all addresses or all names. */
static void
tier_check(struct reader *r, struct service_reading *sr, const struct conf_member *m, const struct got *got)
{
	const config_setting_t *address = got_at(got, SECTION_MEMBERS, "address");
	const config_setting_t *cname = got_at(got, SECTION_MEMBERS, "cname");
	struct tier_use *use = &sr->tiers[m->tier];
	const config_setting_t *other = cname != NULL ? use->address : use->cname;

	if ((address != NULL) == (cname != NULL) || !got_usable(got, SECTION_MEMBERS, "tier"))
		return;
	if (other != NULL)
		reader_mistake(r, cname != NULL ? cname : address,
		    "tier %u has a member with %s at %s; cname and address do not mix", m->tier,
		    cname != NULL ? "address" : "cname", reader_place_text(r, reader_place(r, other)));
	if (cname != NULL && use->cname == NULL)
		use->cname = cname;
	else if (address != NULL && use->address == NULL)
		use->address = address;
}

static void
member_finish(struct reader *r, struct service_reading *sr, struct conf_member *m, const config_setting_t *group,
    const struct got *got)
{
	const config_setting_t *address = got_good(got, SECTION_MEMBERS, "address");

	tier_check(r, sr, m, got);
	if (got_at(got, SECTION_MEMBERS, "cname") != NULL)
		cname_check(r, sr, got);
	else if (got_at(got, SECTION_MEMBERS, "address") == NULL)
		reader_missing(r, group, "address", "address or cname");
	if (got_good(got, SECTION_MEMBERS, "provider") != NULL)
		r->provider_of[m->provider] = 1 + m->service;
	if (address != NULL) {
		addresses_finish(r, m, address);
		if (sr->check != NULL && got_usable(got, SECTION_MEMBERS, "port"))
			targets_find(r, sr->check, m, address);
	} else if (m->cname != NULL) {
		cname_finish(r, m);
	}
}

static void
member_read(struct reader *r, struct service_reading *sr, const config_setting_t *s)
{
	struct conf *conf = r->conf;
	struct conf_member *m = &conf->members[conf->n_members];
	struct got got;

	if (!reader_is_group(r, s))
		return;
	memcpy(m, r->fallback[SECTION_MEMBERS], sizeof(*m));
	m->index = (uint32_t)conf->n_members++;
	m->service = sr->service->index;
	m->place = reader_place(r, s);
	m->first_endpoint = (uint32_t)conf->n_endpoints;
	reader_group(r, SECTION_MEMBERS, s, m, &got);
	member_finish(r, sr, m, s, &got);
}

static void
members_read(struct reader *r, struct service_reading *sr, const config_setting_t *list)
{
	struct conf_service *service = sr->service;
	size_t i;

	service->first_member = (uint32_t)r->conf->n_members;
	service->first_endpoint = (uint32_t)r->conf->n_endpoints;
	for (i = 0; i < reader_count(list); i++)
		member_read(r, sr, reader_element(list, i));
	service->n_members = (uint32_t)r->conf->n_members - service->first_member;
	service->n_endpoints = (uint32_t)r->conf->n_endpoints - service->first_endpoint;
	if (service->n_endpoints > CONF_ENDPOINTS_MAX)
		reader_mistake(r, list, "%u addresses are more than the %d that a service may have",
		    service->n_endpoints, CONF_ENDPOINTS_MAX);
}

/* --- services --- */

/* www.gslb.example.com in zone gslb.example.com is rarely what is meant. */
static void
relative_check(struct reader *r, const config_setting_t *s, const struct name *name)
{
	const char *zone = r->values.zone;
	size_t len = strlen(name->text), zone_len = strlen(zone);

	if (len < zone_len || strcmp(name->text + len - zone_len, zone) != 0)
		return;
	if (len == zone_len || name->text[len - zone_len - 1] == '.')
		reader_warning(r, s, "%s is relative to the zone: this is %s.%s", reader_shown(r, s), name->text, zone);
}

/* Written name and zone into fqdn, lower case. s: where the name was written, and found good. */
static void
fqdn_make(struct reader *r, struct conf_service *service, const config_setting_t *s)
{
	const char *zone = r->values.zone, *wrong;
	struct name name;

	if (strcmp(service->name, "@") == 0) {
		service->fqdn = zone;
		return;
	}
	name_read(&name, service->name);
	relative_check(r, s, &name);
	wrong = name_read(&name,
	    strcmp(zone, ".") == 0 ? service->name : arena_printf(r->scratch, "%s.%s", service->name, zone));
	if (wrong != NULL)
		reader_mistake(r, s, "%s is not a name in the zone: %s", reader_shown(r, s), wrong);
	else
		service->fqdn = arena_string(r->conf->arena, name.text);
}

static void
service_name_finish(struct reader *r, struct conf_service *service, const config_setting_t *s)
{
	uint32_t other;

	if (s == NULL || r->values.zone == NULL)
		return;
	fqdn_make(r, service, s);
	if (service->fqdn == NULL)
		return;
	other =
	    index_add(&r->services, arena_printf(r->scratch, "%u %s", service->zone, service->fqdn), service->index);
	if (other != INDEX_NONE)
		reader_mistake(r, s, "%s is already a service at %s", reader_shown(r, s),
		    reader_place_text(r, r->conf->services[other].place));
}

static void
ttl_check(struct reader *r, struct conf_service *service, const struct got *got)
{
	const config_setting_t *suspect = got_at(got, SECTION_SERVICES, "ttl_suspect");
	char ttl[VALUE_DURATION_TEXT];

	if (service->ttl_suspect <= service->ttl || !got_usable(got, SECTION_SERVICES, "ttl") ||
	    !got_usable(got, SECTION_SERVICES, "ttl_suspect"))
		return;
	if (suspect == NULL)
		service->ttl_suspect = service->ttl; /* a default is no mistake */
	else
		reader_mistake(r, suspect, "%s is above ttl, \"%s\"", reader_shown(r, suspect),
		    value_duration_text(1000 * (uint64_t)service->ttl, ttl));
}

static void
all_down_check(struct reader *r, const struct conf_service *service, const config_setting_t *s)
{
	size_t i;

	for (i = 0; s != NULL && i < service->n_all_down_providers; i++)
		if (r->provider_of[service->all_down_providers[i]] != 1 + service->index)
			reader_mistake(r, reader_element(s, i), "%s is not the provider of a member of the service",
			    reader_shown(r, reader_element(s, i)));
}

static void
service_read(struct reader *r, uint32_t zone, const config_setting_t *s)
{
	struct conf *conf = r->conf;
	struct conf_service *service = &conf->services[conf->n_services];
	struct service_reading sr = { .service = service };
	const config_setting_t *name;
	struct got got;

	if (!reader_is_group(r, s))
		return;
	memcpy(service, r->fallback[SECTION_SERVICES], sizeof(*service));
	service->index = (uint32_t)conf->n_services++;
	service->zone = zone;
	reader_group(r, SECTION_SERVICES, s, service, &got);
	name = got_good(&got, SECTION_SERVICES, "name");
	service->place = reader_place(r, name != NULL ? name : s);
	service_name_finish(r, service, name);
	ttl_check(r, service, &got);
	if (got_good(&got, SECTION_SERVICES, "check") != NULL)
		sr.check = &conf->checks[service->check];
	members_read(r, &sr, got_good(&got, SECTION_SERVICES, "members"));
	all_down_check(r, service, got_good(&got, SECTION_SERVICES, "all_down"));
}

/* --- zones --- */

static void
zone_name_finish(struct reader *r, struct conf_zone *zone, const config_setting_t *s)
{
	uint32_t other;

	if (s == NULL)
		return;
	other = index_add(&r->zones, zone->name, zone->index);
	if (other != INDEX_NONE)
		reader_mistake(r, s, "%s is already a zone at %s", reader_shown(r, s),
		    reader_place_text(r, r->conf->zones[other].place));
}

static void
zone_read(struct reader *r, const config_setting_t *s)
{
	struct conf *conf = r->conf;
	struct conf_zone *zone = &conf->zones[conf->n_zones];
	const config_setting_t *name, *services;
	struct got got;
	size_t i;

	if (!reader_is_group(r, s))
		return;
	memcpy(zone, r->fallback[SECTION_ZONES], sizeof(*zone));
	zone->index = (uint32_t)conf->n_zones++;
	zone->first_service = (uint32_t)conf->n_services;
	reader_group(r, SECTION_ZONES, s, zone, &got);
	name = got_good(&got, SECTION_ZONES, "name");
	zone->place = reader_place(r, name != NULL ? name : s);
	zone_name_finish(r, zone, name);
	services = got_good(&got, SECTION_ZONES, "services");
	r->values.zone = zone->name;
	for (i = 0; i < reader_count(services); i++)
		service_read(r, zone->index, reader_element(services, i));
	r->values.zone = NULL;
	zone->n_services = (uint32_t)conf->n_services - zone->first_service;
}

/* --- the whole --- */

/* What the group has under that name; NULL: nothing, or it is no group. */
static const config_setting_t *
written_in(const config_setting_t *group, const char *name)
{
	return config_setting_is_group(group) ? config_setting_get_member(group, name) : NULL;
}

/* At most so many endpoints: all addresses, and a cname for each member. */
static size_t
endpoints_room(const config_setting_t *members)
{
	size_t room = 0, i;

	for (i = 0; i < reader_count(members); i++)
		room += 1 + reader_count(written_in(reader_element(members, i), "address"));
	return room;
}

/* The arrays never move while they are filled: room for all that is written, good or not. */
static void
room_make(struct conf *conf, const config_setting_t *zones)
{
	size_t services = 0, members = 0, endpoints = 0, i, j;

	for (i = 0; i < reader_count(zones); i++) {
		const config_setting_t *list = written_in(reader_element(zones, i), "services");

		services += reader_count(list);
		for (j = 0; j < reader_count(list); j++) {
			const config_setting_t *m = written_in(reader_element(list, j), "members");

			members += reader_count(m);
			endpoints += endpoints_room(m);
		}
	}
	conf->zones = arena_alloc(conf->arena, reader_count(zones) * sizeof(*conf->zones), _Alignof(struct conf_zone));
	conf->services = arena_alloc(conf->arena, services * sizeof(*conf->services), _Alignof(struct conf_service));
	conf->members = arena_alloc(conf->arena, members * sizeof(*conf->members), _Alignof(struct conf_member));
	conf->endpoints =
	    arena_alloc(conf->arena, endpoints * sizeof(*conf->endpoints), _Alignof(struct conf_endpoint));
	conf->targets = arena_alloc(conf->arena, endpoints * sizeof(*conf->targets), _Alignof(struct conf_target));
}

static void
maps_room_make(struct reader *r, const config_setting_t *providers, const config_setting_t *checks)
{
	struct conf *conf = r->conf;

	conf->providers =
	    arena_alloc(conf->arena, length(providers) * sizeof(*conf->providers), _Alignof(struct conf_provider));
	conf->checks = arena_alloc(conf->arena, length(checks) * sizeof(*conf->checks), _Alignof(struct conf_check));
	r->provider_of = arena_alloc(r->scratch, length(providers) * sizeof(*r->provider_of), _Alignof(uint32_t));
}

static void
root_read(struct reader *r, const config_setting_t *root)
{
	const config_setting_t *providers, *checks, *zones;
	enum section section;
	struct got got;
	size_t i;

	reader_group(r, SECTION_TOP, root, NULL, &got);
	for (section = SECTION_SERVER; section < SECTIONS; section++)
		reader_fallback(r, section);
	providers = got_good(&got, SECTION_TOP, "providers");
	checks = got_good(&got, SECTION_TOP, "checks");
	zones = got_good(&got, SECTION_TOP, "zones");
	maps_room_make(r, providers, checks);
	room_make(r->conf, zones);
	server_read(r, got_good(&got, SECTION_TOP, "server"));
	map_read(r, providers, provider_read);
	map_read(r, checks, check_read);
	for (i = 0; i < reader_count(zones); i++)
		zone_read(r, reader_element(zones, i));
}

/* The text through the parser. 0, or -1 with its complaint: the parser stops at its first. */
static int
tree_read(struct reader *r, const char *folder, config_t *tree)
{
	if (source_read(&r->source, r->conf->file, folder, r->conf->arena, r->complaints) == -1)
		return -1;
	if (config_read_string(tree, r->source.text) == CONFIG_TRUE)
		return 0;
	complain(r->complaints, COMPLAINT_MISTAKE, source_place(&r->source, (unsigned)config_error_line(tree)), "%s",
	    config_error_text(tree));
	return -1;
}

/* The part of file up to its last slash, as it was given: "" when it has none. */
static char *
folder_of(struct arena *arena, const char *file)
{
	const char *slash = strrchr(file, '/');

	return arena_printf(arena, "%.*s", slash != NULL ? (int)(slash + 1 - file) : 0, file);
}

/* The same, absolute; where that fails the file cannot be read either. */
static char *
folder_absolute(struct arena *arena, const char *folder)
{
	char *real = realpath(folder[0] != '\0' ? folder : ".", NULL);
	char *absolute;

	if (real == NULL)
		return arena_string(arena, folder);
	absolute = arena_printf(arena, "%s%s", real, strcmp(real, "/") == 0 ? "" : "/");
	free(real);
	return absolute;
}

static void
reader_free(struct reader *r)
{
	index_free(&r->zones);
	index_free(&r->services);
	index_free(&r->addresses);
	index_free(&r->targets);
	index_free(&r->values.checks);
	index_free(&r->values.providers);
	source_free(&r->source);
	arena_free(r->scratch);
}

static struct conf *
conf_new(const char *file)
{
	struct arena *arena = arena_new();
	struct conf *conf = arena_alloc(arena, sizeof(*conf), _Alignof(struct conf));

	conf->arena = arena;
	conf->file = arena_string(arena, file);
	return conf;
}

struct conf *
conf_load(const char *file, struct complaints *c)
{
	struct reader r = { .conf = conf_new(file), .complaints = c, .scratch = arena_new() };
	const char *folder = folder_of(r.scratch, file);
	size_t mistakes_before = c->mistakes;
	config_t tree;

	r.values.arena = r.conf->arena;
	r.values.folder = folder_absolute(r.scratch, folder);
	config_init(&tree);
	if (tree_read(&r, folder, &tree) == 0)
		root_read(&r, config_root_setting(&tree));
	config_destroy(&tree);
	reader_free(&r);
	if (c->mistakes == mistakes_before)
		return r.conf;
	conf_free(r.conf);
	return NULL;
}

void
conf_free(struct conf *conf)
{
	if (conf != NULL)
		arena_free(conf->arena);
}

/* --- networks --- */

/* Are the first bits of both the same? */
static bool
prefix_match(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(a, b, whole) != 0)
		return false;
	return rest == 0 || ((a[whole] ^ b[whole]) & 0xff << (8 - rest) & 0xff) == 0;
}

bool
conf_net_match(const struct conf_net *nets, size_t n, const struct sockaddr *sa)
{
	const struct sockaddr_in6 *in6 = (const void *)sa;
	const struct sockaddr_in *in = (const void *)sa;
	int family = sa->sa_family;
	const uint8_t *addr;
	size_t i;

	if (family == AF_INET)
		addr = (const uint8_t *)&in->sin_addr;
	else if (family == AF_INET6)
		addr = in6->sin6_addr.s6_addr;
	else
		return false;
	if (family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
		family = AF_INET;
		addr += 12;
	}
	for (i = 0; i < n; i++)
		if (nets[i].family == family && prefix_match(nets[i].addr, addr, nets[i].bits))
			return true;
	return false;
}
