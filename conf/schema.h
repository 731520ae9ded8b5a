/*
 * Schema: every setting of relevo.conf, one row each. The rows drive the reader, the
 * complaints and the test of the manual page. A new setting is a row, its field in conf.h
 * and its paragraph in relevo.conf.5.
 */
#ifndef CONF_SCHEMA_H
#define CONF_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCHEMA_ROWS_MAX 24			/* in one section */

enum section {
	SECTION_TOP,
	SECTION_SERVER,
	SECTION_PROVIDERS,
	SECTION_CHECKS,
	SECTION_ZONES,
	SECTION_SERVICES,
	SECTION_MEMBERS,
	SECTIONS
};

enum setting_type {				/* what is written -> the field it is stored in */
	SETTING_BOOL,		/* bool */
	SETTING_INT,		/* unsigned, min to max */
	SETTING_DURATION,	/* uint64_t of milliseconds, min to max of them */
	SETTING_TTL,		/* a duration of whole seconds -> uint32_t of seconds; min and max in milliseconds */
	SETTING_STRING,		/* const char *, min to max octets, no control characters */
	SETTING_WORD,		/* the same without spaces */
	SETTING_PATH,		/* const char *, made absolute; then at most max octets */
	SETTING_FILE,		/* the same, of a file that can be read now */
	SETTING_URL_PATH,	/* SETTING_WORD that begins with a slash */
	SETTING_REGEX,		/* const char *, POSIX extended */
	SETTING_HEADER,		/* const char *, "Name: value" */
	SETTING_ENUM,		/* one of words -> its position, as an enum */
	SETTING_LISTEN,		/* struct conf_listen; port 53 where none is written */
	SETTING_ADDRESS_PORT,	/* const char *, checked */
	SETTING_NET,		/* struct conf_net */
	SETTING_ADDRESS,	/* struct conf_endpoint: family, addr, text */
	SETTING_ZONE_NAME,	/* const char *, as conf_zone.name */
	SETTING_SERVICE_NAME,	/* const char *, as written */
	SETTING_HOST_NAME,	/* const char *, absolute with its final dot */
	SETTING_RECORD,		/* const char *, "TYPE RDATA" */
	SETTING_CHECK,		/* the name of a check -> uint32_t, its index */
	SETTING_PROVIDER,	/* the same of a provider */
	SETTING_ALL_DOWN,	/* one of words, or a list of providers -> fields of struct conf_service */
	SETTING_GROUP,		/* a section of its own: one group, or a group of groups by name */
	SETTING_GROUPS		/* the same: a list of groups */
};

enum setting_flags {
	SETTING_REQUIRED	= 1 << 0,
	SETTING_LIST		= 1 << 1,	/* any number of them, at offset; their count at count_offset */
	SETTING_SOME		= 1 << 2	/* at least one of them */
};

struct setting {
	const char		*name;
	enum setting_type	 type;
	unsigned		 flags;
	long long		 min;
	long long		 max;
	const char		*fallback;	/* the default, in the language of the file; NULL: none */
	const char		*about;		/* one sentence */
	size_t			 offset;	/* of the field in its section's struct in conf.h */
	size_t			 count_offset;
	const char *const	*words;		/* ends with NULL */
	unsigned		 check_types;	/* bits of enum check_type that have it; 0: all */
};

struct section_rows {
	const char		*name;		/* as the manual page heads it */
	size_t			 size;		/* of its struct in conf.h; 0: it has none */
	const struct setting	*rows;
	size_t			 count;		/* at most SCHEMA_ROWS_MAX */
};

const struct section_rows *schema_section(enum section section);
const struct setting *schema_find(enum section section, const char *name); /* NULL: no such setting */

/* What the row takes, for people: "100ms to 1h". Written to text, which is returned. */
const char *schema_range(const struct setting *row, char *text, size_t size);

#endif
