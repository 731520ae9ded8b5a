/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Value: a reader for each type of setting, and the table that finds it.
 */
#include "conf/value.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"
#include "conf/mem.h"
#include "conf/name.h"

#define DNS_PORT   53
#define DIGITS_MAX 12 /* of a duration: far above any range, far below an overflow */

typedef bool value_fn(struct value_context *ctx, const struct setting *row, const struct written *w, void *out);

static const struct unit {
	const char *name;
	uint64_t ms;
} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};

#define UNITS (sizeof(units) / sizeof(units[0]))

__attribute__((format(printf, 2, 3))) static bool
expected(struct value_context *ctx, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(ctx->expected, sizeof(ctx->expected), fmt, ap);
	va_end(ap);
	return false;
}

/* What the row takes; what goes before it tells a wrong kind from a wrong value. */
static bool
expected_range(struct value_context *ctx, const struct setting *row, const char *before)
{
	char range[256];

	return expected(ctx, "%s%s", before, schema_range(row, range, sizeof(range)));
}

/* The same for a row whose words are known, with what is wrong with this value. */
static bool
expected_but(struct value_context *ctx, const struct setting *row, const char *why)
{
	char range[256];

	return expected(ctx, "%s: %s", schema_range(row, range, sizeof(range)), why);
}

static void
store_text(struct value_context *ctx, const char *text, void *out)
{
	*(const char **)out = arena_string(ctx->arena, text);
}

/* --- numbers --- */

static bool
read_bool(struct value_context *ctx, const struct setting *row, const struct written *w, void *out)
{
	if (w->kind != WRITTEN_BOOL)
		return expected_range(ctx, row, "");
	*(bool *)out = w->number != 0;
	return true;
}

static bool
read_int(struct value_context *ctx, const struct setting *row, const struct written *w, void *out)
{
	if (w->kind != WRITTEN_NUMBER)
		return expected_range(ctx, row, "a whole number, ");
	if (w->number < row->min || w->number > row->max)
		return expected_range(ctx, row, "");
	*(unsigned *)out = (unsigned)w->number;
	return true;
}

bool
value_duration(const char *text, uint64_t *ms)
{
	size_t digits = strspn(text, "0123456789"), i;

	if (digits == 0 || digits > DIGITS_MAX)
		return false;
	for (i = 0; i < UNITS; i++) {
		if (strcmp(text + digits, units[i].name) != 0)
			continue;
		*ms = strtoull(text, NULL, 10) * units[i].ms;
		return true;
	}
	return false;
}

const char *
value_duration_text(uint64_t ms, char text[VALUE_DURATION_TEXT])
{
	size_t i = ms == 0 ? 1 : UNITS - 1;

	while (i > 0 && ms % units[i].ms != 0)
		i--;
	snprintf(text, VALUE_DURATION_TEXT, "%llu%s", (unsigned long long)(ms / units[i].ms), units[i].name);
	return text;
}

static bool
duration_in_range(struct value_context *ctx, const struct setting *row, const struct written *w, uint64_t *ms)
{
	if (w->kind != WRITTEN_TEXT || !value_duration(w->text, ms))
		return expected_range(ctx, row, "a duration such as \"5s\" (units ms s m h d), ");
	if (*ms < (uint64_t)row->min || *ms > (uint64_t)row->max)
		return expected_range(ctx, row, "");
	return true;
}

static bool
read_duration(struct value_context *ctx, const struct setting *row, const struct written *w, void *out)
{
	uint64_t ms;

	if (!duration_in_range(ctx, row, w, &ms))
		return false;
	*(uint64_t *)out = ms;
	return true;
}

static bool
read_ttl(struct value_context *ctx, const struct setting *row, const struct written *w, void *out)
{
	uint64_t ms;

	if (!duration_in_range(ctx, row, w, &ms))
		return false;
	if (ms % 1000 != 0)
		return expected_range(ctx, row, "whole seconds, ");
	*(uint32_t *)out = (uint32_t)(ms / 1000);
	return true;
}

