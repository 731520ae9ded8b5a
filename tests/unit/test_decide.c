/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decide, from a table: members (see make_conf.h), a verdict for each address in the order
 * of their appearance (? unknown, U up, S suspect, D down), which endpoints served last (x),
 * and what must come out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "health/decide.h"
#include "tests/unit/make_conf.h"

#define ONE_EACH    "1:a/10 2:b/20 3:c/30"
#define TWO_AND_ONE "1:a/10 1:b/20 2:c/30"

struct row {
	const char *members;
	unsigned min_up;
	enum service_all_down all_down;
	const char *listed;
	const char *verdicts;
	const char *last;
	const char *serving;
	enum plan_reason reason;
	unsigned tier;
	bool suspect;
};

// clang-format off
static const struct row rows[] = {
	/* the lowest tier that can */
	{ ONE_EACH, 1, 0, NULL, "UUU", "x..", "x..", PLAN_TIER, 1, false },
	{ ONE_EACH, 1, 0, NULL, "DUU", "x..", ".x.", PLAN_TIER, 2, false },
	{ ONE_EACH, 1, 0, NULL, "DDU", ".x.", "..x", PLAN_TIER, 3, false },
	{ ONE_EACH, 1, 0, NULL, "UDU", "..x", "x..", PLAN_TIER, 1, false },
	{ "3:a/10 1:b/20 2:c/30", 1, 0, NULL, "UUU", "x..", ".x.", PLAN_TIER, 1, false },
	/* suspect serves, and says so */
	{ ONE_EACH, 1, 0, NULL, "SUU", "x..", "x..", PLAN_TIER, 1, true },
	{ ONE_EACH, 1, 0, NULL, "USU", "x..", "x..", PLAN_TIER, 1, false },
	/* all that can of a tier, and none that cannot */
	{ TWO_AND_ONE, 1, 0, NULL, "UUU", "xx.", "xx.", PLAN_TIER, 1, false },
	{ TWO_AND_ONE, 1, 0, NULL, "DUU", "xx.", ".x.", PLAN_TIER, 1, false },
	{ "1:a/10,11 2:b/20", 1, 0, NULL, "UDU", "xx.", "x..", PLAN_TIER, 1, false },
	{ "1:a/10,11 2:b/20", 1, 0, NULL, "DDU", "xx.", "..x", PLAN_TIER, 2, false },
	/* min_up counts members */
	{ TWO_AND_ONE, 2, 0, NULL, "UUU", "xx.", "xx.", PLAN_TIER, 1, false },
	{ "1:a/10 1:b/20 2:c/30 2:d/40", 2, 0, NULL, "DUUU", "xx..", "..xx", PLAN_TIER, 2, false },
	{ "1:a/10,11 1:b/20 2:c/30 2:d/40", 2, 0, NULL, "UUDUU", "xxx..", "...xx", PLAN_TIER, 2, false },
	{ TWO_AND_ONE, 2, 0, NULL, "DUU", "xx.", ".x.", PLAN_TIER, 1, false },	/* nowhere enough: most, lowest */
	{ "1:a/10 2:b/20 2:c/30", 3, 0, NULL, "UUU", "x..", ".xx", PLAN_TIER, 2, false },
	{ TWO_AND_ONE, 2, 0, NULL, "DDU", "xx.", "..x", PLAN_TIER, 2, false },
	/* unknown neither removes nor adds */
	{ ONE_EACH, 1, 0, NULL, "?UU", "x..", "x..", PLAN_TIER, 1, false },
	{ ONE_EACH, 1, 0, NULL, "?UU", ".x.", ".x.", PLAN_TIER, 2, false },
	{ TWO_AND_ONE, 1, 0, NULL, "U?U", "xx.", "xx.", PLAN_TIER, 1, false },
	{ TWO_AND_ONE, 1, 0, NULL, "U?U", "x..", "x..", PLAN_TIER, 1, false },
	/* but is better than what is down */
	{ ONE_EACH, 1, 0, NULL, "D??", "x..", ".x.", PLAN_TIER, 2, false },
	{ ONE_EACH, 1, 0, NULL, "DD?", ".x.", "..x", PLAN_TIER, 3, false },
	{ TWO_AND_ONE, 2, 0, NULL, "D?D", "x..", ".x.", PLAN_TIER, 1, false },
	/* nothing known: the last plan stays */
	{ ONE_EACH, 1, 0, NULL, "???", ".x.", ".x.", PLAN_TIER, 2, true },
	{ TWO_AND_ONE, 2, 0, NULL, "???", "..x", "..x", PLAN_TIER, 2, true },
	{ ONE_EACH, 1, ALL_DOWN_NODATA, NULL, "???", "...", "...", PLAN_NODATA, 0, true },
	/* no tier can */
	{ ONE_EACH, 1, ALL_DOWN_SERVE_ALL, NULL, "DDD", ".x.", "x..", PLAN_SERVE_ALL, 0, false },
	{ TWO_AND_ONE, 1, ALL_DOWN_SERVE_ALL, NULL, "DDD", "..x", "xx.", PLAN_SERVE_ALL, 0, false },
	{ ONE_EACH, 1, ALL_DOWN_LAST, NULL, "DDD", ".x.", ".x.", PLAN_LAST, 0, false },
	{ ONE_EACH, 1, ALL_DOWN_LAST, NULL, "DDD", "...", "x..", PLAN_SERVE_ALL, 0, false },
	{ ONE_EACH, 1, ALL_DOWN_NODATA, NULL, "DDD", "x..", "...", PLAN_NODATA, 0, false },
	{ ONE_EACH, 1, ALL_DOWN_NODATA, NULL, "DDU", "...", "..x", PLAN_TIER, 3, false },
	{ ONE_EACH, 1, ALL_DOWN_LIST, "c", "DDD", "x..", "..x", PLAN_LIST, 0, false },
	{ ONE_EACH, 1, ALL_DOWN_LIST, "z", "DDD", "x..", "x..", PLAN_SERVE_ALL, 0, false },
	/* a cname is not probed: it can always serve */
	{ "1:a/10 2:b/lb.example.net", 1, 0, NULL, "U", "x.", "x.", PLAN_TIER, 1, false },
	{ "1:a/10 2:b/lb.example.net", 1, 0, NULL, "D", "x.", ".x", PLAN_TIER, 2, false },
	{ "1:b/lb.example.net", 1, 0, NULL, "", "x", "x", PLAN_TIER, 1, false },
};
// clang-format on

