/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verdict: outcomes in, a state out.
 */
#include "health/verdict.h"

/* Does the outcome speak against the state? Against unknown, anything does. */
static bool
against(enum verdict_state state, bool good)
{
	switch (state) {
	case VERDICT_UP:
	case VERDICT_SUSPECT:
		return !good;
	case VERDICT_DOWN:
		return good;
	default:
		return true;
	}
}

/* The state that follows, streak being counted already. */
static enum verdict_state
next_state(const struct verdict *v, const struct thresholds *t, bool good)
{
	if (good)
		return v->state == VERDICT_SUSPECT || v->streak >= t->rise ? VERDICT_UP : v->state;
	if (v->streak >= t->fall)
		return VERDICT_DOWN;
	return v->state == VERDICT_UP ? VERDICT_SUSPECT : v->state;
}

bool
verdict_feed(struct verdict *v, const struct thresholds *t, enum outcome outcome, uint64_t now_ms)
{
	enum verdict_state before = v->state;
	bool good = outcome == OUTCOME_GOOD;

	if (!outcome_row(outcome)->counted)
		return false;
	if (before == VERDICT_UNKNOWN && (v->history & 1) != good)
		v->streak = 0;
	v->streak = against(before, good) ? v->streak + 1 : 0;
	v->state = next_state(v, t, good);
	if (v->state != before && v->state != VERDICT_SUSPECT)
		v->streak = 0;
	v->history = v->history << 1 | good;
	if (v->seen < 64)
		v->seen++;
	v->probed_ms = now_ms;
	return v->state != before;
}

enum verdict_state
verdict_at(const struct verdict *v, const struct thresholds *t, uint64_t now_ms)
{
	if (now_ms > v->probed_ms && now_ms - v->probed_ms > t->stale_ms)
		return VERDICT_UNKNOWN;
	return v->state;
}
