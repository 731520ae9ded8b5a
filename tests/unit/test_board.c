/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Board: what is written is read, by other processes too and while it is written; what
 * cannot be believed is not; and what a new generation takes over.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conf/board.h"
#include "tests/unit/make_conf.h"

static const uint32_t both[] = { 0, 1 };

static const struct make_service old_services[] = {
	{ "www.example.com", "1:a/10 2:b/20 3:c/30", 1, ALL_DOWN_SERVE_ALL, NULL },
	{ "may.example.com", "1:a/11", 1, ALL_DOWN_NODATA, NULL },
};

static struct board_target
sample(unsigned n)
{
	return (struct board_target){ .state = (enum verdict_state)(n % VERDICT_STATES),
		.streak = n,
		.history = n,
		.seen = n % 65,
		.since_ms = n,
		.probed_ms = n,
		.started_ms = n,
		.outcome = (enum outcome)(n % OUTCOME_COUNT),
		.number = n,
		.latency_us = n };
}

static void
assert_same(const struct board_target *a, const struct board_target *b)
{
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->streak, b->streak);
	assert_true(a->history == b->history);
	assert_int_equal(a->seen, b->seen);
	assert_true(a->since_ms == b->since_ms);
	assert_true(a->probed_ms == b->probed_ms);
	assert_true(a->started_ms == b->started_ms);
	assert_int_equal(a->outcome, b->outcome);
	assert_int_equal(a->number, b->number);
	assert_int_equal(a->latency_us, b->latency_us);
}

static void
test_new(void **unused)
{
	struct conf *conf = make_conf(old_services, 2);
	struct board *b = board_new(conf);
	struct plan *plan = plan_new(conf);
	struct board_target t = board_target(b, 3), zero = { 0 };

	(void)unused;
	plan->serving[0] = false;
	plan->serving[1] = true;
	assert_same(&t, &zero);
	assert_int_equal(board_last_beat(b), 0);
	board_plan(b, conf, plan);
	assert_int_equal(plan->number, 0);
	assert_int_equal(plan->services[0].reason, PLAN_ASSUMED);
	assert_true(plan->serving[0]);
	assert_false(plan->serving[1]);
	assert_true(plan->serving[3]);
	plan_free(plan);
	board_free(b);
	conf_free(conf);
}

static void
test_target(void **unused)
{
	struct conf *conf = make_conf(old_services, 2);
	struct board *b = board_new(conf);
	struct board_target t = sample(7), got;

	(void)unused;
	board_set_target(b, 2, &t);
	got = board_target(b, 2);
	assert_same(&t, &got);
	t.state = (enum verdict_state)77;
	t.outcome = (enum outcome) - 1;
	t.seen = 1000;
	board_set_target(b, 2, &t);
	got = board_target(b, 2);
	assert_int_equal(got.state, VERDICT_UNKNOWN);
	assert_int_equal(got.outcome, OUTCOME_NONE);
	assert_int_equal(got.seen, 64);
	board_free(b);
	conf_free(conf);
}

static void
test_plan(void **unused)
{
	struct conf *conf = make_conf(old_services, 2);
	struct board *b = board_new(conf);
	struct plan *plan = plan_new(conf), *got = plan_new(conf);

	(void)unused;
	plan->number = 12;
	plan->since_ms = 99;
	plan->services[0] = (struct plan_service){ PLAN_TIER, 2, true };
	plan->serving[0] = false;
	plan->serving[1] = true;
	plan->services[1] = (struct plan_service){ PLAN_NODATA, 0, false };
	plan->serving[3] = false;
	board_set_plan(b, conf, plan, both, 2);
	board_plan(b, conf, got);
	assert_int_equal(got->number, 12);
	assert_int_equal(got->since_ms, 99);
	assert_int_equal(got->services[0].tier, 2);
	assert_true(got->services[0].suspect);
	assert_memory_equal(got->serving, plan->serving, conf->n_endpoints * sizeof(bool));
	assert_int_equal(got->services[1].reason, PLAN_NODATA);

	board_raise_number(b, 11);
	assert_int_equal(board_plan_number(b), 12);
	board_raise_number(b, 20);
	assert_int_equal(board_plan_number(b), 20);
	plan_free(plan);
	plan_free(got);
	board_free(b);
	conf_free(conf);
}

/* What no plan can say is put to what plan 0 says. */
static void
test_not_believed(void **unused)
{
	struct conf *conf = make_conf(old_services, 2);
	struct board *b = board_new(conf);
	struct plan *plan = plan_new(conf), *got = plan_new(conf);

	(void)unused;
	plan->number = 5;
	plan->serving[0] = false; /* empty, against all_down */
	plan->services[1].reason = PLAN_TIER;
	plan->serving[3] = false; /* empty, and not by nodata */
	board_set_plan(b, conf, plan, both, 2);
	board_plan(b, conf, got);
	assert_int_equal(got->number, 5);
	assert_true(got->serving[0]);
	assert_true(got->serving[3]);
	assert_int_equal(got->services[1].reason, PLAN_ASSUMED);

	plan->serving[2] = true;
	plan->services[0].tier = 9; /* no such tier */
	board_set_plan(b, conf, plan, both, 2);
	board_plan(b, conf, got);
	assert_true(got->serving[0]);
	assert_false(got->serving[2]);

	plan->services[0] = (struct plan_service){ (enum plan_reason)55, 3, false };
	board_set_plan(b, conf, plan, both, 2);
	board_plan(b, conf, got);
	assert_int_equal(got->services[0].reason, PLAN_ASSUMED);
	plan_free(plan);
	plan_free(got);
	board_free(b);
	conf_free(conf);
}

