/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz: relevo.conf. A configuration or at least one mistake, each of one line; what is
 * read is whole.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf/plan.h"
#include "tests/fuzz/fuzz_folder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libconfig forgets a string that stands where its grammar takes none. */
const char *
__lsan_default_suppressions(void)
{
	return "leak:libconfig\n";
}

static void
must(bool fact)
{
	if (!fact)
		abort();
}

static void
check_endpoint(const struct conf *conf, const struct conf_endpoint *e)
{
	must(e->service < conf->n_services && e->member < conf->n_members);
	must(e->target < conf->n_targets || e->target == CONF_NO_TARGET);
	must(e->text != NULL);
}

static void
check_service(const struct conf *conf, const struct conf_service *s)
{
	uint32_t m;

	must(s->zone < conf->n_zones && s->check < conf->n_checks);
	must(s->n_members > 0 && s->first_member + s->n_members <= conf->n_members);
	must(s->n_endpoints > 0 && s->first_endpoint + s->n_endpoints <= conf->n_endpoints);
	must(s->ttl_suspect <= s->ttl && s->min_up > 0 && s->max_answers > 0);
	for (m = s->first_member; m < s->first_member + s->n_members; m++) {
		must(conf->members[m].service == s->index);
		must(conf->members[m].provider < conf->n_providers && conf->members[m].n_endpoints > 0);
	}
}

static void
check_conf(const struct conf *conf)
{
	size_t i;

	must(conf->n_zones > 0);
	for (i = 0; i < conf->n_services; i++)
		check_service(conf, &conf->services[i]);
	for (i = 0; i < conf->n_endpoints; i++)
		check_endpoint(conf, &conf->endpoints[i]);
	for (i = 0; i < conf->n_targets; i++)
		must(conf->targets[i].check < conf->n_checks && conf->targets[i].key != NULL);
	plan_free(plan_new(conf));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct complaints c = { 0 };
	struct conf *conf;
	size_t i;

	if (fuzz_names_a_device(data, size))
		return 0;
	fuzz_file_write(data, size);
	conf = conf_load(fuzz_file_path(), &c);
	must((conf == NULL) == (c.mistakes > 0));
	for (i = 0; i < c.count; i++)
		must(strchr(c.list[i].text, '\n') == NULL);
	if (conf != NULL)
		check_conf(conf);
	conf_free(conf);
	complaints_free(&c);
	return 0;
}
