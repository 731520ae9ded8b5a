/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Monitor: one timer a target, and the rules of when to probe.
 *
 * From start to start it takes an interval, shortened at random by up to jitter; a recheck
 * while the target is suspect or was never settled. A probe that is late does not hold up
 * the next: another is started beside it, at most `fall` at once, so that a target that
 * swallows packets is known to be down within interval + fall * recheck + timeout. A target
 * that is down is probed at its interval, one probe at a time. Starts come from timers only,
 * so nothing that a target does can make us spin.
 */
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/log.h"
#include "conf/mem.h"
#include "health/check.h"
#include "health/clock.h"
#include "health/monitor.h"
#include "health/verdict.h"

#define NEVER            UINT64_MAX
#define STALE_INTERVALS  3        /* and a timeout: an outcome older than that says nothing */
#define SPREAD_US        1000000  /* the first round takes at most this */
#define SPREAD_EACH_US   5000     /* and no more than this for each target: few need not wait */
#define LATE_FACTOR      3        /* times the usual duration make a probe late */
#define OWN_DELAY_US     20000    /* our timers being that late, a late probe may be our own fault */
#define LOCAL_LOG_GAP_US 10000000 /* own trouble is told at most that often */
#define DETAIL_MAX       96

struct watch {
	struct monitor *monitor;
	const struct conf_target *target;
	const struct conf_check *check;
	struct verdict verdict;
	uint64_t since_ms;        /* of the verdict shown; Unix time */
	uint64_t started_us;      /* the last start; 0: never */
	uint64_t good_started_us; /* the last start that ended well */
	uint64_t gap_us;          /* from the last start to the next regular one */
	uint64_t due_us;          /* when the timer fires; NEVER: it is not armed */
	uint64_t usual_us;        /* moving average of good durations; 0: none yet */
	struct probe *flight;     /* probes that run, newest first */
	unsigned n_flight;
	enum outcome outcome; /* the last one */
	unsigned number;
	unsigned latency_us; /* of the last good one */
	char detail[DETAIL_MAX];
	struct event timer;
};

struct monitor {
	struct event_base *base;
	const struct conf *conf;
	struct board *board;
	struct checker *checker;
	monitor_changed_fn changed;
	void *arg;
	struct thresholds *thresholds; /* by check index */
	struct watch *watches;         /* by target index */
	enum verdict_state *verdicts;  /* by target index, as shown */
	size_t unsettled;              /* how many of them are unknown */
	uint64_t local_logged_us;
};

static const struct thresholds *
thresholds_of(const struct watch *w)
{
	return &w->monitor->thresholds[w->target->check];
}

static enum verdict_state
shown(const struct watch *w)
{
	return w->monitor->verdicts[w->target->index];
}

static uint64_t
min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t
max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* --- when ------------------------------------------------------------------------------- */

/* An interval, shortened at random by up to jitter percent. */
static uint64_t
draw_gap(const struct conf_check *c)
{
	uint64_t interval_us = c->interval_ms * 1000;
	uint64_t most_us = interval_us / 100 * c->jitter;

	return interval_us - (uint64_t)random() % (most_us + 1);
}

/* Is a quick answer wanted? Not while the trouble is our own: hurrying would add to it. */
static bool
hurried(const struct watch *w)
{
	if (w->outcome == OUTCOME_LOCAL)
		return false;
	return w->verdict.state == VERDICT_UNKNOWN || w->verdict.state == VERDICT_SUSPECT;
}

/* How many probes may run at once. */
static unsigned
flight_max(const struct watch *w)
{
	return w->verdict.state == VERDICT_DOWN ? 1 : w->check->fall;
}

/* From the last start to the next, as things are. NEVER: when a probe has ended. */
static uint64_t
wait_us(const struct watch *w)
{
	uint64_t recheck_us = min_u64(w->check->recheck_ms * 1000, w->gap_us);
	uint64_t late_us = max_u64(recheck_us, w->usual_us * LATE_FACTOR);

	if (w->n_flight >= flight_max(w))
		return NEVER;
	if (w->n_flight == 0)
		return hurried(w) ? recheck_us : w->gap_us;
	if (w->verdict.state == VERDICT_DOWN || w->outcome == OUTCOME_LOCAL)
		return w->gap_us;
	return min_u64(w->gap_us, w->n_flight == 1 ? late_us : recheck_us);
}