static bool
read_enum(struct value_context *ctx, const struct setting *row, const struct written *w, void *out)
{
	unsigned i;

	for (i = 0; w->kind == WRITTEN_TEXT && row->words[i] != NULL; i++) {
		if (strcmp(row->words[i], w->text) != 0)
			continue;
		memcpy(out, &i, sizeof(i));
		return true;
	}
	return expected_range(ctx, row, "");
}

/* --- text --- */

static bool
has_octets(const char *text, unsigned char from, unsigned char to)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text >= from && (unsigned char)*text <= to)
			return true;
	return false;
}

static bool
is_printable(const char *text)
{
	return !has_octets(text, 0x01, 0x1f) && !has_octets(text, 0x7f, 0x7f);
}

static bool
fits(const struct setting *row, const char *text)
{
	return strlen(text) >= (size_t)row->min && strlen(text) <= (size_t)row->max;
}

static bool
read_string(struct value_context *ctx, const struct setting *row, const struct written *w, void *out)
{
	if (w->kind != WRITTEN_TEXT)
		return expected_range(ctx, row, "a string, ");
	if (!fits(row, w->text))
		return expected_range(ctx, row, "");
	if (!is_printable(w->text))
		return expected_range(ctx, row, "text without control characters, ");
	store_text(ctx, w->text, out);
	return true;
}

static bool
read_word(struct value_context *ctx, const struct setting *row, const struct written *w, void *out)
{
	if (w->kind == WRITTEN_TEXT && strchr(w->text, ' ') != NULL)
		return expected_range(ctx, row, "");
	return read_string(ctx, row, w, out);
}

static bool
read_url_path(struct value_context *ctx, const struct setting *row, const struct written *w, void *out)
{
	if (w->kind != WRITTEN_TEXT || w->text[0] != '/')
		return expected_range(ctx, row, "");
	if (!fits(row, w->text) || !is_printable(w->text) || strchr(w->text, ' ') != NULL)
		return expected_but(ctx, row, "spaces and control characters are written as %20, at most 1023 in all");
	store_text(ctx, w->text, out);
	return true;
}

static bool
read_regex(struct value_context *ctx, const struct setting *row, const struct written *w, void *out)
{
	char why[128];
	regex_t regex;
	int error;

	if (w->kind != WRITTEN_TEXT || !fits(row, w->text))
		return expected_range(ctx, row, "");
	error = regcomp(&regex, w->text, REG_EXTENDED | REG_NOSUB);
	if (error != 0) {
		regerror(error, &regex, why, sizeof(why));
		return expected_but(ctx, row, why);
	}
	regfree(&regex);
	store_text(ctx, w->text, out);
	return true;
}

/* RFC 9110 section 5.1: a field name is a token. */
static bool
read_header(struct value_context *ctx, const struct setting *row, const struct written *w, void *out)
{
	static const char token[] = "!#$%&'*+-.^_`|~0123456789"
				    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t name_len = w->kind == WRITTEN_TEXT ? strspn(w->text, token) : 0;

	if (name_len == 0 || w->text[name_len] != ':' || !fits(row, w->text))
		return expected_range(ctx, row, "");
	if (!is_printable(w->text))
		return expected_but(ctx, row, "it has control characters");
	store_text(ctx, w->text, out);
	return true;
}

/* --- files --- */

char *
value_path(struct arena *arena, const char *folder, const char *path)
{
	size_t len = strlen(folder);

	if (path[0] == '/')
		return arena_string(arena, path);
	for (;;) {
		if (strncmp(path, "./", 2) == 0) {
			path += 2;
		} else if (strncmp(path, "../", 3) == 0 && folder[0] == '/') {
			path += 3;
			while (len > 1 && folder[len - 2] != '/')
				len--;
			len -= len > 1;
		} else {
			return arena_printf(arena, "%.*s%s", (int)len, folder, path);
		}
	}
}

