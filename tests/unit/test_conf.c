/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Configuration: good files into the structs that they mean, and the pure parts from
 * tables. Mistakes are tested where operators meet them, in tests/system/test_broken_conf.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/conf.h"
#include "conf/index.h"
#include "conf/mem.h"
#include "conf/name.h"
#include "conf/schema.h"
#include "conf/source.h"
#include "conf/value.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PAGE         "conf/relevo.conf.5"

static char folder[PATH_MAX]; /* of the test's files */

static const char *
file_in_folder(const char *name, const char *text)
{
	static char path[PATH_MAX + 64];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
	return path;
}

static struct conf *
load(const char *text)
{
	struct complaints c = { .list = NULL };
	struct conf *conf = conf_load(file_in_folder("t.conf", text), &c);

	complaints_print(&c, stderr);
	assert_non_null(conf);
	assert_int_equal(c.count, 0);
	complaints_free(&c);
	return conf;
}

static int
make_folder(void **state)
{
	char template[] = "/tmp/relevo-test-XXXXXX", *real;

	(void)state;
	if (mkdtemp(template) == NULL || (real = realpath(template, NULL)) == NULL)
		return -1;
	snprintf(folder, sizeof(folder), "%s", real);
	free(real);
	return 0;
}

static int
remove_folder(void **state)
{
	static const char *const names[] = { "t.conf", "inc.conf" };
	char path[PATH_MAX + 64];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	return rmdir(folder);
}

/* --- the pure parts --- */

static void
durations(void **state)
{
	static const struct {
		const char *text;
		bool good;
		uint64_t ms;
	} cases[] = {
		{ "0s", true, 0 },
		{ "10ms", true, 10 },
		{ "1500ms", true, 1500 },
		{ "5s", true, 5000 },
		{ "2m", true, 120000 },
		{ "2h", true, 7200000 },
		{ "7d", true, 604800000 },
		{ "999999999999d", true, 999999999999 * 86400000ULL },
		{ "", false, 0 },
		{ "5", false, 0 },
		{ "s", false, 0 },
		{ "5 s", false, 0 },
		{ " 5s", false, 0 },
		{ "5sec", false, 0 },
		{ "1.5s", false, 0 },
		{ "-1s", false, 0 },
		{ "9999999999999s", false, 0 },
	};
	uint64_t ms;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		ms = 0;
		if (value_duration(cases[i].text, &ms) != cases[i].good || ms != cases[i].ms)
			fail_msg("\"%s\" is %llu ms", cases[i].text, (unsigned long long)ms);
	}
}

static void
duration_texts(void **state)
{
	static const struct {
		uint64_t ms;
		const char *text;
	} cases[] = { { 0, "0s" }, { 100, "100ms" }, { 1000, "1s" }, { 1500, "1500ms" }, { 60000, "1m" },
		{ 90000, "90s" }, { 3600000, "1h" }, { 86400000, "1d" }, { 604800000, "7d" } };
	char text[VALUE_DURATION_TEXT];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		assert_string_equal(value_duration_text(cases[i].ms, text), cases[i].text);
}

static void
names(void **state)
{
	static const struct {
		const char *text;
		const char *canonical; /* NULL: a mistake */
		unsigned labels;
		bool absolute, wildcard, inner_star;
	} cases[] = {
		{ "www", "www", 1, false, false, false },
		{ "WWW.Example.COM.", "www.example.com", 3, true, false, false },
		{ ".", ".", 0, true, false, false },
		{ "*", "*", 1, false, true, false },
		{ "*.x", "*.x", 2, false, true, false },
		{ "x.*", "x.*", 2, false, false, true },
		{ "a\\.b.c", "a\\.b.c", 2, false, false, false },
		{ "a\\046b", "a\\.b", 1, false, false, false },
		{ "\\000\\255", "\\000\\255", 1, false, false, false },
		{ "\\065", "a", 1, false, false, false },
		{ "a b", "a\\032b", 1, false, false, false },
		{ "_dns-sd._udp", "_dns-sd._udp", 2, false, false, false },
		{ "", NULL, 0, false, false, false },
		{ "..", NULL, 0, false, false, false },
		{ "a..b", NULL, 0, false, false, false },
		{ ".a", NULL, 0, false, false, false },
		{ "a\\", NULL, 0, false, false, false },
		{ "a\\25", NULL, 0, false, false, false },
		{ "a\\256", NULL, 0, false, false, false },
	};
	struct name name;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		const char *wrong = name_read(&name, cases[i].text);

		if ((wrong == NULL) != (cases[i].canonical != NULL))
			fail_msg("\"%s\": %s", cases[i].text, wrong != NULL ? wrong : "is good");
		if (wrong != NULL)
			continue;
		assert_string_equal(name.text, cases[i].canonical);
		assert_int_equal(name.labels, cases[i].labels);
		assert_int_equal(name.absolute, cases[i].absolute);
		assert_int_equal(name.wildcard, cases[i].wildcard);
		assert_int_equal(name.inner_star, cases[i].inner_star);
	}
}

