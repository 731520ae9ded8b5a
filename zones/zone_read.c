/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Zone reading: RFC 1035 master files, and the names and records that stand in the
 * configuration, through ldns. ldns parses every record; what it leaves to its caller
 * is here: $INCLUDE, $ORIGIN and $TTL (RFC 1035 section 5.1, RFC 2308 section 4), which
 * TTL a record without one has, and where in the file a mistake stands.
 */
#include <sys/types.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>

#include <ldns/ldns.h>

#include "conf/mem.h"
#include "zones/rr.h"
#include "zones/zone.h"

#define INCLUDE_DEPTH_MAX	8
#define TTL_NOT_GIVEN		0xfffffffeu	/* default handed to ldns, so that we can tell; above CONF_TTL_MAX */
#define SHOWN_MAX		60		/* of a line that is complained about */

/* One file being read. What $TTL and the last record said goes into an included file and comes back. */
struct reader {
	struct zone		*zone;
	struct complaints	*complaints;
	const char		*path;
	uint16_t		 file;		/* index into zone->files */
	FILE			*f;
	unsigned		 depth;
	int			 line;		/* of what is read next */
	unsigned		 start_line;	/* of the record being read */
	off_t			 start;
	ldns_rdf		*origin;
	ldns_rdf		*prev;		/* owner of the record before */
	uint32_t		 default_ttl;	/* $TTL, or TTL_NOT_GIVEN */
	uint32_t		 last_ttl;	/* of the record before, or TTL_NOT_GIVEN */
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
	return (struct place){ r->path, r->start_line };
}

/* The first line of what is being read, shortened, for a complaint. The position is kept. */
static const char *
shown(struct reader *r, char text[SHOWN_MAX + 4])
{
	off_t now = ftello(r->f);
	int c, n = 0;

	fseeko(r->f, r->start, SEEK_SET);
	while ((c = getc(r->f)) != EOF && c != '\n' && n < SHOWN_MAX)
		text[n++] = isprint(c) ? (char)c : ' ';
	while (n > 0 && text[n - 1] == ' ')
		n--;
	strcpy(text + n, c != '\n' && c != EOF ? "..." : "");
	fseeko(r->f, now, SEEK_SET);
	return text;
}

static void
mistake(struct reader *r, const char *what)
{
	char text[SHOWN_MAX + 4];

	zone_complain(r->zone, r->complaints, COMPLAINT_MISTAKE, here(r), "%s: \"%s\"", what, shown(r, text));
}

/* -- directives -- */

/* Next word of a directive's line; *p moves on. NULL at its end or at a comment. */
static char *
word(char **p)
{
	char *w = *p + strspn(*p, " \t\r\n"), *end;

	if (*w == '\0' || *w == ';')
		return NULL;
	if (*w == '"') {
		end = strchr(++w, '"');
		if (end == NULL)
			end = w + strlen(w);
	} else {
		end = w + strcspn(w, " \t\r\n;");
	}
	*p = *end ? end + 1 : end;
	if (*end == ';')
		**p = '\0';
	*end = '\0';
	return w;
}

/* A name relative to the origin of the moment; NULL when it is none. */
static ldns_rdf *
relative_name(const char *text, const ldns_rdf *origin)
{
	ldns_rdf *name = strcmp(text, "@") == 0 ? ldns_rdf_clone(origin) : ldns_dname_new_frm_str(text);

	if (name && strcmp(text, "@") != 0 && !ldns_dname_str_absolute(text) &&
	    ldns_dname_cat(name, origin) != LDNS_STATUS_OK) {
		ldns_rdf_deep_free(name);
		return NULL;
	}
	return name;
}

static void
directive_ttl(struct reader *r, char *value, char *unused)
{
	const char *end = value;
	uint32_t ttl = value ? ldns_str2period(value, &end) : 0;

	(void)unused;
	if (value == NULL || !isdigit((unsigned char)*value) || *end != '\0' || ttl > CONF_TTL_MAX)
		mistake(r, "$TTL is not followed by a TTL of 0 to 2147483647 seconds");
	else
		r->default_ttl = ttl;
}