static bool
read_path(struct value_context *ctx, const struct setting *row, const struct written *w, void *out)
{
	const char *path;

	if (w->kind != WRITTEN_TEXT || w->text[0] == '\0' || !is_printable(w->text))
		return expected_range(ctx, row, "");
	path = value_path(ctx->arena, ctx->folder, w->text);
	if (!fits(row, path))
		return expected(ctx, "a path of at most %lld octets: \"%s\" has %zu", row->max, path, strlen(path));
	*(const char **)out = path;
	return true;
}

static bool
read_file(struct value_context *ctx, const struct setting *row, const struct written *w, void *out)
{
	const char *path;

	if (!read_path(ctx, row, w, &path))
		return false;
	if (access(path, R_OK) == -1)
		return expected_but(ctx, row, strerror(errno));
	*(const char **)out = path;
	return true;
}

/* --- addresses --- */

/* Into addr (network order); the family, or AF_UNSPEC when text is no address. */
static int
address_family(const char *text, size_t len, uint8_t addr[16])
{
	char copy[INET6_ADDRSTRLEN];

	if (len >= sizeof(copy))
		return AF_UNSPEC;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (inet_pton(AF_INET, copy, addr) == 1)
		return AF_INET;
	return inet_pton(AF_INET6, copy, addr) == 1 ? AF_INET6 : AF_UNSPEC;
}

/* A decimal number of at most three or five digits, up to the end; false above max. */
static bool
small_number(const char *text, unsigned max, unsigned *number)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > 5 || text[digits] != '\0')
		return false;
	*number = (unsigned)strtoul(text, NULL, 10);
	return *number <= max;
}

static void
sockaddr_fill(struct conf_listen *l, int family, const uint8_t addr[16], uint16_t port)
{
	if (family == AF_INET) {
		l->len = sizeof(l->addr.in);
		l->addr.in.sin_family = AF_INET;
		l->addr.in.sin_port = htons(port);
		memcpy(&l->addr.in.sin_addr, addr, 4);
		return;
	}
	l->len = sizeof(l->addr.in6);
	l->addr.in6.sin6_family = AF_INET6;
	l->addr.in6.sin6_port = htons(port);
	memcpy(&l->addr.in6.sin6_addr, addr, 16);
}

/* "ADDRESS", "ADDRESS@PORT"; IPv6 with or without brackets. A default port of 0: it must be written. */
static bool
address_port(const char *text, unsigned default_port, struct conf_listen *l)
{
	size_t len = strcspn(text, "@");
	unsigned port = default_port;
	bool bracketed = text[0] == '[' && len > 1 && text[len - 1] == ']';
	uint8_t addr[16];
	int family = address_family(text + bracketed, len - 2 * bracketed, addr);

	if (text[len] == '@' && !small_number(text + len + 1, 65535, &port))
		return false;
	if (family == AF_UNSPEC || (bracketed && family != AF_INET6) || port == 0)
		return false;
	sockaddr_fill(l, family, addr, (uint16_t)port);
	return true;
}

static bool
read_listen(struct value_context *ctx, const struct setting *row, const struct written *w, void *out)
{
	struct conf_listen l = { .len = 0 };

	if (w->kind != WRITTEN_TEXT || !address_port(w->text, DNS_PORT, &l))
		return expected_range(ctx, row, "");
	l.text = arena_string(ctx->arena, w->text);
	*(struct conf_listen *)out = l;
	return true;
}

static bool
read_address_port(struct value_context *ctx, const struct setting *row, const struct written *w, void *out)
{
	struct conf_listen l;

	if (w->kind != WRITTEN_TEXT || !address_port(w->text, 0, &l))
		return expected_range(ctx, row, "");
	store_text(ctx, w->text, out);
	return true;
}

/* Are all bits behind the first ones zero? */
static bool
host_bits_clear(const struct conf_net *net, unsigned width)
{
	unsigned bit;

	for (bit = net->bits; bit < width; bit++)
		if (net->addr[bit / 8] & 0x80 >> bit % 8)
			return false;
	return true;
}

