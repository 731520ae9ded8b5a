/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Schema: the table of settings.
 */
#include "conf/schema.h"

#include <stdio.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/value.h"

#define S    1000LL
#define MIN  (60 * S)
#define HOUR (60 * MIN)
#define DAY  (24 * HOUR)

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ROWS(array)  (array), COUNT(array)

#define HTTP_ONLY  (1u << CHECK_HTTP | 1u << CHECK_HTTPS)
#define HTTPS_ONLY (1u << CHECK_HTTPS)

static const char *const check_types[] = { "tcp", "http", "https", NULL };
static const char *const answers[] = { "all", "weighted", "sticky", NULL };
static const char *const all_downs[] = { "serve-all", "last", "nodata", NULL };
static const char *const healths[] = { "operators", "public", "off", NULL };

// clang-format off
static const struct setting top_rows[] = {
	{ "server", SETTING_GROUP, 0, 0, 0, NULL,
	  "How this server is reached, and whom it tells what.", .offset = 0 },
	{ "providers", SETTING_GROUP, 0, 0, 0, NULL,
	  "Who runs the machines: one group a provider, under its name.", .offset = 0 },
	{ "checks", SETTING_GROUP, 0, 0, 0, NULL,
	  "How targets are probed: one group a check, under its name.", .offset = 0 },
	{ "zones", SETTING_GROUPS, SETTING_REQUIRED | SETTING_SOME, 0, 0, NULL,
	  "The zones that are answered for, each with its services.", .offset = 0 },
};

#define AT(field) .offset = offsetof(struct conf_server, field)
#define COUNT_AT(field) .count_offset = offsetof(struct conf_server, field)
static const struct setting server_rows[] = {
	{ "listen", SETTING_LISTEN, SETTING_LIST | SETTING_SOME, 0, 0, "[ \"0.0.0.0@53\", \"[::]@53\" ]",
	  "Addresses that answer, by UDP and TCP.", AT(listen), COUNT_AT(n_listen) },
	{ "workers", SETTING_INT, 0, 0, 64, "0",
	  "UDP threads for each listen address, and TCP threads in all; 0 is one for each core.", AT(workers) },
	{ "control", SETTING_PATH, 0, 1, 107, "\"/run/relevo/relevo.sock\"",
	  "The socket that relevoctl(8) speaks to.", AT(control) },
	{ "http", SETTING_ADDRESS_PORT, 0, 0, 0, NULL,
	  "Reserved; read and checked, not used by this version.", AT(http) },
	{ "state", SETTING_PATH, 0, 1, 1023, "\"/var/lib/relevo\"",
	  "Reserved; read and checked, not used by this version.", AT(state) },
	{ "identity", SETTING_STRING, 0, 1, 128, NULL,
	  "What NSID and the name id.server say.", AT(identity) },
	{ "hide_version", SETTING_BOOL, 0, 0, 0, "false",
	  "Whether version.bind is refused.", AT(hide_version) },
	{ "user", SETTING_WORD, 0, 1, 64, "\"nobody\"",
	  "Whom the two children become when the parent was started as root.", AT(user) },
	{ "operators", SETTING_NET, SETTING_LIST, 0, 0, "[ \"127.0.0.0/8\", \"::1/128\" ]",
	  "Networks that may see health and explanations.", AT(operators), COUNT_AT(n_operators) },
	{ "tcp_clients", SETTING_INT, 0, 1, 100000, "1000",
	  "TCP connections that may be open at once, in all.", AT(tcp_clients) },
	{ "tcp_idle", SETTING_DURATION, 0, 1 * S, 1 * HOUR, "\"10s\"",
	  "How long a TCP connection may be silent before it is closed.", AT(tcp_idle_ms) },
};
#undef AT
#undef COUNT_AT

#define AT(field) .offset = offsetof(struct conf_provider, field)
static const struct setting provider_rows[] = {
	{ "label", SETTING_STRING, 0, 1, 64, NULL,
	  "The provider's name for people.", AT(label) },
};
#undef AT

