/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reader: walks a group by position, finds each row of the schema and stores the value;
 * what it cannot store becomes a complaint.
 */
#include "conf/reader.h"

#include <assert.h>
#include <libconfig.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/mem.h"

#define SHOWN_MAX 100	/* of a value in a complaint */

/* --- words about settings --- */

static bool
is_list(const config_setting_t *s)
{
	return config_setting_type(s) == CONFIG_TYPE_LIST || config_setting_type(s) == CONFIG_TYPE_ARRAY;
}

/* The name by which the operator knows a group in a list; NULL: it has none. */
static const char *
label_of(const config_setting_t *s)
{
	static const char *const names[] = { "name", "provider" };
	const config_setting_t *name = NULL;
	size_t i;

	if (!config_setting_is_group(s))
		return NULL;
	for (i = 0; i < sizeof(names) / sizeof(names[0]) && name == NULL; i++)
		name = config_setting_get_member(s, names[i]);
	return name != NULL ? config_setting_get_string(name) : NULL;
}

/* `zones["gslb.example.com"].services[2].ttl`: counted from one where there is no name. */
static const char *
path_of(struct reader *r, const config_setting_t *s)
{
	const config_setting_t *parent = config_setting_parent(s);
	const char *before, *label;

	if (parent == NULL)
		return "";
	before = path_of(r, parent);
	if (config_setting_name(s) != NULL)
		return arena_printf(r->scratch, "%s%s%s", before, before[0] != '\0' ? "." : "", config_setting_name(s));
	if (!config_setting_is_group(s))
		return before; /* its value tells which one */
	label = label_of(s);
	if (label != NULL)
		return arena_printf(r->scratch, "%s[\"%.*s\"]", before, SHOWN_MAX, label);
	return arena_printf(r->scratch, "%s[%d]", before, config_setting_index(s) + 1);
}

const char *
reader_quoted(struct reader *r, const char *text)
{
	char *out = arena_alloc(r->scratch, 2 * SHOWN_MAX + 8, 1), *at = out;
	size_t i;

	*at++ = '"';
	for (i = 0; i < SHOWN_MAX && text[i] != '\0'; i++) {
		if (text[i] == '"' || text[i] == '\\')
			*at++ = '\\';
		*at++ = text[i];
	}
	strcpy(at, text[i] != '\0' ? "...\"" : "\"");
	return out;
}

/* The value as it was written, for people. */
const char *
reader_shown(struct reader *r, const config_setting_t *s)
{
	switch (config_setting_type(s)) {
	case CONFIG_TYPE_STRING:
		return reader_quoted(r, config_setting_get_string(s));
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		return arena_printf(r->scratch, "%lld", config_setting_get_int64(s));
	case CONFIG_TYPE_FLOAT:
		return arena_printf(r->scratch, "%g", config_setting_get_float(s));
	case CONFIG_TYPE_BOOL:
		return config_setting_get_bool(s) ? "true" : "false";
	case CONFIG_TYPE_GROUP:
		return "a group";
	default:
		return config_setting_length(s) == 0 ? "an empty list" : "a list";
	}
}

struct place
reader_place(const struct reader *r, const config_setting_t *s)
{
	if (config_setting_is_root(s))
		return (struct place){ r->conf->file, 0 };
	return source_place(&r->source, config_setting_source_line(s));
}

const char *
reader_place_text(struct reader *r, struct place place)
{
	return arena_printf(r->scratch, "%s:%u", place.file, place.line);
}

__attribute__((format(printf, 4, 0))) static void
say(struct reader *r, enum complaint_kind kind, const config_setting_t *s, const char *fmt, va_list ap)
{
	const char *path = path_of(r, s);
	char *text;

	if (vasprintf(&text, fmt, ap) == -1)
		return;
	complain(r->complaints, kind, reader_place(r, s), "%s: %s", path, text);
	free(text);
}

void
reader_mistake(struct reader *r, const config_setting_t *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(r, COMPLAINT_MISTAKE, s, fmt, ap);
	va_end(ap);
}

void
reader_warning(struct reader *r, const config_setting_t *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(r, COMPLAINT_WARNING, s, fmt, ap);
	va_end(ap);
}

void
reader_missing(struct reader *r, const config_setting_t *group, const char *name, const char *expected)
{
	const char *path = path_of(r, group);

	complain(r->complaints, COMPLAINT_MISTAKE, reader_place(r, group), "%s%s%s: missing; expected %s", path,
	    path[0] != '\0' ? "." : "", name, expected);
}

