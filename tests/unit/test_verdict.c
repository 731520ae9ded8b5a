/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verdict, from a table: outcomes in a row (+ good, - failed, . trouble of our own) and
 * the state after each (? unknown, U up, S suspect, D down).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "health/verdict.h"

struct row {
	unsigned fall;
	unsigned rise;
	const char *outcomes;
	const char *states;
};

// clang-format off
static const struct row rows[] = {
	/* from unknown: nothing is decided before its threshold */
	{ 3, 2, "++",		"?U" },
	{ 3, 2, "---",		"??D" },
	{ 3, 2, "-+-+--++",	"???????U" },
	{ 3, 2, "+--+---",	"??????D" },
	{ 1, 1, "+",		"U" },
	{ 1, 1, "-",		"D" },
	/* from up: suspect at the first failure, up again at the first good one */
	{ 3, 2, "++-+---",	"?USUSSD" },
	{ 3, 2, "++--+--+---",	"?USSUSSUSSD" },
	{ 2, 2, "++--",		"?USD" },
	{ 1, 1, "+-+-",		"UDUD" },
	{ 1, 2, "++-++",	"?UDDU" },
	/* from down: rise good ones in a row */
	{ 3, 2, "---+-+-++",	"??DDDDDDU" },
	{ 1, 1, "-+",		"DU" },
	{ 3, 3, "---++-+++-",	"??DDDDDDUS" },
	/* trouble of our own is no outcome, and does not break a row */
	{ 3, 2, "....",		"????" },
	{ 3, 2, "+.+",		"??U" },
	{ 3, 2, "++-..-.-",	"?USSSSSD" },
	{ 3, 2, "---+..+",	"??DDDDU" },
};
// clang-format on

static char
letter(enum verdict_state state)
{
	return "?USD"[state];
}

static enum outcome
outcome_of(char sign)
{
	return sign == '+' ? OUTCOME_GOOD : sign == '-' ? OUTCOME_REFUSED : OUTCOME_LOCAL;
}

static void
test_rows(void **unused)
{
	size_t i, j;

	(void)unused;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct thresholds t = { rows[i].fall, rows[i].rise, 1000 };
		struct verdict v = { 0 };
		char states[32] = "";

		for (j = 0; rows[i].outcomes[j] != '\0'; j++) {
			enum verdict_state before = v.state;
			bool changed = verdict_feed(&v, &t, outcome_of(rows[i].outcomes[j]), j);

			assert_int_equal(changed, v.state != before);
			states[j] = letter(v.state);
		}
		assert_string_equal(states, rows[i].states);
	}
}

/* Every kind of outcome is either good, a failure, or not counted; only one is good. */
static void
test_every_outcome(void **unused)
{
	struct thresholds t = { 1, 1, 1000 };
	int o;

	(void)unused;
	for (o = 0; o < OUTCOME_COUNT; o++) {
		struct verdict v = { 0 };

		verdict_feed(&v, &t, (enum outcome)o, 7);
		if (!outcome_row((enum outcome)o)->counted)
			assert_int_equal(v.state, VERDICT_UNKNOWN);
		else
			assert_int_equal(v.state, o == OUTCOME_GOOD ? VERDICT_UP : VERDICT_DOWN);
		assert_int_equal(v.probed_ms, outcome_row((enum outcome)o)->counted ? 7 : 0);
	}
}

static void
test_history(void **unused)
{
	struct thresholds t = { 3, 2, 1000 };
	struct verdict v = { 0 };
	unsigned i;

	(void)unused;
	verdict_feed(&v, &t, OUTCOME_GOOD, 1);
	verdict_feed(&v, &t, OUTCOME_LOCAL, 2);
	verdict_feed(&v, &t, OUTCOME_TIMEOUT, 3);
	verdict_feed(&v, &t, OUTCOME_GOOD, 4);
	assert_int_equal(v.history, 5);
	assert_int_equal(v.seen, 3);
	for (i = 0; i < 100; i++)
		verdict_feed(&v, &t, OUTCOME_GOOD, 5);
	assert_int_equal(v.seen, 64);
	assert_true(v.history == UINT64_MAX);
}

static void
test_age(void **unused)
{
	struct thresholds t = { 1, 1, 1000 };
	struct verdict v = { 0 };

	(void)unused;
	verdict_feed(&v, &t, OUTCOME_GOOD, 5000);
	assert_int_equal(verdict_at(&v, &t, 5000), VERDICT_UP);
	assert_int_equal(verdict_at(&v, &t, 6000), VERDICT_UP);
	assert_int_equal(verdict_at(&v, &t, 6001), VERDICT_UNKNOWN);
	assert_int_equal(verdict_at(&v, &t, 4000), VERDICT_UP); /* an outcome from after the question */
	verdict_feed(&v, &t, OUTCOME_GOOD, 9000);
	assert_int_equal(verdict_at(&v, &t, 9500), VERDICT_UP);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_every_outcome),
		cmocka_unit_test(test_history),
		cmocka_unit_test(test_age),
	};

	return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