static void
name_lengths(void **state)
{
	char text[2048];
	struct name name;
	unsigned i;
	int len = 0;

	(void)state;
	memset(text, 'a', 64);
	text[63] = '\0';
	assert_null(name_read(&name, text)); /* a label of 63 */
	assert_int_equal(name.wire_len, 65);
	text[63] = 'a';
	text[64] = '\0';
	assert_non_null(name_read(&name, text));
	for (i = 0; i < 127; i++) /* 127 labels of one octet: 255 in all */
		len += snprintf(text + len, sizeof(text) - (size_t)len, "\\001.");
	assert_null(name_read(&name, text));
	assert_int_equal(name.wire_len, 255);
	assert_true(strlen(name.text) < NAME_TEXT_MAX);
	snprintf(text + len, sizeof(text) - (size_t)len, "a");
	assert_non_null(name_read(&name, text));
}

static void
nearest_names(void **state)
{
	static const struct {
		const char *text;
		const char *near;
	} cases[] = { { "intervall", "interval" }, { "fal", "fall" }, { "timout", "timeout" }, { "reckech", "recheck" },
		{ "Interval", "interval" }, { "x", NULL }, { "ab", NULL }, { "wholly_different", NULL }, { "", NULL } };
	static const char *const known[] = { "interval", "timeout", "recheck", "fall", "rise" };
	struct index x = { .entries = NULL };
	uint32_t i;

	(void)state;
	for (i = 0; i < COUNT(known); i++)
		assert_int_equal(index_add(&x, known[i], i), INDEX_NONE);
	for (i = 0; i < COUNT(cases); i++) {
		const char *near = index_nearest(&x, cases[i].text);

		assert_string_equal(near != NULL ? near : "-", cases[i].near != NULL ? cases[i].near : "-");
	}
	index_free(&x);
}

static void
index_holds_many(void **state)
{
	static char names_of[10000][8];
	struct index x = { .entries = NULL };
	uint32_t i;

	(void)state;
	assert_int_equal(index_find(&x, "a"), INDEX_NONE);
	for (i = 0; i < COUNT(names_of); i++) {
		snprintf(names_of[i], sizeof(names_of[i]), "n%u", i);
		assert_int_equal(index_add(&x, names_of[i], i), INDEX_NONE);
	}
	for (i = 0; i < COUNT(names_of); i++)
		assert_int_equal(index_find(&x, names_of[i]), i);
	assert_int_equal(index_add(&x, "n77", 5), 77);
	assert_int_equal(index_find(&x, "n10000"), INDEX_NONE);
	index_free(&x);
}

static void
paths(void **state)
{
	static const struct {
		const char *folder, *path, *whole;
	} cases[] = { { "/etc/relevo/", "a.zone", "/etc/relevo/a.zone" }, { "/etc/relevo/", "/a", "/a" },
		{ "/etc/relevo/", "../a", "/etc/a" }, { "/etc/relevo/", "./../../a", "/a" },
		{ "/etc/", "../../a", "/a" }, { "/", "a", "/a" }, { "/etc/", "a/../b", "/etc/a/../b" } };
	struct arena *a = arena_new();
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		assert_string_equal(value_path(a, cases[i].folder, cases[i].path), cases[i].whole);
	arena_free(a);
}