static void
arm(struct watch *w, uint64_t due_us, uint64_t now_us)
{
	uint64_t delay_us = due_us > now_us ? due_us - now_us : 0;
	struct timeval delay = { .tv_sec = (time_t)(delay_us / 1000000), .tv_usec = (suseconds_t)(delay_us % 1000000) };

	if (due_us == w->due_us)
		return;
	w->due_us = due_us;
	if (due_us == NEVER)
		event_del(&w->timer);
	else
		event_add(&w->timer, &delay);
}

static void
schedule(struct watch *w, uint64_t now_us)
{
	uint64_t wait = wait_us(w);

	arm(w, wait == NEVER ? NEVER : w->started_us + wait, now_us);
}

static void
start_probe(struct watch *w)
{
	struct probe *p = check_probe(w->monitor->checker, w->target, w);

	p->next = w->flight;
	w->flight = p;
	w->n_flight++;
	w->started_us = clock_us();
	w->gap_us = draw_gap(w->check);
	check_start(p); /* p may be gone now */
}

static void
on_due(evutil_socket_t fd, short what, void *arg)
{
	struct watch *w = arg;
	uint64_t now_us = clock_us();
	uint64_t delay_us = now_us > w->due_us ? now_us - w->due_us : 0;

	(void)fd;
	(void)what;
	w->due_us = NEVER;
	/* The answer may wait in the socket while we are busy; more probes would keep us busier. */
	if (w->n_flight > 0 && delay_us > OWN_DELAY_US) {
		arm(w, now_us + w->check->recheck_ms * 1000, now_us);
		return;
	}
	start_probe(w);
	schedule(w, now_us);
}

/* --- what came of it -------------------------------------------------------------------- */

static void
show_on_board(const struct watch *w)
{
	enum verdict_state state = shown(w);
	struct board_target t = {
		.state = state,
		.streak = state == w->verdict.state ? w->verdict.streak : 0,
		.history = w->verdict.history,
		.seen = w->verdict.seen,
		.since_ms = w->since_ms,
		.probed_ms = w->verdict.probed_ms,
		.started_ms = w->started_us / 1000,
		.outcome = w->outcome,
		.number = w->number,
		.latency_us = w->latency_us,
	};

	board_set_target(w->monitor->board, w->target->index, &t);
}

/* Show what the verdict is by now; tell if it is another. */
static void
update(struct watch *w, uint64_t now_us)
{
	struct monitor *m = w->monitor;
	enum verdict_state before = shown(w);
	enum verdict_state now = verdict_at(&w->verdict, thresholds_of(w), now_us / 1000);

	m->verdicts[w->target->index] = now;
	if (now != before) {
		w->since_ms = clock_unix_ms();
		m->unsettled += now == VERDICT_UNKNOWN;
		m->unsettled -= before == VERDICT_UNKNOWN;
	}
	show_on_board(w);
	if (now != before)
		m->changed(m->arg, w->target->index, before);
}

static void
leave_flight(struct watch *w, const struct probe *p)
{
	struct probe **at = &w->flight;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	w->n_flight--;
}

/* What has been waiting since before a start that ended well has nothing to add. */
static void
cancel_older(struct watch *w, uint64_t started_us)
{
	struct probe **at = &w->flight;

	while (*at != NULL) {
		struct probe *p = *at;

		if (p->started_us >= started_us) {
			at = &p->next;
			continue;
		}
		*at = p->next;
		w->n_flight--;
		check_cancel(p);
	}
}

static void
take_good(struct watch *w, const struct probe *p, uint64_t now_us)
{
	uint64_t took_us = now_us - p->started_us;

	w->latency_us = (unsigned)min_u64(took_us, UINT32_MAX);
	w->usual_us = w->usual_us == 0 ? took_us : (w->usual_us * 7 + took_us) / 8;
	w->good_started_us = max_u64(w->good_started_us, p->started_us);
	cancel_older(w, p->started_us);
}

