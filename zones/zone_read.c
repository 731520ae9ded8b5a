/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Zone reading: RFC 1035 master files, and the names and records that stand in the
 * configuration. entry.c splits a file into entries; ldns parses owner and data of each.
 * What ldns leaves to its caller is here: $INCLUDE, $ORIGIN and $TTL (RFC 1035 section
 * 5.1, RFC 2308 section 4), TTL and class in either order, which TTL a record without
 * one has, numbers that do not fit, and where in the file a mistake stands.
 */
#include <sys/types.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ldns/ldns.h>

#include "conf/file.h"
#include "conf/mem.h"
#include "zones/entry.h"
#include "zones/fits.h"
#include "zones/rr.h"
#include "zones/zone.h"

#define INCLUDE_DEPTH_MAX	8
#define INCLUDES_MAX		10000	/* of a zone: files that include each other again and again have an end */
#define TTL_NOT_GIVEN		UINT64_MAX
#define SHOWN_MAX		60		/* of a line that is complained about */

/* One file being read. What $TTL and the last record said goes into an included file and comes back. */
struct reader {
	struct zone		*zone;
	struct complaints	*complaints;
	const char		*path;
	uint16_t		 file;		/* index into zone->files */
	FILE			*f;
	const struct reader	*outer;		/* that includes this one, or NULL */
	unsigned		 depth;
	unsigned		 line;		/* of what is read next */
	struct entry		 entry;
	ldns_rdf		*origin;
	ldns_rdf		*prev;		/* owner of the record before */
	uint64_t		 default_ttl;	/* $TTL, or TTL_NOT_GIVEN */
	uint64_t		 last_ttl;	/* of the record before, or TTL_NOT_GIVEN */
	bool			 ttl_warned;
};

static void read_file(struct reader *r);

static uint16_t
add_file(struct zone *z, const char *path)
{
	z->files = mem_grow(z->files, z->n_files + 1, sizeof *z->files);
	z->files[z->n_files] = arena_string(z->arena, path);
	return (uint16_t)z->n_files++;
}

static struct place
here(const struct reader *r)
{
	return (struct place){ r->path, r->entry.line };
}

/* The entry, shortened, for a complaint. */
static const char *
shown(const struct reader *r, char text[SHOWN_MAX + 4])
{
	size_t n;

	for (n = 0; n < r->entry.len && n < SHOWN_MAX; n++)
		text[n] = isprint((unsigned char)r->entry.text[n]) ? r->entry.text[n] : ' ';
	strcpy(text + n, n < r->entry.len ? "..." : "");
	return text;
}

static void
mistake(struct reader *r, const char *what)
{
	char text[SHOWN_MAX + 4];

	zone_complain(r->zone, r->complaints, COMPLAINT_MISTAKE, here(r), "%s: \"%s\"", what, shown(r, text));
}

/* What is above what 31 bits hold counts as 0: RFC 2181 section 8. */
static uint32_t
sane_ttl(struct reader *r, uint32_t ttl)
{
	if (ttl <= CONF_TTL_MAX)
		return ttl;
	zone_complain(r->zone, r->complaints, COMPLAINT_WARNING, here(r),
	    "TTL %u is above 2147483647 and counts as 0 (RFC 2181 section 8)", ttl);
	return 0;
}

/* -- directives -- */

/* A name relative to the origin of the moment; NULL when it is none. ldns does not look at the sum's length. */
static ldns_rdf *
relative_name(const char *text, const ldns_rdf *origin)
{
	bool is_origin = strcmp(text, "@") == 0;
	ldns_rdf *name = is_origin ? ldns_rdf_clone(origin) : ldns_dname_new_frm_str(text);

	if (name && !is_origin && !ldns_dname_str_absolute(text) && ldns_dname_cat(name, origin) != LDNS_STATUS_OK) {
		ldns_rdf_deep_free(name);
		return NULL;
	}
	if (name && ldns_rdf_size(name) > NAME_MAX_LEN) {
		ldns_rdf_deep_free(name);
		return NULL;
	}
	return name;
}