static void
arenas(void **state)
{
	static const size_t sizes[] = { 0, 1, 7, 4096, 300000, 600000, 1 << 20, 5 << 20, 3 };
	struct arena *a = arena_new();
	size_t i, round, align, total = 0;

	(void)state;
	for (round = 0; round < 20; round++) {
		for (i = 0; i < COUNT(sizes); i++) {
			uint8_t *p;

			align = (size_t)1 << (i % 7);
			p = arena_alloc(a, sizes[i], align);
			assert_int_equal((uintptr_t)p % align, 0);
			if (sizes[i] > 0) {
				assert_int_equal(p[0] | p[sizes[i] - 1], 0);
				memset(p, 0xff, sizes[i]);
			}
			total += sizes[i];
		}
	}
	assert_true(arena_size(a) >= total && arena_size(a) < total + 100000);
	assert_string_equal(arena_printf(a, "%s-%d", "x", 5), "x-5");
	arena_free(a);
	arena_free(NULL);
}

/* --- whole files --- */

#define PROVIDERS      "providers = { aws = { label = \"AWS\"; }; own = { }; };"
#define ZONE(services) "zones = ( { name = \"Z.Example.\"; file = \"z.zone\"; services = ( " services " ); } );"

#define HTTP "checks = { web = { type = \"http\"; }; };"

static void
defaults(void **state)
{
	struct conf *conf = load(PROVIDERS HTTP ZONE(
	    "{ name = \"www\"; check = \"web\"; members = { provider = \"own\"; address = \"::1\"; }; }"));
	const struct conf_server *server = &conf->server;
	const struct conf_check *check = &conf->checks[0];
	const struct conf_service *service = &conf->services[0];
	char host[256] = "", path[PATH_MAX + 64];

	(void)state;
	gethostname(host, sizeof(host) - 1);
	snprintf(path, sizeof(path), "%s/z.zone", folder);
	assert_int_equal(server->n_listen, 2);
	assert_string_equal(server->listen[0].text, "0.0.0.0@53");
	assert_string_equal(server->listen[1].text, "[::]@53");
	assert_int_equal(server->listen[0].addr.in.sin_port, htons(53));
	assert_int_equal(server->listen[1].len, sizeof(struct sockaddr_in6));
	assert_int_equal(server->workers, 0);
	assert_string_equal(server->control, "/run/relevo/relevo.sock");
	assert_null(server->http);
	assert_string_equal(server->state, "/var/lib/relevo");
	assert_string_equal(server->identity, host);
	assert_false(server->hide_version);
	assert_string_equal(server->user, "nobody");
	assert_int_equal(server->n_operators, 2);
	assert_int_equal(server->operators[0].bits, 8);
	assert_int_equal(server->operators[1].bits, 128);
	assert_int_equal(server->tcp_clients, 1000);
	assert_int_equal(server->tcp_idle_ms, 10000);
	assert_string_equal(conf->providers[0].label, "AWS");
	assert_string_equal(conf->providers[1].label, "own");
	assert_int_equal(check->type, CHECK_HTTP);
	assert_int_equal(check->port, 80);
	assert_int_equal(check->interval_ms, 5000);
	assert_int_equal(check->timeout_ms, 1500);
	assert_int_equal(check->recheck_ms, 500);
	assert_int_equal(check->jitter, 10);
	assert_int_equal(check->fall, 3);
	assert_int_equal(check->rise, 2);
	assert_string_equal(check->path, "/");
	assert_null(check->host);
	assert_int_equal(check->n_status, 1);
	assert_int_equal(check->status[0], 200);
	assert_int_equal(check->n_headers, 0);
	assert_true(check->verify);
	assert_string_equal(conf->zones[0].name, "z.example");
	assert_string_equal(conf->zones[0].file, path);
	assert_int_equal(conf->zones[0].health, HEALTH_OPERATORS);
	assert_string_equal(service->fqdn, "www.z.example");
	assert_int_equal(service->answer, ANSWER_ALL);
	assert_int_equal(service->ttl, 30);
	assert_int_equal(service->ttl_suspect, 5);
	assert_int_equal(service->min_up, 1);
	assert_int_equal(service->max_answers, 8);
	assert_int_equal(service->all_down, ALL_DOWN_SERVE_ALL);
	assert_int_equal(conf->members[0].provider, 1);
	assert_int_equal(conf->members[0].tier, 1);
	assert_int_equal(conf->members[0].weight, 1);
	assert_int_equal(conf->endpoints[0].family, AF_INET6);
	assert_string_equal(conf->endpoints[0].text, "::1");
	conf_free(conf);
}

