/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz: a plan packet at the door of the dns process. What is let in never empties a
 * service, and can be written again.
 */
#include <stdint.h>
#include <stdlib.h>

#include "conf/plan.h"
#include "tests/unit/make_conf.h"

#define N_SERVICES 3

static const struct make_service services[N_SERVICES] = {
	{ "www.example.com", "1:a/10 2:b/20,21,22 3:c/30,31,32,33,34,35", 1, ALL_DOWN_SERVE_ALL, NULL },
	{ "api.example.com", "1:a/10 1:b/20", 1, ALL_DOWN_LAST, NULL },
	{ "may.example.com", "1:a/10", 1, ALL_DOWN_NODATA, NULL },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool fact)
{
	if (!fact)
		abort();
}

static void
check_served(const struct conf *conf, const struct plan *plan)
{
	uint32_t s, i;

	for (s = 0; s < conf->n_services; s++) {
		const struct conf_service *service = &conf->services[s];
		bool any = service->all_down == ALL_DOWN_NODATA;

		for (i = 0; i < service->n_endpoints; i++)
			any |= plan->serving[service->first_endpoint + i];
		must(any);
		must((unsigned)plan->services[s].reason < PLAN_REASONS);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct conf *conf;
	static const uint32_t all[N_SERVICES] = { 0, 1, 2 };
	static uint8_t packet[PLAN_PACKET_MAX];
	uint32_t touched[N_SERVICES];
	const char *why = NULL;
	struct plan *plan;
	size_t next = 0;
	int n;

	if (conf == NULL)
		conf = make_conf(services, N_SERVICES);
	plan = plan_new(conf);
	n = plan_decode(plan, conf, data, size, touched, &why);
	must(n >= 0 ? n <= N_SERVICES : why != NULL);
	check_served(conf, plan);
	must(plan_encode(plan, conf, all, N_SERVICES, &next, true, packet) <= PLAN_PACKET_MAX);
	plan_free(plan);
	return 0;
}