static void
read_verdicts(const char *letters, enum verdict_state *verdicts)
{
	for (; *letters != '\0'; letters++)
		*verdicts++ = (enum verdict_state)(strchr("?USD", *letters) - "?USD");
}

static void
read_last(const struct row *row, struct plan *last)
{
	const char *serving = strchr(row->last, 'x');
	size_t i;

	for (i = 0; row->last[i] != '\0'; i++)
		last->serving[i] = row->last[i] == 'x';
	last->services[0].reason = serving != NULL ? PLAN_TIER : PLAN_NODATA;
	last->services[0].tier = serving != NULL ? row->tier : 0;
	last->services[0].suspect = true;
}

static void
check_row(const struct row *row)
{
	struct make_service make = { "www.example.com", row->members, row->min_up, row->all_down, row->listed };
	struct conf *conf = make_conf(&make, 1);
	struct plan *last = plan_new(conf);
	enum verdict_state verdicts[MAKE_MAX] = { 0 };
	struct decide_input in = { conf, verdicts, last };
	struct plan_service out = { 0 };
	char serving[MAKE_MAX] = "";
	bool serves[MAKE_MAX] = { false };
	uint32_t i;

	read_verdicts(row->verdicts, verdicts);
	read_last(row, last);
	decide_service(&in, 0, &out, serves);
	for (i = 0; i < conf->n_endpoints; i++)
		serving[i] = serves[i] ? 'x' : '.';
	if (strcmp(serving, row->serving) != 0 || out.reason != row->reason || out.tier != row->tier ||
	    out.suspect != row->suspect)
		fail_msg("%s %s after %s: %s by %s %u%s", row->members, row->verdicts, row->last, serving,
		    plan_reason_name(out.reason), out.tier, out.suspect ? " suspect" : "");
	plan_free(last);
	conf_free(conf);
}

static void
test_rows(void **unused)
{
	size_t i;

	(void)unused;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(&rows[i]);
}

/*
 * Laws, over every combination of verdicts and last plans of a service: never empty unless
 * that was asked for; nobody down serves while a tier serves; deciding again changes nothing.
 */
static void
check_laws(const struct conf *conf, const enum verdict_state *verdicts, const struct plan *last)
{
	struct decide_input in = { conf, verdicts, last };
	struct plan *again = plan_new(conf);
	struct plan_service out, out_again;
	bool serving[MAKE_MAX], serving_again[MAKE_MAX];
	unsigned count = 0;
	uint32_t i;

	decide_service(&in, 0, &out, serving);
	for (i = 0; i < conf->n_endpoints; i++) {
		count += serving[i];
		if (out.reason == PLAN_TIER && serving[i])
			assert_int_not_equal(verdicts[conf->endpoints[i].target], VERDICT_DOWN);
	}
	if (conf->services[0].all_down != ALL_DOWN_NODATA)
		assert_int_not_equal(count, 0);

	again->services[0] = out;
	memcpy(again->serving, serving, conf->n_endpoints * sizeof(bool));
	in.last = again;
	decide_service(&in, 0, &out_again, serving_again);
	assert_memory_equal(serving, serving_again, conf->n_endpoints * sizeof(bool));
	assert_int_equal(out.tier, out_again.tier);
	plan_free(again);
}

static void
test_laws(void **unused)
{
	unsigned all_down, min_up, n;

	(void)unused;
	for (all_down = 0; all_down <= ALL_DOWN_LIST; all_down++) {
		for (min_up = 1; min_up <= 2; min_up++) {
			struct make_service make = { "www.example.com", "1:a/10 1:b/20 2:c/30 2:a/40", min_up,
				(enum service_all_down)all_down, "b" };
			struct conf *conf = make_conf(&make, 1);
			struct plan *last = plan_new(conf);

			for (n = 0; n < 256 * 15; n++) {
				enum verdict_state verdicts[4];
				uint32_t i;

				for (i = 0; i < 4; i++) {
					verdicts[i] = (enum verdict_state)(n >> 2 * i & 3);
					last->serving[i] = (n / 256 + 1) >> i & 1;
				}
				check_laws(conf, verdicts, last);
			}
			plan_free(last);
			conf_free(conf);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_laws),
	};

	return cmocka_run_group_tests_name("decide", tests, NULL, NULL);
}
