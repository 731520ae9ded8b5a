/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * relevod: an authoritative name server that answers with what works. Options, and then
 * the parent process.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "conf/log.h"
#include "conf/mem.h"
#include "dnsd/child.h"
#include "dnsd/generation.h"
#include "dnsd/parent.h"

static const char usage_text[] = "usage: relevod [-dhnv] [-c FILE]\n"
				 "\n"
				 "An authoritative DNS server that probes every provider itself and answers only\n"
				 "with those that work. It stays in the foreground and logs to standard error.\n"
				 "\n"
				 "  -c, --config FILE   read FILE (default " CONF_DEFAULT_FILE ")\n"
				 "  -n, --check         check the configuration and its zones, and exit: 0 when they\n"
				 "                      are good, 1 with every mistake on standard error\n"
				 "  -d, --debug         log more\n"
				 "  -v, --version       print the version and exit\n"
				 "  -h, --help          print this and exit\n"
				 "\n"
				 "SIGHUP reloads, SIGTERM stops. See relevod(8) and relevo.conf(5).\n";

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "check", no_argument, NULL, 'n' },
	{ "debug", no_argument, NULL, 'd' },
	{ "version", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static int
check_only(const char *file)
{
	struct complaints c = { 0 };
	int status;

	generation_check(file, &c);
	complaints_print(&c, stderr);
	status = c.mistakes > 0;
	complaints_free(&c);
	return status;
}

static int
usage_error(void)
{
	fputs("Try: relevod --help\n", stderr);
	return 2;
}

/* Ten thousand probes and a thousand clients need descriptors. */
static void
raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

int
main(int argc, char **argv)
{
	static const char *file = CONF_DEFAULT_FILE;
	bool check = false, debug = false;
	int option;

	child_init(argc, argv);
	while ((option = getopt_long(argc, argv, "c:dhnv", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			file = mem_string(optarg); /* a child's title overwrites the arguments */
			break;
		case 'n':
			check = true;
			break;
		case 'd':
			debug = true;
			break;
		case 'v':
			puts("relevod " RELEVO_VERSION);
			return 0;
		case 'h':
			fputs(usage_text, stdout);
			return 0;
		default:
			return usage_error();
		}
	}
	if (optind < argc) {
		fprintf(stderr, "relevod: \"%s\": expected options only\n", argv[optind]);
		return usage_error();
	}
	log_init("relevod", debug);
	if (check)
		return check_only(file);
	raise_descriptors();
	return parent_run(file);
}
