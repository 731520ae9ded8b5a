/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Changes: two plans compared, service by service.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "health/changes.h"

#define LISTED_MAX 4 /* names in a line; the rest is a number */

/* A line being written; what does not fit is cut. */
struct line {
	char *text;
	size_t size;
	size_t len;
};

/* Which names to list: those that serve in one plan and not in the other. */
struct difference {
	const struct conf *conf;
	const struct conf_service *service;
	const bool *in;
	const bool *not_in;
};

static void add(struct line *line, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void
add(struct line *line, const char *fmt, ...)
{
	size_t left = line->size - line->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line->text + line->len, left, fmt, ap);
	va_end(ap);
	if (n > 0)
		line->len += (size_t)n < left ? (size_t)n : left - 1;
}

bool
changes_serving(const struct conf *conf, uint32_t service, const struct plan *before, const struct plan *after)
{
	const struct conf_service *s = &conf->services[service];
	const struct plan_service *was = &before->services[service];
	const struct plan_service *is = &after->services[service];

	return was->reason != is->reason || was->tier != is->tier ||
	    memcmp(&before->serving[s->first_endpoint], &after->serving[s->first_endpoint],
		s->n_endpoints * sizeof(bool)) != 0;
}

bool
changes_any(const struct conf *conf, uint32_t service, const struct plan *before, const struct plan *after)
{
	return before->services[service].suspect != after->services[service].suspect ||
	    changes_serving(conf, service, before, after);
}

static bool
member_serves(const struct conf_member *m, const bool *serving)
{
	return memchr(&serving[m->first_endpoint], true, m->n_endpoints * sizeof(*serving)) != NULL;
}

static bool
provider_serves(const struct difference *d, uint32_t provider, const bool *serving)
{
	uint32_t i;

	for (i = 0; i < d->service->n_members; i++) {
		const struct conf_member *m = &d->conf->members[d->service->first_member + i];

		if (m->provider == provider && member_serves(m, serving))
			return true;
	}
	return false;
}

/* Is the provider of this member told already, by a member before? */
static bool
told(const struct difference *d, const struct conf_member *m)
{
	const struct conf_member *at = &d->conf->members[d->service->first_member];

	for (; at < m; at++)
		if (at->provider == m->provider)
			return true;
	return false;
}

static void
add_name(struct line *line, unsigned count, const char *name)
{
	if (count < LISTED_MAX)
		add(line, "%s%s", count > 0 ? ", " : "", name);
}

static void
add_rest(struct line *line, unsigned count)
{
	if (count > LISTED_MAX)
		add(line, " and %u more", count - LISTED_MAX);
}

static unsigned
add_providers(struct line *line, const struct difference *d)
{
	unsigned count = 0;
	uint32_t i;

	for (i = 0; i < d->service->n_members; i++) {
		const struct conf_member *m = &d->conf->members[d->service->first_member + i];

		if (told(d, m) || !provider_serves(d, m->provider, d->in) || provider_serves(d, m->provider, d->not_in))
			continue;
		add_name(line, count++, d->conf->providers[m->provider].name);
	}
	add_rest(line, count);
	return count;
}

static unsigned
add_endpoints(struct line *line, const struct difference *d)
{
	const struct conf_endpoint *e = &d->conf->endpoints[d->service->first_endpoint];
	const struct conf_endpoint *end = e + d->service->n_endpoints;
	unsigned count = 0;

	for (; e < end; e++)
		if (d->in[e->index] && !d->not_in[e->index])
			add_name(line, count++, e->text);
	add_rest(line, count);
	return count;
}

/* Who came and who left, told in the names that list() gives; false when nobody did. */
static bool
add_moves(struct line *line, unsigned (*list)(struct line *, const struct difference *), const struct difference *came,
    const struct difference *left)
{
	char came_text[256] = "", left_text[256] = "";
	struct line came_line = { came_text, sizeof(came_text), 0 };
	struct line left_line = { left_text, sizeof(left_text), 0 };
	unsigned n_came = list(&came_line, came);
	unsigned n_left = list(&left_line, left);

	if (n_came > 0 && n_left > 0)
		add(line, "%s instead of %s", came_text, left_text);
	else if (n_came > 0)
		add(line, "with %s", came_text);
	else if (n_left > 0)
		add(line, "without %s", left_text);
	return n_came > 0 || n_left > 0;
}

static void
add_reason(struct line *line, const struct plan_service *is, bool moved)
{
	if (is->reason == PLAN_TIER && !moved)
		add(line, "tier %u serves", is->tier);
	if (is->reason > PLAN_TIER)
		add(line, "%sno tier can serve: %s", moved ? ", " : "", plan_reason_name(is->reason));
}

void
changes_describe(const struct conf *conf, uint32_t service, const struct plan *before, const struct plan *after,
    char *text, size_t size)
{
	const struct conf_service *s = &conf->services[service];
	struct difference came = { conf, s, after->serving, before->serving };
	struct difference left = { conf, s, before->serving, after->serving };
	struct line line = { text, size, 0 };
	bool moved;

	text[0] = '\0';
	if (!changes_serving(conf, service, before, after)) {
		add(&line, "TTL %s", after->services[service].suspect ? "of suspicion" : "as usual");
		return;
	}
	moved = add_moves(&line, add_providers, &came, &left) || add_moves(&line, add_endpoints, &came, &left);
	add_reason(&line, &after->services[service], moved);
}