/* The writer's turns: targets of one number, and plans that serve by one of two tiers. */
static _Noreturn void
write_on(struct board *b, const struct conf *conf)
{
	struct plan *plan = plan_new(conf);
	unsigned n;

	for (n = 0;; n++) {
		struct board_target t = sample(n);
		bool odd = n % 2 != 0;

		board_set_target(b, 0, &t);
		plan->number = n;
		plan->since_ms = n;
		plan->services[0] = (struct plan_service){ PLAN_TIER, odd ? 1 : 2, odd };
		plan->serving[0] = odd;
		plan->serving[1] = !odd;
		board_set_plan(b, conf, plan, both, 1);
		board_beat(b, n);
	}
}

/* Read while another process writes, and after it was killed at any point. */
static void
test_overlap(void **unused)
{
	struct conf *conf = make_conf(old_services, 2);
	struct plan *got = plan_new(conf);
	unsigned round, i;

	(void)unused;
	for (round = 0; round < 20; round++) {
		struct board *b = board_new(conf);
		pid_t pid = fork();

		if (pid == 0)
			write_on(b, conf);
		assert_true(pid > 0);
		for (i = 0; i < 20000; i++) {
			struct board_target t = board_target(b, 0);

			assert_in_range(t.state, 0, VERDICT_STATES - 1);
			board_plan(b, conf, got);
			assert_true(got->serving[0] || got->serving[1]);
			assert_true(got->serving[3]);
		}
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		board_plan(b, conf, got);
		assert_true(got->serving[0] || got->serving[1]);
		board_free(b);
	}
	plan_free(got);
	conf_free(conf);
}

static struct board *
old_board(const struct conf *old)
{
	struct board *b = board_new(old);
	struct plan *plan = plan_new(old);
	uint32_t i;

	for (i = 0; i < old->n_targets; i++) {
		struct board_target t = sample(10 + i);

		board_set_target(b, i, &t);
	}
	plan->number = 41;
	plan->services[0] = (struct plan_service){ PLAN_TIER, 2, false };
	plan->serving[0] = false;
	plan->serving[1] = true;
	plan->services[1] = (struct plan_service){ PLAN_NODATA, 0, false };
	plan->serving[3] = false;
	board_set_plan(b, old, plan, both, 2);
	plan_free(plan);
	return b;
}

/* Everything has another place, some is new and some is gone. */
static void
test_carry(void **unused)
{
	static const struct make_service now[] = {
		{ "new.example.com", "1:z/90 2:b/20", 1, ALL_DOWN_SERVE_ALL, NULL },
		{ "may.example.com", "1:a/11", 1, ALL_DOWN_NODATA, NULL },
		{ "www.example.com", "1:c/30 4:b/20 5:z/90", 1, ALL_DOWN_SERVE_ALL, NULL },
	};
	struct conf *old = make_conf(old_services, 2), *conf = make_conf(now, 3);
	struct board *was = old_board(old), *b = board_new(conf);
	struct plan *plan = plan_new(conf);
	struct board_target got, expected;

	(void)unused;
	board_carry(b, conf, was, old);
	got = board_target(b, 1); /* 20 */
	expected = sample(11);
	assert_same(&got, &expected);
	got = board_target(b, 0); /* 90 is new */
	expected = (struct board_target){ 0 };
	assert_same(&got, &expected);

	board_plan(b, conf, plan);
	assert_int_equal(plan->number, 41);
	assert_int_equal(plan->services[0].reason, PLAN_ASSUMED);
	assert_true(plan->serving[0]); /* the same address, but of a service that was not */
	assert_false(plan->serving[1]);
	assert_int_equal(plan->services[1].reason, PLAN_NODATA);
	assert_false(plan->serving[2]);
	assert_int_equal(plan->services[2].reason, PLAN_TIER);
	assert_int_equal(plan->services[2].tier, 4);
	assert_false(plan->serving[3]);
	assert_true(plan->serving[4]);
	assert_false(plan->serving[5]);
	plan_free(plan);
	board_free(was);
	board_free(b);
	conf_free(old);
	conf_free(conf);
}

/* What served is gone, and emptiness is not wanted any more: as if new. */
static void
test_carry_nothing_left(void **unused)
{
	static const struct make_service now[] = {
		{ "www.example.com", "1:a/10 2:d/20", 1, ALL_DOWN_SERVE_ALL, NULL },
		{ "may.example.com", "1:a/11", 1, ALL_DOWN_SERVE_ALL, NULL },
	};
	struct conf *old = make_conf(old_services, 2), *conf = make_conf(now, 2);
	struct board *was = old_board(old), *b = board_new(conf);
	struct plan *plan = plan_new(conf);

	(void)unused;
	board_carry(b, conf, was, old);
	board_plan(b, conf, plan);
	assert_int_equal(plan->services[0].reason, PLAN_ASSUMED);
	assert_true(plan->serving[0]);
	assert_false(plan->serving[1]);
	assert_int_equal(plan->services[1].reason, PLAN_ASSUMED);
	assert_true(plan->serving[2]);
	plan_free(plan);
	board_free(was);
	board_free(b);
	conf_free(old);
	conf_free(conf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new),
		cmocka_unit_test(test_target),
		cmocka_unit_test(test_plan),
		cmocka_unit_test(test_not_believed),
		cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_carry),
		cmocka_unit_test(test_carry_nothing_left),
	};

	return cmocka_run_group_tests_name("board", tests, NULL, NULL);
}