/* A default is cut to the written setting that it may not be above. */
static void
defaults_give_way(void **state)
{
	struct conf *conf =
	    load(PROVIDERS "checks = { web = { type = \"tcp\"; port = 1; interval = \"200ms\"; }; };" ZONE(
		"{ name = \"@\"; check = \"web\"; ttl = \"2s\"; members = { provider = \"own\"; address = "
		"\"127.0.0.1\"; }; }"));

	(void)state;
	assert_int_equal(conf->checks[0].recheck_ms, 200);
	assert_int_equal(conf->services[0].ttl_suspect, 2);
	assert_string_equal(conf->services[0].fqdn, "z.example");
	conf_free(conf);
}

static void
everything(void **state)
{
	struct conf *conf = load(
	    "server = { listen = ( \"127.0.0.1\", \"[::1]@5353\" ); workers = 2; control = \"../c.sock\";\n"
	    "  http = \"[::1]@8053\"; identity = \"ns1\"; hide_version = true; operators = [ ]; tcp_idle = \"1m\"; "
	    "};\n" PROVIDERS
	    "checks = { tls = { type = \"https\"; path = \"/h\"; host = \"h.example\"; sni = \"s.example\";\n"
	    "  status = [ 200, 204 ]; body = \"^ok$\"; headers = [ \"X-A: 1\", \"X-B:\" ]; redirects = 2; verify = "
	    "false; }; };\n" ZONE("{ name = \"*.W\"; check = \"tls\"; answer = \"sticky\"; all_down = [ \"own\" ]; "
				  "min_up = 2; max_answers = 3;\n"
				  "  members = ( { provider = \"aws\"; cname = \"LB.Example.net.\"; tier = 2; }, { "
				  "provider = \"own\"; weight = 9;\n"
				  "  address = [ \"127.0.0.1\", \"127.0.0.2\" ]; records = \"MX 10 mail\"; } ); },\n"
				  "{ name = \"x\"; check = \"tls\"; all_down = \"last\"; members = { provider = "
				  "\"aws\"; cname = \"lb\"; }; }"));
	const struct conf_service *service = &conf->services[0];
	const struct conf_member *members = conf->members;
	const struct conf_check *check = &conf->checks[0];

	(void)state;
	assert_int_equal(conf->server.listen[0].addr.in.sin_port, htons(53));
	assert_int_equal(conf->server.listen[1].addr.in6.sin6_port, htons(5353));
	assert_int_equal(conf->server.listen[1].place.line, 1);
	assert_string_equal(conf->server.http, "[::1]@8053");
	assert_string_equal(strrchr(conf->server.control, '/'), "/c.sock");
	assert_null(strstr(conf->server.control, ".."));
	assert_int_equal(conf->server.n_operators, 0);
	assert_true(conf->server.hide_version);
	assert_int_equal(conf->server.tcp_idle_ms, 60000);
	assert_int_equal(check->port, 443);
	assert_string_equal(check->sni, "s.example");
	assert_int_equal(check->n_status, 2);
	assert_int_equal(check->status[1], 204);
	assert_string_equal(check->body, "^ok$");
	assert_string_equal(check->headers[1], "X-B:");
	assert_int_equal(check->redirects, 2);
	assert_false(check->verify);
	assert_string_equal(service->name, "*.W");
	assert_string_equal(service->fqdn, "*.w.z.example");
	assert_int_equal(service->answer, ANSWER_STICKY);
	assert_int_equal(service->all_down, ALL_DOWN_LIST);
	assert_int_equal(service->n_all_down_providers, 1);
	assert_int_equal(service->all_down_providers[0], 1);
	assert_int_equal(service->n_members, 2);
	assert_int_equal(service->n_endpoints, 3);
	assert_string_equal(members[0].cname, "lb.example.net.");
	assert_int_equal(members[0].n_endpoints, 1);
	assert_int_equal(conf->endpoints[0].family, AF_UNSPEC);
	assert_int_equal(conf->endpoints[0].target, CONF_NO_TARGET);
	assert_int_equal(members[1].first_endpoint, 1);
	assert_int_equal(members[1].n_endpoints, 2);
	assert_int_equal(members[1].weight, 9);
	assert_string_equal(members[1].records[0], "MX 10 mail");
	assert_int_equal(conf->endpoints[2].index, 2);
	assert_int_equal(conf->endpoints[2].member, 1);
	assert_int_equal(conf->services[1].first_endpoint, 3);
	assert_int_equal(conf->services[1].all_down, ALL_DOWN_LAST);
	assert_string_equal(members[2].cname, "lb.z.example.");
	assert_int_equal(conf->zones[0].n_services, 2);
	conf_free(conf);
}