static void
directive_origin(struct reader *r, char *value, char *unused)
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

static void
directive_include(struct reader *r, char *value, char *origin)
{
	struct reader inner = *r;
	char *path;

	if (value == NULL || r->depth >= INCLUDE_DEPTH_MAX) {
		mistake(r, value ? "$INCLUDE goes deeper than 8 files" : "$INCLUDE is not followed by a file");
		return;
	}
	inner.origin = origin ? relative_name(origin, r->origin) : ldns_rdf_clone(r->origin);
	if (inner.origin == NULL) {
		mistake(r, "$INCLUDE has an origin that is not a domain name");
		return;
	}
	path = beside(r->path, value);
	inner.f = fopen(path, "re");
	if (inner.f == NULL) {
		zone_complain(r->zone, r->complaints, COMPLAINT_MISTAKE, here(r), "$INCLUDE: cannot open %s: %s", path,
		    strerror(errno));
	} else {
		inner.file = add_file(r->zone, path);
		inner.path = r->zone->files[inner.file];
		inner.depth++;
		inner.prev = r->prev ? ldns_rdf_clone(r->prev) : NULL;
		read_file(&inner);
		ldns_rdf_deep_free(inner.prev);
		r->last_ttl = inner.last_ttl; /* origin and owner are restored (RFC 1035 section 5.1) */
		r->ttl_warned = inner.ttl_warned;
	}
	ldns_rdf_deep_free(inner.origin);
	free(path);
}

static const struct directive {
	const char	*name;
	void		(*take)(struct reader *r, char *value, char *second);
} directives[] = {
	{ "$TTL", directive_ttl },
	{ "$ORIGIN", directive_origin },
	{ "$INCLUDE", directive_include },
};

static void
read_directive(struct reader *r)
{
	char *line = NULL, *p, *name, *value, *second;
	size_t i, room = 0;

	if (getline(&line, &room, r->f) < 0) {
		free(line);
		return;
	}
	p = line;
	name = word(&p);
	value = word(&p);
	second = word(&p);
	for (i = 0; i < sizeof directives / sizeof directives[0]; i++)
		if (strcasecmp(name, directives[i].name) == 0)
			break;
	if (i == sizeof directives / sizeof directives[0])
		mistake(r, "unknown directive; expected $TTL, $ORIGIN or $INCLUDE");
	else if (word(&p) || (second && directives[i].take != directive_include))
		mistake(r, "superfluous text after the directive");
	else
		directives[i].take(r, value, second);
	r->line++;
	free(line);
}

/* -- records -- */

static size_t
rdata_len(const ldns_rr *rr)
{
	size_t i, len = 0;

	for (i = 0; i < ldns_rr_rd_count(rr); i++)
		len += ldns_rdf_size(ldns_rr_rdf(rr, i));
	return len;
}

/* room: rdata_len() bytes */
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
	return ldns_rr_rd_count(soa) == 7 ? ldns_rdf2native_int32(ldns_rr_rdf(soa, 6)) : TTL_NOT_GIVEN;
}

/* RFC 1035 section 5.1: an omitted TTL is that of the record before; RFC 2308 section 4: but $TTL wins. */
static uint32_t
record_ttl(struct reader *r, const ldns_rr *rr)
{
	uint32_t ttl = ldns_rr_ttl(rr);

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
	if (ttl > CONF_TTL_MAX) {
		zone_complain(r->zone, r->complaints, COMPLAINT_WARNING, here(r),
		    "TTL %u is above 2147483647 and counts as 0 (RFC 2181 section 8)", ttl);
		ttl = 0;
	}
	r->last_ttl = ttl;
	return ttl;
}