#define AT(field) .offset = offsetof(struct conf_check, field)
#define COUNT_AT(field) .count_offset = offsetof(struct conf_check, field)
static const struct setting check_rows[] = {
	{ "type", SETTING_ENUM, SETTING_REQUIRED, 0, 0, NULL,
	  "How a target is probed.", AT(type), .words = check_types },
	{ "port", SETTING_INT, 0, 1, 65535, NULL,
	  "Where targets are probed; a member's own port goes before it.", AT(port) },
	{ "interval", SETTING_DURATION, 0, 100, 1 * HOUR, "\"5s\"",
	  "How often a target is probed.", AT(interval_ms) },
	{ "timeout", SETTING_DURATION, 0, 10, 1 * MIN, "\"1500ms\"",
	  "How long a probe may take, from first to last.", AT(timeout_ms) },
	{ "recheck", SETTING_DURATION, 0, 10, 1 * HOUR, "\"500ms\"",
	  "How often a target is probed while it is suspect; not above interval.", AT(recheck_ms) },
	{ "jitter", SETTING_INT, 0, 0, 50, "10",
	  "By how many percent of the interval a probe may start early.", AT(jitter) },
	{ "fall", SETTING_INT, 0, 1, 20, "3",
	  "Failures in a row that make a target down.", AT(fall) },
	{ "rise", SETTING_INT, 0, 1, 20, "2",
	  "Successes in a row that make a target up.", AT(rise) },
	{ "path", SETTING_URL_PATH, 0, 1, 1023, "\"/\"",
	  "What is asked for.", AT(path), .check_types = HTTP_ONLY },
	{ "host", SETTING_WORD, 0, 1, 255, NULL,
	  "The Host header, and the name that the certificate must hold.", AT(host), .check_types = HTTP_ONLY },
	{ "sni", SETTING_WORD, 0, 1, 255, NULL,
	  "The name asked for in the TLS handshake.", AT(sni), .check_types = HTTPS_ONLY },
	{ "status", SETTING_INT, SETTING_LIST | SETTING_SOME, 100, 599, "[ 200 ]",
	  "HTTP status codes that are good.", AT(status), COUNT_AT(n_status), .check_types = HTTP_ONLY },
	{ "body", SETTING_REGEX, 0, 1, 1023, NULL,
	  "A POSIX extended regular expression that the reply's body must match.", AT(body),
	  .check_types = HTTP_ONLY },
	{ "headers", SETTING_HEADER, SETTING_LIST, 0, 1023, NULL,
	  "Headers sent with the request.", AT(headers), COUNT_AT(n_headers), .check_types = HTTP_ONLY },
	{ "redirects", SETTING_INT, 0, 0, 10, "0",
	  "How many redirects are followed; with 0 a redirect is judged by its status.", AT(redirects),
	  .check_types = HTTP_ONLY },
	{ "verify", SETTING_BOOL, 0, 0, 0, "true",
	  "Whether the certificate and its name must be valid.", AT(verify), .check_types = HTTP_ONLY },
	{ "ca_file", SETTING_FILE, 0, 1, 1023, NULL,
	  "Certificates (PEM) that are trusted instead of the system's.", AT(ca_file), .check_types = HTTP_ONLY },
};
#undef AT
#undef COUNT_AT

#define AT(field) .offset = offsetof(struct conf_zone, field)
static const struct setting zone_rows[] = {
	{ "name", SETTING_ZONE_NAME, SETTING_REQUIRED, 0, 0, NULL,
	  "The zone's domain name.", AT(name) },
	{ "file", SETTING_PATH, SETTING_REQUIRED, 1, 1023, NULL,
	  "The master file (RFC 1035) with everything static.", AT(file) },
	{ "health", SETTING_ENUM, 0, 0, 0, "\"operators\"",
	  "Who may ask for the _health names of the zone's services.", AT(health), .words = healths },
	{ "services", SETTING_GROUPS, 0, 0, 0, NULL,
	  "The names in the zone that follow health.", .offset = 0 },
};
#undef AT

#define AT(field) .offset = offsetof(struct conf_service, field)
static const struct setting service_rows[] = {
	{ "name", SETTING_SERVICE_NAME, SETTING_REQUIRED, 0, 0, NULL,
	  "The service's name, relative to the zone.", AT(name) },
	{ "check", SETTING_CHECK, SETTING_REQUIRED, 0, 0, NULL,
	  "The check that probes the members.", AT(check) },
	{ "answer", SETTING_ENUM, 0, 0, 0, "\"all\"",
	  "How the members that serve are turned into records.", AT(answer), .words = answers },
	{ "ttl", SETTING_TTL, 0, 0, 7 * DAY, "\"30s\"",
	  "TTL of the records.", AT(ttl) },
	{ "ttl_suspect", SETTING_TTL, 0, 0, 7 * DAY, "\"5s\"",
	  "TTL while one of the targets is suspect; not above ttl.", AT(ttl_suspect) },
	{ "min_up", SETTING_INT, 0, 1, 1000, "1",
	  "How many members of a tier must be able to serve for the tier to serve.", AT(min_up) },
	{ "max_answers", SETTING_INT, 0, 1, 64, "8",
	  "At most so many records of a type are answered.", AT(max_answers) },
	{ "all_down", SETTING_ALL_DOWN, 0, 0, 0, "\"serve-all\"",
	  "What is answered when no tier can serve.", .words = all_downs },
	{ "members", SETTING_GROUPS, SETTING_REQUIRED | SETTING_SOME, 0, 0, NULL,
	  "Who may serve.", .offset = 0 },
};
#undef AT