static void
directive_ttl(struct reader *r, const char *value, const char *unused)
{
	uint32_t ttl;

	(void)unused;
	if (value == NULL || !entry_period(value, &ttl))
		mistake(r, "$TTL is not followed by a TTL of 0 to 2147483647 seconds");
	else
		r->default_ttl = sane_ttl(r, ttl);
}

static void
directive_origin(struct reader *r, const char *value, const char *unused)
{
	ldns_rdf *name = value ? relative_name(value, r->origin) : NULL;

	(void)unused;
	if (name == NULL) {
		mistake(r, "$ORIGIN is not followed by a domain name");
		return;
	}
	ldns_rdf_deep_free(r->origin);
	r->origin = name;
}

/* A path beside the file that names it. */
static char *
beside(const char *file, const char *path)
{
	const char *slash = strrchr(file, '/');

	if (path[0] == '/' || slash == NULL)
		return mem_string(path);
	return mem_printf("%.*s/%s", (int)(slash - file), file, path);
}

static const char *
why_not_include(const struct reader *r, const char *path)
{
	const struct reader *outer;

	if (r->depth >= INCLUDE_DEPTH_MAX)
		return "$INCLUDE goes deeper than 8 files";
	if (r->zone->n_files > INCLUDES_MAX)
		return "more than 10000 files are included";
	for (outer = r; outer; outer = outer->outer)
		if (strcmp(outer->path, path) == 0)
			return "$INCLUDE of a file that is being read already";
	return NULL;
}

/* Origin and owner are restored behind it (RFC 1035 section 5.1), TTLs stay in force. */
static void
include(struct reader *r, const char *path, const ldns_rdf *origin)
{
	struct reader inner = *r;
	const char *why;

	inner.f = file_open(path, &why);
	if (inner.f == NULL) {
		zone_complain(r->zone, r->complaints, COMPLAINT_MISTAKE, here(r), "$INCLUDE: cannot open %s: %s", path,
		    why);
		return;
	}
	inner.file = add_file(r->zone, path);
	inner.path = r->zone->files[inner.file];
	inner.outer = r;
	inner.depth++;
	inner.entry = (struct entry){ 0 };
	inner.origin = ldns_rdf_clone(origin);
	inner.prev = r->prev ? ldns_rdf_clone(r->prev) : NULL;
	read_file(&inner);
	ldns_rdf_deep_free(inner.origin);
	ldns_rdf_deep_free(inner.prev);
	r->default_ttl = inner.default_ttl;
	r->last_ttl = inner.last_ttl;
	r->ttl_warned = inner.ttl_warned;
}

static void
directive_include(struct reader *r, const char *value, const char *origin)
{
	ldns_rdf *name = origin ? relative_name(origin, r->origin) : ldns_rdf_clone(r->origin);
	char *path = value ? beside(r->path, value) : NULL;
	const char *why = "$INCLUDE is not followed by a file";

	if (path)
		why = name ? why_not_include(r, path) : "$INCLUDE has an origin that is not a domain name";
	if (why)
		mistake(r, why);
	else
		include(r, path, name);
	ldns_rdf_deep_free(name);
	free(path);
}

static const struct directive {
	const char	*name;
	void		(*take)(struct reader *r, const char *value, const char *second);
} directives[] = {
	{ "$TTL", directive_ttl },
	{ "$ORIGIN", directive_origin },
	{ "$INCLUDE", directive_include },
};