static void
take_record(struct reader *r, const ldns_rr *rr)
{
	struct zone *z = r->zone;
	uint8_t owner[NAME_MAX_LEN];
	char text[NAME_TEXT_MAX];
	struct zone_record like = { .line = r->start_line, .file = r->file, .type = (uint16_t)ldns_rr_get_type(rr) };
	size_t len = rdata_len(rr);

	name_lower(owner, ldns_rdf_data(ldns_rr_owner(rr)), ldns_rdf_size(ldns_rr_owner(rr)));
	like.ttl = record_ttl(r, rr);
	if (ldns_rr_get_class(rr) != LDNS_RR_CLASS_IN) {
		mistake(r, "class is not IN");
	} else if (len > UINT16_MAX) {
		mistake(r, "data longer than 65535 octets");
	} else if (!name_within(owner, z->origin)) {
		zone_complain(z, r->complaints, COMPLAINT_WARNING, here(r), "%s is outside zone %s and is ignored",
		    name_text(owner, text), z->conf->name);
	} else {
		like.len = (uint16_t)len;
		rdata_copy(zone_add_record(z, zone_add_name(z, owner), &like)->rdata, rr);
	}
}

/* ldns has no limits of its own on these, and no server may have them in a zone. */
static const char *
forbidden_type(uint16_t type)
{
	if (type == RR_OPT || (type >= RR_TKEY && type <= RR_ANY))
		return "a type that exists in messages only";
	return NULL;
}

static void
read_record(struct reader *r)
{
	ldns_rr *rr = NULL;
	uint32_t ttl = r->default_ttl;
	ldns_status status = ldns_rr_new_frm_fp_l(&rr, r->f, &ttl, &r->origin, &r->prev, &r->line);

	if (status == LDNS_STATUS_SYNTAX_EMPTY || (status == LDNS_STATUS_OK && rr == NULL))
		return;
	if (status != LDNS_STATUS_OK)
		mistake(r, ldns_get_errorstr_by_id(status));
	else if (forbidden_type((uint16_t)ldns_rr_get_type(rr)))
		mistake(r, forbidden_type((uint16_t)ldns_rr_get_type(rr)));
	else
		take_record(r, rr);
	ldns_rr_free(rr);
}

/* -- files -- */

/* Go to the next line that says something; its first character, EOF at the end. */
static int
next_line(struct reader *r)
{
	int c;

	while ((c = getc(r->f)) != EOF) {
		if (c == '\n') {
			r->line++;
		} else if (c == ';') {
			while ((c = getc(r->f)) != EOF && c != '\n')
				continue;
			r->line++;
		} else {
			ungetc(c, r->f);
			break;
		}
	}
	r->start_line = (unsigned)r->line;
	return c;
}

static void
read_file(struct reader *r)
{
	int c;

	__fsetlocking(r->f, FSETLOCKING_BYCALLER);
	r->line = 1;
	while ((c = next_line(r)) != EOF) {
		r->start = ftello(r->f);
		if (c == '$')
			read_directive(r);
		else
			read_record(r);
	}
	if (ferror(r->f))
		zone_complain(r->zone, r->complaints, COMPLAINT_MISTAKE, (struct place){ r->path, 0 },
		    "cannot read: %s", strerror(errno));
	fclose(r->f);
}

void
zone_read(struct zone *z, const char *file, struct complaints *c)
{
	struct reader r = {
		.zone = z,
		.complaints = c,
		.file = add_file(z, file),
		.path = file,
		.default_ttl = TTL_NOT_GIVEN,
		.last_ttl = TTL_NOT_GIVEN,
		.f = fopen(file, "re"),
	};

	if (r.f == NULL) {
		zone_complain(z, c, COMPLAINT_MISTAKE, z->conf->place, "zone \"%s\": cannot open file %s: %s",
		    z->conf->name, file, strerror(errno));
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
	bool ok = full && ldns_rdf_size(full) <= NAME_MAX_LEN;

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
	if (*why == NULL && rdata_len(rr) > UINT16_MAX)
		*why = "data longer than 65535 octets";
	if (*why == NULL) {
		for (; *list; list = &(*list)->next)
			continue;
		r = arena_alloc(arena, sizeof *r + rdata_len(rr), _Alignof(struct zone_record));
		r->type = (uint16_t)ldns_rr_get_type(rr);
		r->len = (uint16_t)rdata_len(rr);
		rdata_copy(r->rdata, rr);
		*list = r;
	}
	ldns_rr_free(rr);
	ldns_rdf_deep_free(base);
	free(line);
	return *why == NULL;
}
