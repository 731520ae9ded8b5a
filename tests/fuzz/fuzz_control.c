/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz: a line on the control socket. Every line has one answer, itself a line of JSON,
 * unless it asks for a reload.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "health/control.h"
#include "tests/unit/make_conf.h"

static const struct make_service services[] = {
	{ "www.example.com", "1:a/10 2:b/20,21", 1, ALL_DOWN_SERVE_ALL, NULL },
	{ "api.example.com", "1:a/10 2:b/lb.example.net", 1, ALL_DOWN_LAST, NULL },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool fact)
{
	if (!fact)
		abort();
}

static struct control_view
small_view(void)
{
	struct conf *conf = make_conf(services, 2);
	struct control_view view = { .conf = conf };

	view.board = board_new(conf);
	view.counters = counters_new();
	view.plan = plan_new(conf);
	return view;
}

static void
check_answer(const char *line)
{
	const char *end = strchr(line, '\n');
	json_t *answer;

	must(end != NULL && end[1] == '\0');
	answer = json_loads(line, 0, NULL);
	must(json_is_boolean(json_object_get(answer, "ok")));
	json_decref(answer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct control_view view;
	enum control_deed deed;
	char *line;

	if (view.conf == NULL)
		view = small_view();
	line = control_answer(&view, (const char *)data, size, &deed);
	must((line == NULL) == (deed == CONTROL_RELOAD));
	if (line != NULL)
		check_answer(line);
	free(line);
	return 0;
}
