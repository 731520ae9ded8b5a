/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plan packets: what goes in comes out; whatever is wrong with one, nothing changes.
 * Packets end at an unreadable page.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "conf/plan.h"
#include "tests/unit/make_conf.h"

#define N_SERVICES 3

static const struct make_service services[N_SERVICES] = {
	{ "www.example.com", "1:a/10 2:b/20,21,22 3:c/30,31,32,33,34,35", 1, ALL_DOWN_SERVE_ALL, NULL },
	{ "api.example.com", "1:a/10 1:b/20", 1, ALL_DOWN_LAST, NULL },
	{ "may.example.com", "1:a/10", 1, ALL_DOWN_NODATA, NULL },
};

static struct conf *conf;
static uint8_t *packet_end; /* the unreadable page */

static int
set_up(void **unused)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *map = mmap(NULL, PLAN_PACKET_MAX + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)unused;
	assert_true(map != MAP_FAILED);
	assert_int_equal(mprotect(map + PLAN_PACKET_MAX, page, PROT_NONE), 0);
	packet_end = map + PLAN_PACKET_MAX;
	conf = make_conf(services, N_SERVICES);
	return 0;
}

static int
tear_down(void **unused)
{
	(void)unused;
	munmap(packet_end - PLAN_PACKET_MAX, PLAN_PACKET_MAX + (size_t)sysconf(_SC_PAGESIZE));
	conf_free(conf);
	return 0;
}

static struct plan *
sample(void)
{
	struct plan *plan = plan_new(conf);

	plan->number = 41;
	plan->since_ms = 1700000000123;
	plan->services[0] = (struct plan_service){ PLAN_TIER, 3, true };
	plan->serving[0] = false;
	plan->serving[9] = true;
	plan->services[1] = (struct plan_service){ PLAN_LAST, 0, false };
	plan->services[2] = (struct plan_service){ PLAN_NODATA, 0, false };
	plan->serving[conf->services[2].first_endpoint] = false;
	return plan;
}

static void
assert_same(const struct plan *a, const struct plan *b)
{
	size_t i;

	assert_true(a->number == b->number);
	assert_true(a->since_ms == b->since_ms);
	assert_memory_equal(a->serving, b->serving, conf->n_endpoints * sizeof(bool));
	for (i = 0; i < conf->n_services; i++) {
		assert_int_equal(a->services[i].reason, b->services[i].reason);
		assert_int_equal(a->services[i].tier, b->services[i].tier);
		assert_int_equal(a->services[i].suspect, b->services[i].suspect);
	}
}

static size_t
encode_sample(const struct plan *plan, uint8_t *packet)
{
	static const uint32_t list[N_SERVICES] = { 0, 1, 2 };
	size_t next = 0, len;

	len = plan_encode(plan, conf, list, N_SERVICES, &next, true, packet);
	assert_int_equal(next, N_SERVICES);
	return len;
}

/* Decode a copy that ends at the unreadable page. */
static int
decode(struct plan *plan, const uint8_t *packet, size_t len, const char **why)
{
	uint32_t touched[N_SERVICES];

	memcpy(packet_end - len, packet, len);
	return plan_decode(plan, conf, packet_end - len, len, touched, why);
}

static void
assert_refused(const uint8_t *packet, size_t len, const char *expected)
{
	struct plan *plan = plan_new(conf), *untouched = plan_new(conf);
	const char *why = NULL;

	plan->number = untouched->number = 40;
	assert_int_equal(decode(plan, packet, len, &why), -1);
	assert_non_null(why);
	if (expected != NULL)
		assert_string_equal(why, expected);
	assert_same(plan, untouched);
	plan_free(plan);
	plan_free(untouched);
}

static void
test_assumed(void **unused)
{
	struct plan *plan = plan_new(conf);

	(void)unused;
	assert_int_equal(plan->number, 0);
	assert_int_equal(plan->services[0].reason, PLAN_ASSUMED);
	assert_int_equal(plan->services[0].tier, 1);
	assert_true(plan->services[0].suspect);
	assert_true(plan->serving[0]);
	assert_false(plan->serving[1]);
	assert_true(plan->serving[conf->services[1].first_endpoint]);
	assert_true(plan->serving[conf->services[1].first_endpoint + 1]);
	plan_free(plan);
}

static void
test_there_and_back(void **unused)
{
	uint8_t packet[PLAN_PACKET_MAX];
	struct plan *plan = sample(), *got = plan_new(conf);
	const char *why = NULL;

	(void)unused;
	assert_int_equal(decode(got, packet, encode_sample(plan, packet), &why), N_SERVICES);
	assert_same(plan, got);
	assert_int_equal(decode(got, packet, encode_sample(plan, packet), &why), N_SERVICES); /* the same again */
	plan_free(plan);
	plan_free(got);
}

