/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decide: verdicts to a plan, one service at a time.
 *
 * The rules, in their order:
 *  1. Nothing known of the whole service: the last decision stays.
 *  2. The lowest tier with at least min_up able members serves.
 *  3. The same, but what is unknown counts as able: better than what is known to be down.
 *  4. The tier with most able members, if it has one at all; then again with the unknown.
 *  5. No tier can serve: the service's all_down says what to do.
 * Unknown is neither a reason to remove nor to add: an unknown endpoint is able where it
 * serves already.
 */
#include <string.h>

#include "health/decide.h"

/* One service being decided. */
struct job {
	const struct decide_input *in;
	const struct conf_service *service;
	const bool *last; /* serving, from the service's first endpoint */
	bool unknown_counts;
};

/* A way to look for the tier that serves. */
struct search {
	bool unknown_counts;
	bool most; /* most able members instead of the lowest tier with min_up */
};

// clang-format off
static const struct search searches[] = {
	{ false, false },
	{ true,	 false },
	{ false, true },
	{ true,	 true },
};
// clang-format on

static const struct conf_endpoint *
endpoint(const struct job *job, uint32_t i)
{
	return &job->in->conf->endpoints[job->service->first_endpoint + i];
}

static const struct conf_member *
member_of(const struct job *job, uint32_t i)
{
	return &job->in->conf->members[endpoint(job, i)->member];
}

static enum verdict_state
verdict_of(const struct job *job, uint32_t i)
{
	uint32_t target = endpoint(job, i)->target;

	return target == CONF_NO_TARGET ? VERDICT_UP : job->in->verdicts[target];
}

static bool
able(const struct job *job, uint32_t i)
{
	switch (verdict_of(job, i)) {
	case VERDICT_UP:
	case VERDICT_SUSPECT:
		return true;
	case VERDICT_DOWN:
		return false;
	default:
		return job->unknown_counts || job->last[i];
	}
}

static bool
member_able(const struct job *job, const struct conf_member *m)
{
	uint32_t first = m->first_endpoint - job->service->first_endpoint;
	uint32_t i;

	for (i = first; i < first + m->n_endpoints; i++)
		if (able(job, i))
			return true;
	return false;
}

/* How many members of the tier are able. */
static unsigned
count_able(const struct job *job, unsigned tier)
{
	const struct conf_member *m = &job->in->conf->members[job->service->first_member];
	const struct conf_member *end = m + job->service->n_members;
	unsigned count = 0;

	for (; m < end; m++)
		if (m->tier == tier && member_able(job, m))
			count++;
	return count;
}

/* The lowest tier above the given one; 0 when there is none. */
static unsigned
next_tier(const struct job *job, unsigned above)
{
	const struct conf_member *m = &job->in->conf->members[job->service->first_member];
	const struct conf_member *end = m + job->service->n_members;
	unsigned tier = 0;

	for (; m < end; m++)
		if (m->tier > above && (tier == 0 || m->tier < tier))
			tier = m->tier;
	return tier;
}

/* The tier that serves by this search; 0 when there is none. */
static unsigned
find_tier(const struct job *job, bool most)
{
	unsigned best = 0, best_count = 0, tier;

	for (tier = next_tier(job, 0); tier != 0; tier = next_tier(job, tier)) {
		unsigned count = count_able(job, tier);

		if (!most && count > 0 && count >= job->service->min_up)
			return tier;
		if (most && count > best_count) {
			best = tier;
			best_count = count;
		}
	}
	return best;
}

static void
serve_tier(const struct job *job, unsigned tier, bool *serving)
{
	uint32_t i;

	for (i = 0; i < job->service->n_endpoints; i++)
		serving[i] = member_of(job, i)->tier == tier && able(job, i);
}

static bool
any(const bool *serving, uint32_t n)
{
	return memchr(serving, true, n * sizeof(*serving)) != NULL;
}

static void
serve_listed(const struct job *job, bool *serving)
{
	const struct conf_service *s = job->service;
	uint32_t i;
	size_t p;

	for (i = 0; i < s->n_endpoints; i++) {
		serving[i] = false;
		for (p = 0; p < s->n_all_down_providers; p++)
			if (member_of(job, i)->provider == s->all_down_providers[p])
				serving[i] = true;
	}
}

static void
serve_first_tier(const struct job *job, bool *serving)
{
	unsigned tier = next_tier(job, 0);
	uint32_t i;

	for (i = 0; i < job->service->n_endpoints; i++)
		serving[i] = member_of(job, i)->tier == tier;
}

/* No tier can serve. What would come out empty becomes serve-all, unless emptiness is what was asked for. */
static enum plan_reason
serve_all_down(const struct job *job, bool *serving)
{
	uint32_t n = job->service->n_endpoints;

	switch (job->service->all_down) {
	case ALL_DOWN_NODATA:
		memset(serving, 0, n * sizeof(*serving));
		return PLAN_NODATA;
	case ALL_DOWN_LAST:
		memcpy(serving, job->last, n * sizeof(*serving));
		if (any(serving, n))
			return PLAN_LAST;
		break;
	case ALL_DOWN_LIST:
		serve_listed(job, serving);
		if (any(serving, n))
			return PLAN_LIST;
		break;
	case ALL_DOWN_SERVE_ALL:
		break;
	}
	serve_first_tier(job, serving);
	return PLAN_SERVE_ALL;
}

/* Is there something to know of the service, and nothing of it known? */
static bool
nothing_known(const struct job *job)
{
	bool probed = false;
	uint32_t i;

	for (i = 0; i < job->service->n_endpoints; i++) {
		if (endpoint(job, i)->target == CONF_NO_TARGET)
			continue;
		if (verdict_of(job, i) != VERDICT_UNKNOWN)
			return false;
		probed = true;
	}
	return probed;
}

static bool
any_suspect(const struct job *job, const bool *serving)
{
	uint32_t i;

	for (i = 0; i < job->service->n_endpoints; i++)
		if (serving[i] && verdict_of(job, i) == VERDICT_SUSPECT)
			return true;
	return false;
}

void
decide_service(const struct decide_input *in, uint32_t service, struct plan_service *out, bool *serving)
{
	const struct conf_service *s = &in->conf->services[service];
	struct job job = { in, s, &in->last->serving[s->first_endpoint], false };
	size_t i;

	if (nothing_known(&job)) {
		*out = in->last->services[service];
		memcpy(serving, job.last, s->n_endpoints * sizeof(*serving));
		return;
	}
	for (i = 0; i < sizeof(searches) / sizeof(searches[0]); i++) {
		job.unknown_counts = searches[i].unknown_counts;
		out->tier = find_tier(&job, searches[i].most);
		if (out->tier != 0)
			break;
	}
	if (out->tier != 0) {
		out->reason = PLAN_TIER;
		serve_tier(&job, out->tier, serving);
	} else {
		out->reason = serve_all_down(&job, serving);
	}
	out->suspect = any_suspect(&job, serving);
}