/* One target for each check, address and port, however many services share it. */
static void
targets_are_shared(void **state)
{
	static const struct {
		const char *text, *key;
	} cases[] = { { "127.0.0.1", "web 127.0.0.1 80" }, { "::1", "web ::1 80" },
		{ "127.0.0.1@81", "web 127.0.0.1 81" }, { "[::1]@81", "web ::1 81" },
		{ "127.0.0.1", "db 127.0.0.1 80" } };
	struct conf *conf =
	    load(PROVIDERS "checks = { web = { type = \"http\"; }; db = { type = \"tcp\"; port = 80; }; };" ZONE(
		"{ name = \"a\"; check = \"web\"; members = { provider = \"own\"; address = [ \"127.0.0.1\", \"::1\" "
		"]; }; },"
		"{ name = \"b\"; check = \"web\"; members = { provider = \"aws\"; address = [ \"0:0::1\", "
		"\"127.0.0.1\" ]; }; },"
		"{ name = \"c\"; check = \"web\"; members = { provider = \"own\"; port = 81;"
		"  address = [ \"127.0.0.1\", \"::1\" ]; }; },"
		"{ name = \"d\"; check = \"db\"; members = { provider = \"own\"; address = \"127.0.0.1\"; }; },"
		"{ name = \"e\"; check = \"web\"; members = { provider = \"own\"; port = 80; address = \"127.0.0.1\"; "
		"}; }"));
	static const uint32_t expected[] = { 0, 1, 1, 0, 2, 3, 4, 0 };
	size_t i;

	(void)state;
	assert_int_equal(conf->n_targets, COUNT(cases));
	for (i = 0; i < COUNT(cases); i++) {
		assert_int_equal(conf->targets[i].index, i);
		assert_string_equal(conf->targets[i].text, cases[i].text);
		assert_string_equal(conf->targets[i].key, cases[i].key);
	}
	assert_int_equal(conf->targets[2].addr.in.sin_port, htons(81));
	assert_int_equal(conf->n_endpoints, COUNT(expected));
	for (i = 0; i < COUNT(expected); i++)
		assert_int_equal(conf->endpoints[i].target, expected[i]);
	conf_free(conf);
}

static void
complained(const char *file, const char *expected)
{
	struct complaints c = { .list = NULL };

	assert_null(conf_load(file, &c));
	assert_int_equal(c.count, 1);
	assert_string_equal(c.list[0].text, expected);
	complaints_free(&c);
}

/* A FIFO is not waited for, a device not read. */
static void
no_regular_files(void **state)
{
	char fifo[PATH_MAX + 64], expected[2 * PATH_MAX + 256];
	const char *file;

	(void)state;
	complained("/dev/zero", "/dev/zero: it is not a regular file");
	snprintf(fifo, sizeof(fifo), "%s/fifo", folder);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	snprintf(expected, sizeof(expected), "%s: it is not a regular file", fifo);
	complained(fifo, expected);
	file = file_in_folder("t.conf", "\n@include \"fifo\"\n");
	snprintf(expected, sizeof(expected), "%s:2: @include \"%s\": it is not a regular file", file, fifo);
	complained(file, expected);
	assert_int_equal(unlink(fifo), 0);
}

