/*
 * Value: one scalar as the operator wrote it into the field that its row of the schema
 * asks for. Knows nothing of the file's syntax, nor of what other settings say.
 */
#ifndef CONF_VALUE_H
#define CONF_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/index.h"
#include "conf/schema.h"

#define VALUE_DURATION_TEXT 32

struct arena;

enum written_kind {
	WRITTEN_TEXT,
	WRITTEN_NUMBER,
	WRITTEN_BOOL,
	WRITTEN_OTHER		/* no scalar that a setting takes: a group, a list, 1.5 */
};

struct written {
	enum written_kind	 kind;
	const char		*text;
	long long		 number;	/* or 0 and 1 of a bool */
};

struct value_context {
	struct arena		*arena;		/* strings go there */
	const char		*folder;	/* where relative paths start; ends with a slash */
	const char		*zone;		/* around the setting, as conf_zone.name; NULL: none, or a bad one */
	struct index		 checks;
	struct index		 providers;
	char			 expected[512];	/* after false: what was, to follow "is not" */
};

/* Store w at out. False, with nothing stored, when it is not what the row takes. */
bool value_read(struct value_context *ctx, const struct setting *row, const struct written *w, void *out);

/* "1500ms" to milliseconds; units ms s m h d. False when it is no duration. */
bool value_duration(const char *text, uint64_t *ms);
const char *value_duration_text(uint64_t ms, char text[VALUE_DURATION_TEXT]); /* text, in the largest whole unit */

/* A path that starts at folder unless it is absolute, leading "./" and "../" resolved. In arena. */
char *value_path(struct arena *arena, const char *folder, const char *path);

#endif
