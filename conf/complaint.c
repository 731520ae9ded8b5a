/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Complaints: collected here, told by whoever collected them.
 */
#include "conf/complaint.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "conf/log.h"
#include "conf/mem.h"

/* The list grows by doubling, so that a file full of mistakes stays linear. */
static struct complaint *
complaint_add(struct complaints *c)
{
	if ((c->count & (c->count - 1)) == 0)
		c->list = mem_grow(c->list, c->count == 0 ? 1 : 2 * c->count, sizeof(*c->list));
	return &c->list[c->count++];
}

static char *
place_text(struct place place)
{
	if (place.file == NULL)
		return mem_string("");
	if (place.line == 0)
		return mem_printf("%s: ", place.file);
	return mem_printf("%s:%u: ", place.file, place.line);
}

/* A complaint is one line, whatever the operator's files contain. */
static char *
escaped(const char *text)
{
	size_t size = 4 * strlen(text) + 5;
	char *out = mem_alloc(size);

	log_escape(out, size, text);
	return out;
}

void
complain(struct complaints *c, enum complaint_kind kind, struct place place, const char *fmt, ...)
{
	struct complaint *complaint = complaint_add(c);
	char *where = place_text(place), *what, *whole;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&what, fmt, ap) == -1)
		fatalx("no memory for a complaint");
	va_end(ap);
	whole = mem_printf("%s%s%s", where, kind == COMPLAINT_WARNING ? "warning: " : "", what);
	complaint->kind = kind;
	complaint->text = escaped(whole);
	if (kind == COMPLAINT_MISTAKE)
		c->mistakes++;
	free(whole);
	free(what);
	free(where);
}

void
complaints_print(const struct complaints *c, FILE *f)
{
	size_t i;

	for (i = 0; i < c->count; i++)
		fprintf(f, "%s\n", c->list[i].text);
}

void
complaints_free(struct complaints *c)
{
	size_t i;

	for (i = 0; i < c->count; i++)
		free(c->list[i].text);
	free(c->list);
	*c = (struct complaints){ 0 };
}