/* Places and values of an included file are its own; relative paths are the main file's. */
static void
includes(void **state)
{
	struct conf *conf;
	char path[PATH_MAX + 64];

	(void)state;
	file_in_folder("inc.conf", "\nproviders = { own = { }; };\n" HTTP);
	conf = load("/* @include \"none.conf\"\n@include \"none.conf\" */\n  @include \"inc.conf\" \n"
		    "zones = { name = \".\"; file = \"./z.zone\";\n"
		    "services = { name = \"www\"; check = \"web\"; members = { provider = \"own\"; address = \"::1\"; "
		    "}; }; };");
	snprintf(path, sizeof(path), "%s/inc.conf", folder);
	assert_string_equal(conf->providers[0].place.file, path);
	assert_int_equal(conf->providers[0].place.line, 2);
	assert_string_equal(conf->services[0].place.file, conf->file);
	assert_int_equal(conf->services[0].place.line, 5);
	assert_string_equal(conf->services[0].fqdn, "www");
	assert_string_equal(conf->zones[0].name, ".");
	snprintf(path, sizeof(path), "%s/z.zone", folder);
	assert_string_equal(conf->zones[0].file, path);
	conf_free(conf);
}

static void
networks_match(void **state)
{
	static const struct {
		const char *addr;
		bool inside;
	} cases[] = {
		{ "127.0.0.1", true },
		{ "127.255.255.255", true },
		{ "128.0.0.1", false },
		{ "192.0.2.128", true },
		{ "192.0.2.191", true },
		{ "192.0.2.192", false },
		{ "192.0.2.127", false },
		{ "::1", true },
		{ "::2", false },
		{ "2001:db8:1:ffff::1", true },
		{ "2001:db8:2::1", false },
		{ "::ffff:127.0.0.1", true },
		{ "::ffff:128.0.0.1", false },
	};
	struct conf *conf =
	    load("server = { operators = [ \"127.0.0.0/8\", \"192.0.2.128/26\", \"::1\", \"2001:db8:1::/48\" ]; };"
		 "zones = { name = \"z\"; file = \"z\"; };");
	const struct conf_server *server = &conf->server;
	struct sockaddr local = { .sa_family = AF_UNIX };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		union conf_sockaddr sa = { .sa = { .sa_family = AF_INET } };

		if (inet_pton(AF_INET, cases[i].addr, &sa.in.sin_addr) != 1) {
			sa.sa.sa_family = AF_INET6;
			assert_int_equal(inet_pton(AF_INET6, cases[i].addr, &sa.in6.sin6_addr), 1);
		}
		if (conf_net_match(server->operators, server->n_operators, &sa.sa) != cases[i].inside)
			fail_msg("%s", cases[i].addr);
	}
	assert_false(conf_net_match(server->operators, server->n_operators, &local));
	assert_false(conf_net_match(NULL, 0, &local));
	conf_free(conf);
}

static void
networks_of_everything(void **state)
{
	struct conf *conf =
	    load("server = { operators = [ \"0.0.0.0/0\", \"::/0\" ]; }; zones = { name = \"z\"; file = \"z\"; };");
	union conf_sockaddr sa = { .in = { .sin_family = AF_INET } };

	(void)state;
	assert_true(conf_net_match(conf->server.operators, 1, &sa.sa));
	sa.sa.sa_family = AF_INET6;
	assert_true(conf_net_match(conf->server.operators, 2, &sa.sa));
	conf_free(conf);
}

/* --- the manual page and the table --- */

static char *
page_text(void)
{
	FILE *f = fopen(PAGE, "r");
	char *text;
	size_t len;

	assert_non_null(f); /* the tests run from the project's root */
	text = mem_zero(1, 1 << 20);
	len = fread(text, 1, (1 << 20) - 1, f);
	assert_true(len > 0 && len < (1 << 20) - 1);
	fclose(f);
	return text;
}

