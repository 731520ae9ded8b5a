/*
 * Reader: groups of the tree that libconfig made of the text into structs, row by row of
 * the schema, with a complaint for each mistake. What several settings say together is
 * for conf.c; the two are all that knows libconfig.
 */
#ifndef CONF_READER_H
#define CONF_READER_H

#include <libconfig.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "conf/index.h"
#include "conf/schema.h"
#include "conf/source.h"
#include "conf/value.h"

struct reader {
	struct conf		*conf;
	struct complaints	*complaints;
	struct source		 source;
	struct arena		*scratch;		/* what only the reading needs */
	struct value_context	 values;
	void			*fallback[SECTIONS];	/* a struct of each section with its defaults */
	struct index		 zones;			/* by name */
	struct index		 services;		/* by zone and name */
	struct index		 addresses;		/* by service and address, to the member */
	struct index		 targets;		/* by key */
	uint32_t		*provider_of;		/* by provider: 1 + the last service that has a member of it */
};

struct got {						/* what was written of one group, by row of its section */
	const config_setting_t	*at[SCHEMA_ROWS_MAX];
	bool			 good[SCHEMA_ROWS_MAX];
};

/* Make r->fallback of the section: its defaults, read as the file is. */
void reader_fallback(struct reader *r, enum section section);

/* Read all settings of the group into base, which holds the defaults. */
void reader_group(struct reader *r, enum section section, const config_setting_t *group, void *base, struct got *got);
bool reader_is_group(struct reader *r, const config_setting_t *s); /* a mistake if it is not */

/* Where the setting was written, NULL if nowhere; got_good(): NULL also if it was a mistake. */
const config_setting_t *got_at(const struct got *got, enum section section, const char *name);
const config_setting_t *got_good(const struct got *got, enum section section, const char *name);
bool got_usable(const struct got *got, enum section section, const char *name); /* good or not written */

/* A list's elements; anything else is a list of one, and NULL of none. */
size_t reader_count(const config_setting_t *s);
const config_setting_t *reader_element(const config_setting_t *s, size_t i);

/* "FILE:LINE: PATH OF s: ..." */
void reader_mistake(struct reader *r, const config_setting_t *s, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void reader_warning(struct reader *r, const config_setting_t *s, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void reader_missing(struct reader *r, const config_setting_t *group, const char *name, const char *expected);

/* For what a complaint says; the texts live as long as r->scratch. */
const char *reader_shown(struct reader *r, const config_setting_t *s); /* the value as it was written */
const char *reader_quoted(struct reader *r, const char *text);
struct place reader_place(const struct reader *r, const config_setting_t *s);
const char *reader_place_text(struct reader *r, struct place place); /* "FILE:LINE" */

#endif