static void
log_local(struct watch *w, uint64_t now_us)
{
	struct monitor *m = w->monitor;

	if (m->local_logged_us != 0 && now_us - m->local_logged_us < LOCAL_LOG_GAP_US)
		return;
	m->local_logged_us = now_us;
	log_warnx("target %s %s: not probed, trouble of our own%s%s", w->target->text, w->check->name,
	    w->detail[0] != '\0' ? ": " : "", w->detail);
}

static void
on_ended(struct probe *p, const struct check_report *report)
{
	struct watch *w = p->owner;
	uint64_t now_us = clock_us();

	leave_flight(w, p);
	/* A failure that began before something newer went well is history. */
	if (report->outcome == OUTCOME_GOOD || p->started_us >= w->good_started_us) {
		w->outcome = report->outcome;
		w->number = report->number;
		snprintf(w->detail, sizeof(w->detail), "%s", report->detail != NULL ? report->detail : "");
		if (report->outcome == OUTCOME_GOOD)
			take_good(w, p, now_us);
		if (report->outcome == OUTCOME_LOCAL)
			log_local(w, now_us);
		/* Rechecks still out when the target is found down were to confirm that: `rise` begins anew. */
		if (verdict_feed(&w->verdict, thresholds_of(w), report->outcome, now_us / 1000) &&
		    w->verdict.state == VERDICT_DOWN)
			cancel_older(w, NEVER);
		update(w, now_us);
	}
	schedule(w, now_us);
}

void
monitor_age(struct monitor *m)
{
	uint64_t now_us = clock_us();
	size_t i;

	for (i = 0; i < m->conf->n_targets; i++) {
		struct watch *w = &m->watches[i];

		if (shown(w) != verdict_at(&w->verdict, thresholds_of(w), now_us / 1000))
			update(w, now_us);
	}
}

/* --- from beginning to end -------------------------------------------------------------- */

static void
set_thresholds(struct monitor *m)
{
	size_t i;

	m->thresholds = mem_zero(m->conf->n_checks, sizeof(*m->thresholds));
	for (i = 0; i < m->conf->n_checks; i++) {
		const struct conf_check *c = &m->conf->checks[i];

		m->thresholds[i].fall = c->fall;
		m->thresholds[i].rise = c->rise;
		m->thresholds[i].stale_ms = STALE_INTERVALS * c->interval_ms + c->timeout_ms;
	}
}

/* Believe what a board says. What is too old there is as if it had never been settled. */
static void
believe(struct watch *w, const struct board_target *t, uint64_t now_us)
{
	w->verdict.state = t->state;
	w->verdict.streak = t->streak;
	w->verdict.history = t->history;
	w->verdict.seen = t->seen;
	w->verdict.probed_ms = t->probed_ms;
	if (verdict_at(&w->verdict, thresholds_of(w), now_us / 1000) == VERDICT_UNKNOWN) {
		w->verdict.state = VERDICT_UNKNOWN;
		w->verdict.streak = 0;
	}
	w->outcome = t->outcome;
	w->number = t->number;
	w->latency_us = t->latency_us;
}

static void
carry_on(struct watch *w, uint64_t now_us)
{
	struct board_target t = board_target(w->monitor->board, w->target->index);

	believe(w, &t, now_us);
	w->since_ms = t.since_ms;
	w->started_us = min_u64(t.started_ms * 1000, now_us);
	w->usual_us = t.latency_us;
}

void
monitor_catch_up(struct monitor *m, const struct board *older, const uint32_t *match)
{
	uint64_t now_us = clock_us();
	size_t i;

	for (i = 0; i < m->conf->n_targets; i++) {
		struct watch *w = &m->watches[i];
		struct board_target t;

		if (match[i] == CONF_NO_TARGET)
			continue;
		t = board_target(older, match[i]);
		if (t.state == VERDICT_UNKNOWN || t.state == shown(w) || t.since_ms <= w->since_ms)
			continue;
		believe(w, &t, now_us);
		update(w, now_us);
		schedule(w, now_us);
	}
}