static bool
read_net(struct value_context *ctx, const struct setting *row, const struct written *w, void *out)
{
	struct conf_net net = { .family = AF_UNSPEC };
	unsigned width, bits;
	size_t len;

	if (w->kind != WRITTEN_TEXT)
		return expected_range(ctx, row, "");
	len = strcspn(w->text, "/");
	net.family = address_family(w->text, len, net.addr);
	width = net.family == AF_INET ? 32 : 128;
	bits = width;
	if (net.family == AF_UNSPEC || (w->text[len] == '/' && !small_number(w->text + len + 1, width, &bits)))
		return expected_range(ctx, row, "");
	net.bits = (uint8_t)bits;
	if (!host_bits_clear(&net, width))
		return expected_but(ctx, row, "bits of the host are set");
	*(struct conf_net *)out = net;
	return true;
}

/* Nobody can be reached at these: unspecified, broadcast, multicast, IPv4 in IPv6. */
static bool
is_host(int family, const uint8_t addr[16])
{
	struct in6_addr in6;

	if (family == AF_INET)
		return addr[0] != 0 && addr[0] < 224;
	memcpy(&in6, addr, sizeof(in6));
	return !IN6_IS_ADDR_UNSPECIFIED(&in6) && !IN6_IS_ADDR_MULTICAST(&in6) && !IN6_IS_ADDR_V4MAPPED(&in6);
}

static bool
read_address(struct value_context *ctx, const struct setting *row, const struct written *w, void *out)
{
	struct conf_endpoint *e = out;
	char text[INET6_ADDRSTRLEN];
	uint8_t addr[16] = { 0 };
	int family = w->kind == WRITTEN_TEXT ? address_family(w->text, strlen(w->text), addr) : AF_UNSPEC;

	if (family == AF_UNSPEC || !is_host(family, addr))
		return expected_range(ctx, row, "");
	e->family = family;
	memcpy(e->addr, addr, sizeof(addr));
	e->text = arena_string(ctx->arena, inet_ntop(family, addr, text, sizeof(text)));
	return true;
}

/* --- names --- */

static bool
name_good(struct value_context *ctx, const struct setting *row, const struct written *w, struct name *name)
{
	const char *wrong;

	if (w->kind != WRITTEN_TEXT)
		return expected_range(ctx, row, "");
	wrong = name_read(name, w->text);
	return wrong == NULL || expected_but(ctx, row, wrong);
}

static bool
read_zone_name(struct value_context *ctx, const struct setting *row, const struct written *w, void *out)
{
	struct name name;

	if (!name_good(ctx, row, w, &name))
		return false;
	if (name.wildcard || name.inner_star)
		return expected_but(ctx, row, "a zone has no wildcard in its name");
	store_text(ctx, name.text, out);
	return true;
}

static bool
read_service_name(struct value_context *ctx, const struct setting *row, const struct written *w, void *out)
{
	struct name name;

	if (w->kind == WRITTEN_TEXT && strcmp(w->text, "@") == 0) {
		store_text(ctx, w->text, out);
		return true;
	}
	if (!name_good(ctx, row, w, &name))
		return false;
	if (name.absolute)
		return expected_but(ctx, row, "it ends with a dot, but is relative to the zone");
	if (name.inner_star)
		return expected_but(ctx, row, "a wildcard can only be its first label");
	store_text(ctx, w->text, out);
	return true;
}

/*
 * Relative names hold one label: whoever writes "lb.example.net" has rather forgotten
 * the final dot than meant lb.example.net.gslb.example.com.
 */
static bool
read_host_name(struct value_context *ctx, const struct setting *row, const struct written *w, void *out)
{
	struct name name, whole;
	const char *text, *wrong;

	if (!name_good(ctx, row, w, &name))
		return false;
	if (!name.absolute && name.labels > 1)
		return expected(ctx, "a name with its final dot; did you mean \"%s.\"?", w->text);
	if (name.absolute || ctx->zone == NULL) {
		text = arena_printf(ctx->arena, "%s%s", name.text, name.labels > 0 ? "." : "");
	} else {
		text = strcmp(ctx->zone, ".") == 0 ? arena_printf(ctx->arena, "%s.", name.text)
						   : arena_printf(ctx->arena, "%s.%s.", name.text, ctx->zone);
		wrong = name_read(&whole, text);
		if (wrong != NULL)
			return expected_but(ctx, row, wrong);
	}
	*(const char **)out = text;
	return true;
}