static void
mistake_unknown(struct reader *r, const config_setting_t *s, enum section section)
{
	const struct section_rows *rows = schema_section(section);
	struct nearest nearest = { .text = config_setting_name(s) };
	size_t i;

	for (i = 0; i < rows->count; i++)
		nearest_try(&nearest, rows->rows[i].name);
	if (nearest.best != NULL)
		reader_mistake(r, s, "unknown setting; did you mean \"%s\"?", nearest.best);
	else
		reader_mistake(r, s, "unknown setting");
}

/* --- one setting --- */

static struct written
written_of(const config_setting_t *s)
{
	switch (config_setting_type(s)) {
	case CONFIG_TYPE_STRING:
		return (struct written){ .kind = WRITTEN_TEXT, .text = config_setting_get_string(s) };
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		return (struct written){ .kind = WRITTEN_NUMBER, .number = config_setting_get_int64(s) };
	case CONFIG_TYPE_BOOL:
		return (struct written){ .kind = WRITTEN_BOOL, .number = config_setting_get_bool(s) };
	default:
		return (struct written){ .kind = WRITTEN_OTHER };
	}
}

static bool
scalar_read(struct reader *r, const struct setting *row, const config_setting_t *s, void *out)
{
	struct written w = written_of(s);

	if (value_read(&r->values, row, &w, out))
		return true;
	reader_mistake(r, s, "%s is not %s", reader_shown(r, s), r->values.expected);
	return false;
}

static size_t
element_size(enum setting_type type)
{
	switch (type) {
	case SETTING_LISTEN:
		return sizeof(struct conf_listen);
	case SETTING_NET:
		return sizeof(struct conf_net);
	case SETTING_ADDRESS:
		return sizeof(struct conf_endpoint);
	case SETTING_INT:
		return sizeof(unsigned);
	case SETTING_PROVIDER:
		return sizeof(uint32_t);
	default:
		return sizeof(const char *);
	}
}

/* How many a list has; anything else is a list of one, and NULL of none. */
size_t
reader_count(const config_setting_t *s)
{
	if (s == NULL)
		return 0;
	return is_list(s) ? (size_t)config_setting_length(s) : 1;
}

const config_setting_t *
reader_element(const config_setting_t *s, size_t i)
{
	return is_list(s) ? config_setting_get_elem(s, (unsigned)i) : s;
}

static bool
elements_read(struct reader *r, const struct setting *row, const config_setting_t *s, char *room)
{
	size_t n = reader_count(s), size = element_size(row->type), i;
	char range[256];
	bool good = true;

	if (n == 0 && row->flags & SETTING_SOME) {
		reader_mistake(r, s, "an empty list; expected at least one: %s",
		    schema_range(row, range, sizeof(range)));
		return false;
	}
	for (i = 0; i < n; i++)
		good &= scalar_read(r, row, reader_element(s, i), room + i * size);
	return good;
}

static bool
list_read(struct reader *r, const struct setting *row, const config_setting_t *s, void *base)
{
	size_t n = reader_count(s);
	void *room = arena_alloc(r->conf->arena, n * element_size(row->type), _Alignof(max_align_t));

	if (!elements_read(r, row, s, room))
		return false;
	memcpy((char *)base + row->offset, &room, sizeof(room));
	memcpy((char *)base + row->count_offset, &n, sizeof(n));
	return true;
}

/* A member's addresses are the next endpoints of the whole configuration. */
static bool
addresses_read(struct reader *r, const struct setting *row, const config_setting_t *s, struct conf_member *m)
{
	struct conf *conf = r->conf;

	if (!elements_read(r, row, s, (char *)&conf->endpoints[conf->n_endpoints]))
		return false;
	m->first_endpoint = (uint32_t)conf->n_endpoints;
	m->n_endpoints = (uint32_t)reader_count(s);
	conf->n_endpoints += m->n_endpoints;
	return true;
}

static bool
all_down_read(struct reader *r, const struct setting *row, const config_setting_t *s, struct conf_service *service)
{
	struct setting provider = { .name = row->name,
		.type = SETTING_PROVIDER,
		.flags = SETTING_SOME,
		.offset = offsetof(struct conf_service, all_down_providers),
		.count_offset = offsetof(struct conf_service, n_all_down_providers) };
	struct written w = written_of(s);
	bool is_provider = w.kind == WRITTEN_TEXT && index_find(&r->values.providers, w.text) != INDEX_NONE;

	if (!is_list(s) && value_read(&r->values, row, &w, &service->all_down))
		return true;
	if (!is_list(s) && !is_provider) {
		reader_mistake(r, s, "%s is not %s", reader_shown(r, s), r->values.expected);
		return false;
	}
	service->all_down = ALL_DOWN_LIST;
	return list_read(r, &provider, s, service);
}