/* The first start: as the board's schedule has it; where it is overdue or new, spread out. */
static void
schedule_first(struct watch *w, uint64_t now_us)
{
	uint64_t n = w->monitor->conf->n_targets;
	uint64_t spread_us = min_u64(min_u64(w->check->interval_ms * 1000, SPREAD_US), n * SPREAD_EACH_US);
	uint64_t due_us = w->started_us + wait_us(w);

	if (w->started_us == 0 || due_us < now_us)
		due_us = now_us + spread_us * w->target->index / n;
	arm(w, due_us, now_us);
}

static void
begin(struct monitor *m, uint32_t target, uint64_t now_us)
{
	struct watch *w = &m->watches[target];

	w->monitor = m;
	w->target = &m->conf->targets[target];
	w->check = &m->conf->checks[w->target->check];
	w->due_us = NEVER;
	w->gap_us = draw_gap(w->check);
	event_assign(&w->timer, m->base, -1, 0, on_due, w);
	event_priority_set(&w->timer, MONITOR_START_PRIORITY);
	carry_on(w, now_us);
	m->verdicts[target] = w->verdict.state;
	m->unsettled += w->verdict.state == VERDICT_UNKNOWN;
	schedule_first(w, now_us);
}

struct monitor *
monitor_new(struct event_base *base, const struct conf *conf, struct board *board, monitor_changed_fn changed,
    void *arg)
{
	struct monitor *m = mem_zero(1, sizeof(*m));
	uint64_t now_us = clock_us();
	uint32_t i;

	m->base = base;
	m->conf = conf;
	m->board = board;
	m->changed = changed;
	m->arg = arg;
	m->checker = checker_new(base, conf, on_ended);
	m->watches = mem_zero(conf->n_targets, sizeof(*m->watches));
	m->verdicts = mem_zero(conf->n_targets, sizeof(*m->verdicts));
	set_thresholds(m);
	srandom((unsigned)now_us ^ (unsigned)getpid());
	for (i = 0; i < conf->n_targets; i++)
		begin(m, i, now_us);
	return m;
}

void
monitor_free(struct monitor *m)
{
	size_t i;

	if (m == NULL)
		return;
	for (i = 0; i < m->conf->n_targets; i++) {
		cancel_older(&m->watches[i], NEVER);
		event_del(&m->watches[i].timer);
	}
	checker_free(m->checker);
	free(m->thresholds);
	free(m->watches);
	free(m->verdicts);
	free(m);
}

const enum verdict_state *
monitor_verdicts(const struct monitor *m)
{
	return m->verdicts;
}

bool
monitor_settled(const struct monitor *m)
{
	return m->unsettled == 0;
}

/* The last outcome in words: "wrong status 503", "certificate not valid (expired)". */
static void
say_outcome(const struct watch *w, char *text, size_t size)
{
	const char *phrase = outcome_row(w->outcome)->phrase;

	if (w->outcome == OUTCOME_STATUS)
		snprintf(text, size, "%s %u", phrase, w->number);
	else if (w->detail[0] != '\0')
		snprintf(text, size, "%s (%s)", phrase, w->detail);
	else
		snprintf(text, size, "%s", phrase);
}

void
monitor_explain(const struct monitor *m, uint32_t target, enum verdict_state before, char *text, size_t size)
{
	const struct watch *w = &m->watches[target];
	const struct conf_check *c = w->check;
	char last[DETAIL_MAX + 64];

	say_outcome(w, last, sizeof(last));
	switch (shown(w)) {
	case VERDICT_UP:
		if (before == VERDICT_SUSPECT)
			snprintf(text, size, "good again");
		else
			snprintf(text, size, "%u of %u good", c->rise, c->rise);
		break;
	case VERDICT_DOWN:
		snprintf(text, size, "%u of %u failed, last: %s", c->fall, c->fall, last);
		break;
	case VERDICT_SUSPECT:
		snprintf(text, size, "%s", last);
		break;
	default:
		snprintf(text, size, "no outcome of late, last: %s", last);
	}
}