/* From the line after `begin` up to the first line that begins with one of the ends. The caller frees. */
static char *
between(const char *text, const char *begin, const char *const *ends)
{
	const char *from = strstr(text, begin), *to;
	size_t i;

	if (from == NULL)
		fail_msg("%s has no %s", PAGE, begin);
	from += strlen(begin);
	to = from + strlen(from);
	for (i = 0; ends[i] != NULL; i++) {
		const char *end = strstr(from, ends[i]);

		if (end != NULL && end < to)
			to = end;
	}
	return mem_printf("%.*s", (int)(to - from), from);
}

static char *
section_text(const char *page, const struct section_rows *rows)
{
	static const char *const ends[] = { "\n.Ss ", "\n.Sh ", NULL };
	char *begin = mem_printf("\n.Ss %s\n", rows->name);
	char *text = between(page, begin, ends);

	free(begin);
	return text;
}

static void
contains(const char *setting, const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("%s: %s does not say %s", PAGE, setting, part);
}

static void
row_is_on_page(const char *section, const struct setting *row)
{
	static const char *const ends[] = { "\n.It Ic ", NULL };
	char *begin = mem_printf("\n.It Ic %s\n", row->name);
	char *text = between(section, begin, ends), range[256], *quoted;
	size_t i;

	if (row->fallback != NULL) {
		quoted = mem_printf("Default: %s", row->fallback);
		contains(row->name, text, quoted);
		free(quoted);
	}
	if (row->type == SETTING_INT || row->type == SETTING_DURATION || row->type == SETTING_TTL ||
	    row->type == SETTING_STRING || row->type == SETTING_WORD)
		contains(row->name, text, schema_range(row, range, sizeof(range)));
	if (row->flags & SETTING_REQUIRED)
		contains(row->name, text, "\nRequired.");
	for (i = 0; row->words != NULL && row->words[i] != NULL; i++)
		contains(row->name, text, row->words[i]);
	free(text);
	free(begin);
}

static void
page_has_no_others(const char *section, enum section which)
{
	const char *item;
	char name[64];

	for (item = strstr(section, "\n.It Ic "); item != NULL; item = strstr(item + 1, "\n.It Ic ")) {
		assert_int_equal(sscanf(item, "\n.It Ic %63s", name), 1);
		if (schema_find(which, name) == NULL)
			fail_msg("%s: %s is no setting", PAGE, name);
	}
}

static void
page_tells_the_table(void **state)
{
	char *page = page_text(), *section;
	enum section which;
	size_t i;

	(void)state;
	for (which = SECTION_TOP; which < SECTIONS; which++) {
		const struct section_rows *rows = schema_section(which);

		assert_true(rows->count <= SCHEMA_ROWS_MAX);
		section = section_text(page, rows);
		for (i = 0; i < rows->count; i++)
			row_is_on_page(section, &rows->rows[i]);
		page_has_no_others(section, which);
		free(section);
	}
	free(page);
}

static void
sample_is_good(void **state)
{
	struct complaints c = { .list = NULL };
	struct conf *conf = conf_load("conf/relevo.conf", &c);

	(void)state;
	complaints_print(&c, stderr);
	assert_non_null(conf);
	assert_int_equal(c.count, 0);
	assert_int_equal(conf->n_targets, 2);
	assert_int_equal(conf->n_services, 1);
	conf_free(conf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations),
		cmocka_unit_test(duration_texts),
		cmocka_unit_test(names),
		cmocka_unit_test(name_lengths),
		cmocka_unit_test(nearest_names),
		cmocka_unit_test(index_holds_many),
		cmocka_unit_test(paths),
		cmocka_unit_test(arenas),
		cmocka_unit_test(defaults),
		cmocka_unit_test(defaults_give_way),
		cmocka_unit_test(everything),
		cmocka_unit_test(targets_are_shared),
		cmocka_unit_test(includes),
		cmocka_unit_test(no_regular_files),
		cmocka_unit_test(networks_match),
		cmocka_unit_test(networks_of_everything),
		cmocka_unit_test(page_tells_the_table),
		cmocka_unit_test(sample_is_good),
	};

	return cmocka_run_group_tests_name("conf", tests, make_folder, remove_folder);
}