/* Only the shape: a section is read by its own function, when its turn comes. */
static bool
section_check(struct reader *r, const struct setting *row, const config_setting_t *s)
{
	bool shape = config_setting_is_group(s) || (row->type == SETTING_GROUPS && is_list(s));
	char range[256];

	schema_range(row, range, sizeof(range));
	if (!shape) {
		reader_mistake(r, s, "%s is not %s", reader_shown(r, s), range);
		return false;
	}
	if (reader_count(s) == 0 && row->flags & SETTING_SOME) {
		reader_mistake(r, s, "an empty list; expected at least one: %s", range);
		return false;
	}
	return true;
}

static bool
setting_read(struct reader *r, const struct setting *row, const config_setting_t *s, void *base)
{
	if (row->type == SETTING_GROUP || row->type == SETTING_GROUPS)
		return section_check(r, row, s);
	if (row->type == SETTING_ADDRESS)
		return addresses_read(r, row, s, base);
	if (row->type == SETTING_ALL_DOWN)
		return all_down_read(r, row, s, base);
	if (row->flags & SETTING_LIST)
		return list_read(r, row, s, base);
	return scalar_read(r, row, s, (char *)base + row->offset);
}

/* --- one group --- */

static void
required_check(struct reader *r, enum section section, const config_setting_t *group, const struct got *got)
{
	const struct section_rows *rows = schema_section(section);
	char range[256];
	size_t i;

	for (i = 0; i < rows->count; i++)
		if (got->at[i] == NULL && rows->rows[i].flags & SETTING_REQUIRED)
			reader_missing(r, group, rows->rows[i].name,
			    schema_range(&rows->rows[i], range, sizeof(range)));
}

/* Read all settings of the group into base, which holds the defaults. */
void
reader_group(struct reader *r, enum section section, const config_setting_t *group, void *base, struct got *got)
{
	const struct section_rows *rows = schema_section(section);
	int i, n = config_setting_length(group);

	memset(got, 0, sizeof(*got));
	for (i = 0; i < n; i++) {
		const config_setting_t *s = config_setting_get_elem(group, (unsigned)i);
		const struct setting *row = schema_find(section, config_setting_name(s));

		if (row == NULL) {
			mistake_unknown(r, s, section);
			continue;
		}
		got->at[row - rows->rows] = s;
		got->good[row - rows->rows] = setting_read(r, row, s, base);
	}
	required_check(r, section, group, got);
}

/* A group in a list or under a name must be one. */
bool
reader_is_group(struct reader *r, const config_setting_t *s)
{
	if (config_setting_is_group(s))
		return true;
	reader_mistake(r, s, "%s is not a group: { ... }", reader_shown(r, s));
	return false;
}

static size_t
row_of(enum section section, const char *name)
{
	const struct setting *row = schema_find(section, name);

	assert(row != NULL);
	return (size_t)(row - schema_section(section)->rows);
}

/* Where it was written; NULL: nowhere. */
const config_setting_t *
got_at(const struct got *got, enum section section, const char *name)
{
	return got->at[row_of(section, name)];
}

/* The same, NULL also when what was written is a mistake. */
const config_setting_t *
got_good(const struct got *got, enum section section, const char *name)
{
	size_t i = row_of(section, name);

	return got->good[i] ? got->at[i] : NULL;
}

/* Written or not, the field holds what is meant: there was no mistake. */
bool
got_usable(const struct got *got, enum section section, const char *name)
{
	size_t i = row_of(section, name);

	return got->at[i] == NULL || got->good[i];
}

/* The defaults are written in the language of the file, and read as the file is. */
void
reader_fallback(struct reader *r, enum section section)
{
	const struct section_rows *rows = schema_section(section);
	const config_setting_t *s;
	config_t tree;
	size_t i;
	bool good;

	r->fallback[section] = arena_alloc(r->scratch, rows->size, _Alignof(max_align_t));
	for (i = 0; i < rows->count; i++) {
		const struct setting *row = &rows->rows[i];

		if (row->fallback == NULL)
			continue;
		config_init(&tree);
		good = config_read_string(&tree, arena_printf(r->scratch, "%s = %s;", row->name, row->fallback)) ==
		    CONFIG_TRUE;
		assert(good);
		s = config_setting_get_elem(config_root_setting(&tree), 0);
		good = setting_read(r, row, s, r->fallback[section]);
		assert(good);
		config_destroy(&tree);
	}
}