static void
read_directive(struct reader *r)
{
	char *name = entry_word(&r->entry, 0), *value = entry_word(&r->entry, 1), *second = entry_word(&r->entry, 2);
	size_t i, n = r->entry.n_words;

	for (i = 0; i < sizeof directives / sizeof directives[0]; i++)
		if (strcasecmp(name, directives[i].name) == 0)
			break;
	if (i == sizeof directives / sizeof directives[0])
		mistake(r, "unknown directive; expected $TTL, $ORIGIN or $INCLUDE");
	else if (n > 3 || (n == 3 && directives[i].take != directive_include))
		mistake(r, "superfluous text after the directive");
	else
		directives[i].take(r, value, second);
	free(name);
	free(value);
	free(second);
}

/* -- records -- */

/* room: fits_data_len() octets */
static void
rdata_copy(uint8_t *room, const ldns_rr *rr)
{
	size_t i;

	for (i = 0; i < ldns_rr_rd_count(rr); i++) {
		const ldns_rdf *rdf = ldns_rr_rdf(rr, i);

		memcpy(room, ldns_rdf_data(rdf), ldns_rdf_size(rdf));
		room += ldns_rdf_size(rdf);
	}
}

static uint32_t
soa_minimum(const ldns_rr *soa)
{
	return ldns_rr_rd_count(soa) == 7 ? ldns_rdf2native_int32(ldns_rr_rdf(soa, 6)) : 0;
}

/* RFC 1035 section 5.1: an omitted TTL is that of the record before; RFC 2308 section 4: but $TTL wins. */
static uint32_t
record_ttl(struct reader *r, const ldns_rr *rr, uint64_t given)
{
	uint64_t ttl = given;

	if (ttl == TTL_NOT_GIVEN)
		ttl = r->default_ttl;
	if (ttl == TTL_NOT_GIVEN)
		ttl = r->last_ttl;
	if (ttl == TTL_NOT_GIVEN && ldns_rr_get_type(rr) == LDNS_RR_TYPE_SOA) {
		ttl = soa_minimum(rr);
		zone_complain(r->zone, r->complaints, COMPLAINT_WARNING, here(r),
		    "no TTL given and no $TTL before it; the SOA's minimum is used");
	}
	if (ttl == TTL_NOT_GIVEN) {
		if (!r->ttl_warned)
			zone_complain(r->zone, r->complaints, COMPLAINT_MISTAKE, here(r),
			    "no TTL given, no $TTL and no record with a TTL before it");
		r->ttl_warned = true;
		ttl = 0;
	}
	r->last_ttl = sane_ttl(r, (uint32_t)ttl);
	return (uint32_t)r->last_ttl;
}

static void
take_record(struct reader *r, const ldns_rr *rr, uint64_t ttl)
{
	struct zone *z = r->zone;
	uint8_t owner[NAME_MAX_LEN];
	char text[NAME_TEXT_MAX];
	struct zone_record like = { .line = r->entry.line, .file = r->file, .type = (uint16_t)ldns_rr_get_type(rr) };
	size_t len = fits_data_len(rr);

	name_lower(owner, ldns_rdf_data(ldns_rr_owner(rr)), ldns_rdf_size(ldns_rr_owner(rr)));
	like.ttl = record_ttl(r, rr, ttl);
	if (!name_within(owner, z->origin)) {
		zone_complain(z, r->complaints, COMPLAINT_WARNING, here(r), "%s is outside zone %s and is ignored",
		    name_text(owner, text), z->conf->name);
	} else {
		like.len = (uint16_t)len;
		rdata_copy(zone_add_record(z, zone_add_name(z, owner), &like)->rdata, rr);
	}
}

/* No server may have these in a zone. */
static const char *
forbidden_type(uint16_t type)
{
	if (type == 0 || type == RR_OPT || (type >= RR_TKEY && type <= RR_ANY))
		return "a type that exists in messages only";
	return NULL;
}

/* What stands before the data. */
struct intro {
	uint64_t	ttl;		/* TTL_NOT_GIVEN */
	size_t		type_at;	/* which word is the type */
	uint16_t	type;
};