/* "TYPE RDATA". What the rdata must be is judged with the zone. */
static bool
read_record(struct value_context *ctx, const struct setting *row, const struct written *w, void *out)
{
	static const char *const others[] = { "A", "AAAA", "CNAME", "DNAME", "SOA", "NS", "DS", "RRSIG", "NSEC",
		"NSEC3", "NSEC3PARAM", "DNSKEY", "CDS", "CDNSKEY", "ANY" };
	size_t type_len, i;

	if (w->kind != WRITTEN_TEXT || !isalpha((unsigned char)w->text[0]))
		return expected_range(ctx, row, "");
	type_len = strcspn(w->text, " \t");
	if (w->text[type_len + strspn(w->text + type_len, " \t")] == '\0' || strpbrk(w->text, "\r\n") != NULL)
		return expected_range(ctx, row, "");
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strlen(others[i]) == type_len && strncasecmp(others[i], w->text, type_len) == 0)
			return expected(ctx, "a record that a member can have: not of type %s", others[i]);
	store_text(ctx, w->text, out);
	return true;
}

/* --- what stands elsewhere in the file --- */

static bool
reference(struct value_context *ctx, const char *what, const struct index *x, const struct written *w, void *out)
{
	const char *near;
	uint32_t number;

	if (w->kind != WRITTEN_TEXT)
		return expected(ctx, "the name of %s", what);
	number = index_find(x, w->text);
	if (number != INDEX_NONE) {
		*(uint32_t *)out = number;
		return true;
	}
	near = index_nearest(x, w->text);
	if (near == NULL)
		return expected(ctx, "the name of %s", what);
	return expected(ctx, "the name of %s; did you mean \"%s\"?", what, near);
}

static bool
read_check(struct value_context *ctx, const struct setting *row, const struct written *w, void *out)
{
	(void)row;
	return reference(ctx, "a check", &ctx->checks, w, out);
}

static bool
read_provider(struct value_context *ctx, const struct setting *row, const struct written *w, void *out)
{
	(void)row;
	return reference(ctx, "a provider", &ctx->providers, w, out);
}

// clang-format off
static value_fn *const readers[] = {		/* the others are no scalars: they are read by who knows the file */
	[SETTING_BOOL]		= read_bool,
	[SETTING_INT]		= read_int,
	[SETTING_DURATION]	= read_duration,
	[SETTING_TTL]		= read_ttl,
	[SETTING_STRING]	= read_string,
	[SETTING_WORD]		= read_word,
	[SETTING_PATH]		= read_path,
	[SETTING_FILE]		= read_file,
	[SETTING_URL_PATH]	= read_url_path,
	[SETTING_REGEX]		= read_regex,
	[SETTING_HEADER]	= read_header,
	[SETTING_ENUM]		= read_enum,
	[SETTING_LISTEN]	= read_listen,
	[SETTING_ADDRESS_PORT]	= read_address_port,
	[SETTING_NET]		= read_net,
	[SETTING_ADDRESS]	= read_address,
	[SETTING_ZONE_NAME]	= read_zone_name,
	[SETTING_SERVICE_NAME]	= read_service_name,
	[SETTING_HOST_NAME]	= read_host_name,
	[SETTING_RECORD]	= read_record,
	[SETTING_CHECK]		= read_check,
	[SETTING_PROVIDER]	= read_provider,
	[SETTING_ALL_DOWN]	= read_enum,
};
// clang-format on

bool
value_read(struct value_context *ctx, const struct setting *row, const struct written *w, void *out)
{
	return readers[row->type](ctx, row, w, out);
}