#define AT(field) .offset = offsetof(struct conf_member, field)
#define COUNT_AT(field) .count_offset = offsetof(struct conf_member, field)
static const struct setting member_rows[] = {
	{ "provider", SETTING_PROVIDER, SETTING_REQUIRED, 0, 0, NULL,
	  "Who runs the member.", AT(provider) },
	{ "address", SETTING_ADDRESS, SETTING_LIST | SETTING_SOME, 0, 0, NULL,
	  "IPv4 and IPv6 addresses, each a target of the service's check.", AT(first_endpoint), COUNT_AT(n_endpoints) },
	{ "cname", SETTING_HOST_NAME, 0, 0, 0, NULL,
	  "A name to answer with, instead of addresses.", AT(cname) },
	{ "records", SETTING_RECORD, SETTING_LIST, 0, 0, NULL,
	  "Further records, served while the member is.", AT(records), COUNT_AT(n_records) },
	{ "tier", SETTING_INT, 0, 1, 100, "1",
	  "The lowest tier that can serve does.", AT(tier) },
	{ "weight", SETTING_INT, 0, 1, 255, "1",
	  "The member's share among those of its tier.", AT(weight) },
	{ "port", SETTING_INT, 0, 1, 65535, NULL,
	  "Where the member is probed.", AT(port) },
};
#undef AT
#undef COUNT_AT

static const struct section_rows sections[SECTIONS] = {
	[SECTION_TOP]		= { "top level", 0, ROWS(top_rows) },
	[SECTION_SERVER]	= { "server", sizeof(struct conf_server), ROWS(server_rows) },
	[SECTION_PROVIDERS]	= { "providers", sizeof(struct conf_provider), ROWS(provider_rows) },
	[SECTION_CHECKS]	= { "checks", sizeof(struct conf_check), ROWS(check_rows) },
	[SECTION_ZONES]		= { "zones", sizeof(struct conf_zone), ROWS(zone_rows) },
	[SECTION_SERVICES]	= { "services", sizeof(struct conf_service), ROWS(service_rows) },
	[SECTION_MEMBERS]	= { "members", sizeof(struct conf_member), ROWS(member_rows) },
};

static const char *const range_texts[] = {		/* of types that say the same in every row */
	[SETTING_BOOL]		= "true or false",
	[SETTING_PATH]		= "a path",
	[SETTING_FILE]		= "a file that can be read",
	[SETTING_URL_PATH]	= "a path that begins with /",
	[SETTING_REGEX]		= "a regular expression",
	[SETTING_HEADER]	= "a header such as \"Name: value\"",
	[SETTING_LISTEN]	= "an address and port such as \"127.0.0.1@53\" or \"[::1]@53\"",
	[SETTING_ADDRESS_PORT]	= "an address and port such as \"127.0.0.1@8053\" or \"[::1]@8053\"",
	[SETTING_NET]		= "a network such as \"127.0.0.0/8\" or \"::1/128\"",
	[SETTING_ADDRESS]	= "the IPv4 or IPv6 address of a host",
	[SETTING_ZONE_NAME]	= "a domain name",
	[SETTING_SERVICE_NAME]	= "a name in the zone",
	[SETTING_HOST_NAME]	= "a domain name",
	[SETTING_RECORD]	= "a record such as \"MX 10 mail\"",
	[SETTING_CHECK]		= "a check",
	[SETTING_PROVIDER]	= "a provider",
	[SETTING_GROUP]		= "a group: { ... }",
	[SETTING_GROUPS]	= "a list of groups: ( { ... }, { ... } )",
};
// clang-format on

const struct section_rows *
schema_section(enum section section)
{
	return &sections[section];
}

const struct setting *
schema_find(enum section section, const char *name)
{
	const struct section_rows *s = &sections[section];
	size_t i;

	for (i = 0; i < s->count; i++)
		if (strcmp(s->rows[i].name, name) == 0)
			return &s->rows[i];
	return NULL;
}

/* "\"all\", \"weighted\" or \"sticky\"", then what stands in last, when there is one. */
static const char *
words_text(const char *const *words, const char *last, char *text, size_t size)
{
	size_t i, len = 0;

	text[0] = '\0';
	for (i = 0; words[i] != NULL && len < size; i++) {
		const char *before = i == 0 ? "" : words[i + 1] == NULL && last == NULL ? " or " : ", ";

		len += (size_t)snprintf(text + len, size - len, "%s\"%s\"", before, words[i]);
	}
	if (last != NULL && len < size)
		snprintf(text + len, size - len, " or %s", last);
	return text;
}

const char *
schema_range(const struct setting *row, char *text, size_t size)
{
	char from[VALUE_DURATION_TEXT], to[VALUE_DURATION_TEXT];

	switch (row->type) {
	case SETTING_INT:
		snprintf(text, size, "%lld to %lld", row->min, row->max);
		return text;
	case SETTING_DURATION:
	case SETTING_TTL:
		snprintf(text, size, "%s to %s", value_duration_text((uint64_t)row->min, from),
		    value_duration_text((uint64_t)row->max, to));
		return text;
	case SETTING_STRING:
	case SETTING_WORD:
		snprintf(text, size, "%lld to %lld characters%s", row->min, row->max,
		    row->type == SETTING_WORD ? " without spaces" : "");
		return text;
	case SETTING_ENUM:
		return words_text(row->words, NULL, text, size);
	case SETTING_ALL_DOWN:
		return words_text(row->words, "a list of providers", text, size);
	default:
		snprintf(text, size, "%s", range_texts[row->type]);
		return text;
	}
}