/* TYPE65537 or CLASS1x (RFC 3597 section 5): ldns takes what 16 bits hold of the number. */
static bool
number_cut(const char *word)
{
	const char *number = word + (strncasecmp(word, "CLASS", 5) == 0 ? 5 : 4);
	char *end;

	if (number == word + 4 && strncasecmp(word, "TYPE", 4) != 0)
		return false;
	return isdigit((unsigned char)*number) && (strtoul(number, &end, 10) > UINT16_MAX || *end != '\0');
}

/* TTL and class may stand in any order, or be left out. What is wrong, or NULL. */
static const char *
read_intro(const struct entry *e, struct intro *intro)
{
	ldns_rr_class class = 0;
	bool known = true;
	uint32_t ttl;
	size_t i;

	*intro = (struct intro){ .ttl = TTL_NOT_GIVEN };
	for (i = !e->begins_blank; known && intro->type == 0 && i < e->n_words; i++) {
		char *word = entry_word(e, i);

		intro->type_at = i;
		if (number_cut(word))
			known = false;
		else if (intro->ttl == TTL_NOT_GIVEN && entry_period(word, &ttl))
			intro->ttl = ttl;
		else if (class == 0 && ldns_get_rr_class_by_name(word) != 0)
			class = ldns_get_rr_class_by_name(word);
		else
			known = (intro->type = (uint16_t)ldns_get_rr_type_by_name(word)) != 0;
		free(word);
	}
	if (class != 0 && class != LDNS_RR_CLASS_IN)
		return "class is not IN";
	if (intro->type == 0)
		return known ? "no type" : "unknown type";
	return forbidden_type(intro->type);
}

/*
 * The entry for ldns: without TTL and class, and the value of a CAA record in quotes,
 * which RFC 8659 section 4.1.1 lets the operator leave out. The caller frees.
 */
static char *
text_for_ldns(const struct entry *e, const struct intro *intro)
{
	size_t value = intro->type_at + 3, split = e->len;
	bool quote = intro->type == LDNS_RR_TYPE_CAA && value + 1 == e->n_words && e->text[e->words[value]] != '"';
	int owner_len = 0;

	if (!e->begins_blank)
		owner_len = (int)((e->n_words > 1 ? e->words[1] - 1 : e->len) - e->words[0]);
	if (quote)
		split = e->words[value];
	return mem_printf("%.*s 0 IN %.*s%s%s%s", owner_len, e->text, (int)(split - e->words[intro->type_at]),
	    e->text + e->words[intro->type_at], quote ? "\"" : "", e->text + split, quote ? "\"" : "");
}

static void
parse_record(struct reader *r, const struct intro *intro)
{
	char *text = text_for_ldns(&r->entry, intro);
	ldns_rr *rr = NULL;
	ldns_status status = ldns_rr_new_frm_str(&rr, text, 0, r->origin, &r->prev);
	const char *why = status == LDNS_STATUS_OK ? fits_record(rr) : ldns_get_errorstr_by_id(status);

	if (why == NULL)
		why = fits_words(rr, &r->entry, intro->type_at + 1);
	if (why)
		mistake(r, why);
	else
		take_record(r, rr, intro->ttl);
	ldns_rr_free(rr);
	free(text);
}

static void
read_record(struct reader *r)
{
	struct intro intro;
	const char *why = read_intro(&r->entry, &intro);

	if (intro.ttl != TTL_NOT_GIVEN)
		r->last_ttl = intro.ttl;
	if (why == NULL && r->entry.begins_blank && r->prev == NULL)
		why = "no owner, and none before it";
	if (why)
		mistake(r, why);
	else
		parse_record(r, &intro);
}

/* -- files -- */