static void
test_difference(void **unused)
{
	static const uint32_t list[] = { 1 };
	uint8_t packet[PLAN_PACKET_MAX];
	struct plan *plan = sample(), *got = plan_new(conf), *expected = plan_new(conf);
	const char *why = NULL;
	size_t next = 0;

	(void)unused;
	expected->number = plan->number;
	expected->since_ms = plan->since_ms;
	expected->services[1] = plan->services[1];
	assert_int_equal(decode(got, packet, plan_encode(plan, conf, list, 1, &next, false, packet), &why), 1);
	assert_same(expected, got);
	plan_free(plan);
	plan_free(got);
	plan_free(expected);
}

static void
test_nothing(void **unused)
{
	uint8_t packet[PLAN_PACKET_MAX];
	struct plan *plan = sample(), *got = plan_new(conf);
	const char *why = NULL;
	size_t next = 0;

	(void)unused;
	assert_int_equal(decode(got, packet, plan_encode(plan, conf, NULL, 0, &next, true, packet), &why), 0);
	assert_int_equal(got->number, 41);
	plan_free(plan);
	plan_free(got);
}

static void
test_old_number(void **unused)
{
	uint8_t packet[PLAN_PACKET_MAX];
	struct plan *plan = sample();

	(void)unused;
	plan->number = 39;
	assert_refused(packet, encode_sample(plan, packet), "number below the plan's");
	plan_free(plan);
}

static void
test_empty_service(void **unused)
{
	uint8_t packet[PLAN_PACKET_MAX];
	struct plan *plan = sample();

	(void)unused;
	plan->serving[9] = false;
	assert_refused(packet, encode_sample(plan, packet), "a service would be empty");
	plan_free(plan);
}

static void
test_cut_short(void **unused)
{
	uint8_t packet[PLAN_PACKET_MAX];
	struct plan *plan = sample();
	size_t len = encode_sample(plan, packet), i;

	(void)unused;
	for (i = 0; i < len; i++)
		assert_refused(packet, i, NULL);
	packet[len] = 0;
	assert_refused(packet, len + 1, "packet too long");
	plan_free(plan);
}

/* A changed octet is refused, or means another plan that is as well-formed. */
static void
test_mutated(void **unused)
{
	uint8_t packet[PLAN_PACKET_MAX], again[PLAN_PACKET_MAX];
	struct plan *plan = sample();
	size_t len = encode_sample(plan, packet), i;
	unsigned flip;

	(void)unused;
	for (i = 0; i < len; i++) {
		for (flip = 1; flip < 256; flip++) {
			struct plan *got = plan_new(conf);
			const char *why = NULL;

			packet[i] ^= (uint8_t)flip;
			if (decode(got, packet, len, &why) == N_SERVICES)
				assert_int_equal(encode_sample(got, again), len);
			else
				assert_non_null(why);
			packet[i] ^= (uint8_t)flip;
			plan_free(got);
		}
	}
	plan_free(plan);
}

/* More services than a packet holds. */
static void
test_several_packets(void **unused)
{
	enum { N = 4000 };
	struct conf many = { 0 };
	struct conf_service *list_services = mem_zero(N, sizeof(*list_services));
	struct conf_member member = { .tier = 1, .n_endpoints = 1 };
	struct conf_endpoint *endpoints = mem_zero(N, sizeof(*endpoints));
	uint32_t *list = mem_zero(N, sizeof(*list)), *touched = mem_zero(N, sizeof(*touched));
	uint8_t packet[PLAN_PACKET_MAX];
	struct plan *plan, *got;
	size_t next = 0, packets = 0;
	uint32_t i, total = 0;

	(void)unused;
	many.services = list_services;
	many.members = &member;
	many.endpoints = endpoints;
	many.n_services = many.n_endpoints = N;
	many.n_members = 1;
	for (i = 0; i < N; i++) {
		list[i] = list_services[i].index = list_services[i].first_endpoint = i;
		list_services[i].n_members = list_services[i].n_endpoints = 1;
	}
	plan = plan_new(&many);
	got = plan_new(&many);
	plan->number = 7;
	for (i = 0; i < N; i++)
		plan->services[i].tier = i;
	while (next < N) {
		const char *why = NULL;
		size_t len = plan_encode(plan, &many, list, N, &next, true, packet);
		int n = plan_decode(got, &many, packet, len, touched, &why);

		assert_in_range(len, 1, PLAN_PACKET_MAX);
		assert_true(n > 0);
		total += (uint32_t)n;
		packets++;
	}
	assert_int_equal(total, N);
	assert_in_range(packets, 2, 4);
	for (i = 0; i < N; i++)
		assert_int_equal(got->services[i].tier, i);
	plan_free(plan);
	plan_free(got);
	free(list_services);
	free(endpoints);
	free(list);
	free(touched);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_assumed),
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_difference),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_old_number),
		cmocka_unit_test(test_empty_service),
		cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_mutated),
		cmocka_unit_test(test_several_packets),
	};

	return cmocka_run_group_tests_name("plan", tests, set_up, tear_down);
}