static void
read_file(struct reader *r)
{
	r->line = 1;
	while (entry_read(&r->entry, r->f, &r->line)) {
		if (r->entry.trouble)
			mistake(r, r->entry.trouble);
		else if (r->entry.text[0] == '$' && !r->entry.begins_blank)
			read_directive(r);
		else
			read_record(r);
	}
	if (ferror(r->f))
		zone_complain(r->zone, r->complaints, COMPLAINT_MISTAKE, (struct place){ r->path, 0 },
		    "cannot read: %s", strerror(errno));
	entry_free(&r->entry);
	fclose(r->f);
}

void
zone_read(struct zone *z, const char *file, struct complaints *c)
{
	const char *why;
	struct reader r = {
		.zone = z,
		.complaints = c,
		.file = add_file(z, file),
		.path = file,
		.default_ttl = TTL_NOT_GIVEN,
		.last_ttl = TTL_NOT_GIVEN,
		.f = file_open(file, &why),
	};

	if (r.f == NULL) {
		zone_complain(z, c, COMPLAINT_MISTAKE, z->conf->place, "zone \"%s\": cannot open file %s: %s",
		    z->conf->name, file, why);
		return;
	}
	r.origin = ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, name_len(z->origin), z->origin);
	read_file(&r);
	ldns_rdf_deep_free(r.origin);
	ldns_rdf_deep_free(r.prev);
}

/* -- from the configuration -- */

bool
zone_read_name(const char *text, const uint8_t *origin, uint8_t *name)
{
	ldns_rdf *base = ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, name_len(origin), origin);
	ldns_rdf *full = relative_name(text, base);
	bool ok = full != NULL;

	if (ok)
		memcpy(name, ldns_rdf_data(full), ldns_rdf_size(full));
	ldns_rdf_deep_free(full);
	ldns_rdf_deep_free(base);
	return ok;
}

/* Why a member may not say it: null when it may. */
static const char *
not_for_members(uint16_t type)
{
	switch (type) {
	case RR_A:
	case RR_AAAA:
		return "addresses belong into \"address\", so that they are probed";
	case RR_CNAME:
		return "a CNAME belongs into \"cname\"";
	case RR_SOA:
	case RR_NS:
	case RR_DNAME:
	case RR_DS:
	case RR_RRSIG:
	case RR_NSEC:
		return "a record of this type belongs into the zone file";
	default:
		return forbidden_type(type);
	}
}

/* What is wrong with the words of a line "@ 0 IN TYPE DATA", which ldns took; or NULL. */
static const char *
words_of_line(char *line, const ldns_rr *rr)
{
	FILE *f = fmemopen(line, strlen(line), "r");
	struct entry e = { 0 };
	unsigned number = 1;
	const char *why = NULL;

	if (f && entry_read(&e, f, &number))
		why = e.trouble ? e.trouble : fits_words(rr, &e, 4);
	entry_free(&e);
	if (f)
		fclose(f);
	return why;
}

bool
zone_read_record(const uint8_t *origin, const char *text, struct arena *arena, struct zone_record **list,
    const char **why)
{
	ldns_rdf *base = ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, name_len(origin), origin);
	char *line = mem_printf("@ 0 IN %s", text);
	struct zone_record *r;
	ldns_rr *rr = NULL;
	ldns_status status = ldns_rr_new_frm_str(&rr, line, 0, base, NULL);

	*why = status == LDNS_STATUS_OK ? not_for_members((uint16_t)ldns_rr_get_type(rr))
					: ldns_get_errorstr_by_id(status);
	if (*why == NULL)
		*why = fits_record(rr);
	if (*why == NULL)
		*why = words_of_line(line, rr);
	if (*why == NULL) {
		for (; *list; list = &(*list)->next)
			continue;
		r = arena_alloc(arena, sizeof *r + fits_data_len(rr), _Alignof(struct zone_record));
		r->type = (uint16_t)ldns_rr_get_type(rr);
		r->len = (uint16_t)fits_data_len(rr);
		rdata_copy(r->rdata, rr);
		*list = r;
	}
	ldns_rr_free(rr);
	ldns_rdf_deep_free(base);
	free(line);
	return *why == NULL;
}
