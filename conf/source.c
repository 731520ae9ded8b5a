/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Source: reads files and follows their includes. It knows of the language only what it
 * must: comments and strings (nothing in them is an include), numbers, and lines.
 */
#include "conf/source.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "conf/file.h"
#include "conf/mem.h"

#define FILE_MAX	  ((size_t)256 << 20) /* a device that never ends is not a configuration */
#define READ_FIRST	  ((size_t)64 << 10)
#define DEPTH_MAX	  10 /* a file that includes itself ends here */
#define NUMBER_DIGITS_MAX 18 /* what a long long surely holds */

struct job {
	struct source		*source;
	const char		*folder;
	struct arena		*arena;
	struct complaints	*complaints;
};

struct scan {				/* of one file */
	const char	*file;
	const char	*at;
	unsigned	 line;
	unsigned	 depth;
};

static int file_add(struct job *job, const char *file, unsigned depth, struct place from);

static void
text_add(struct source *s, const char *bytes, size_t n)
{
	size_t i;

	if (s->len + n + 1 > s->room) {
		s->room = 2 * (s->len + n + 1);
		s->text = mem_grow(s->text, s->room, 1);
	}
	for (i = 0; i < n; i++)
		s->lines += bytes[i] == '\n';
	memcpy(s->text + s->len, bytes, n);
	s->len += n;
	s->text[s->len] = '\0';
}

/* What is added from now on stands in this file from this line. Begins a new line of the text. */
static void
part_begin(struct source *s, const char *file, unsigned line)
{
	text_add(s, "\n", 1);
	if ((s->n_parts & (s->n_parts - 1)) == 0)
		s->parts = mem_grow(s->parts, s->n_parts == 0 ? 1 : 2 * s->n_parts, sizeof(*s->parts));
	s->parts[s->n_parts++] = (struct source_part){ .file = file, .line = line, .first = s->lines + 1 };
}

static void
take(struct job *job, struct scan *scan, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		scan->line += scan->at[i] == '\n';
	text_add(job->source, scan->at, n);
	scan->at += n;
}

static size_t
string_len(const char *at) /* both quotes included; 0: the second is missing */
{
	size_t n = 1;

	while (at[n] != '\0' && at[n] != '"')
		n += at[n] == '\\' && at[n + 1] != '\0' ? 2 : 1;
	return at[n] == '"' ? n + 1 : 0;
}

static size_t
comment_len(const char *at) /* 0: no comment begins here, or its end is missing */
{
	const char *end;

	if (at[0] == '#' || (at[0] == '/' && at[1] == '/'))
		return strcspn(at, "\n");
	if (at[0] != '/' || at[1] != '*')
		return 0;
	end = strstr(at + 2, "*/");
	return end != NULL ? (size_t)(end + 2 - at) : 0;
}

/* The library would take the rest of the file for a string or comment, and lose memory. */
static const char *
unclosed(const char *at)
{
	if (at[0] == '"' && string_len(at) == 0)
		return "a string without its closing quote";
	if (at[0] == '/' && at[1] == '*' && comment_len(at) == 0)
		return "a comment without its end";
	return NULL;
}

/* A word or number; neither can hold a quote or begin a comment. */
static size_t
word_len(const char *at)
{
	size_t n = 0;

	while (isalnum((unsigned char)at[n]) || (at[n] != '\0' && strchr("_-+.*", at[n]) != NULL))
		n++;
	return n;
}

/* A whole number that an int does not hold, and a long long does: the library would cut it. */
static bool
is_long_number(const char *word, size_t len)
{
	size_t sign = word[0] == '-' || word[0] == '+', digits = len - sign;
	long long number;

	if (digits == 0 || digits > NUMBER_DIGITS_MAX || strspn(word + sign, "0123456789") < digits)
		return false;
	number = strtoll(word, NULL, 10);
	return number > INT_MAX || number < INT_MIN;
}

static void
word_take(struct job *job, struct scan *scan, size_t len)
{
	bool is_long = is_long_number(scan->at, len);

	take(job, scan, len);
	if (is_long)
		text_add(job->source, "L", 1);
}

/* `@include "NAME"` at the beginning of a line: the length up to the name's quote; 0: it is none. */
static size_t
include_len(const char *at)
{
	size_t n = strspn(at, " \t"), blanks;

	if (strncmp(at + n, "@include", 8) != 0)
		return 0;
	n += 8;
	blanks = strspn(at + n, " \t");
	return at[n + blanks] == '"' ? n + blanks : 0;
}

static char *
include_path(struct job *job, const char *quoted, size_t len)
{
	char *name = arena_alloc(job->arena, len, 1), *end = name;
	size_t i;

	for (i = 1; i + 1 < len; i++) {
		i += quoted[i] == '\\';
		*end++ = quoted[i];
	}
	return name[0] == '/' ? name : arena_printf(job->arena, "%s%s", job->folder, name);
}

static int
include_take(struct job *job, struct scan *scan, size_t before)
{
	struct place place = { scan->file, scan->line };
	size_t len = string_len(scan->at + before);
	const char *path = include_path(job, scan->at + before, len);

	scan->at += before + len;
	if (file_add(job, path, scan->depth + 1, place) == -1)
		return -1;
	part_begin(job->source, scan->file, scan->line);
	return 0;
}

static void
scan_one(struct job *job, struct scan *scan)
{
	size_t n = *scan->at == '"' ? string_len(scan->at) : comment_len(scan->at);

	if (n > 0) {
		take(job, scan, n);
		return;
	}
	n = word_len(scan->at);
	if (n > 0)
		word_take(job, scan, n);
	else
		take(job, scan, 1);
}

static int
scan_text(struct job *job, struct scan *scan)
{
	bool line_begins = true;
	const char *wrong;
	size_t include;

	while (*scan->at != '\0') {
		include = line_begins ? include_len(scan->at) : 0;
		wrong = unclosed(scan->at + include);
		if (wrong != NULL) {
			complain(job->complaints, COMPLAINT_MISTAKE, (struct place){ scan->file, scan->line }, "%s",
			    wrong);
			return -1;
		}
		line_begins = *scan->at == '\n';
		if (include == 0)
			scan_one(job, scan);
		else if (include_take(job, scan, include) == -1)
			return -1;
	}
	return 0;
}

/* The whole stream, with a NUL behind it; NULL with errno. The caller frees. */
static char *
stream_read(FILE *f, size_t *len)
{
	size_t room = READ_FIRST, n;
	char *text = mem_alloc(room);

	*len = 0;
	while ((n = fread(text + *len, 1, room - *len - 1, f)) > 0) {
		*len += n;
		if (*len < room - 1)
			continue;
		room *= 2;
		if (room > FILE_MAX) {
			free(text);
			errno = EFBIG;
			return NULL;
		}
		text = mem_grow(text, room, 1);
	}
	if (ferror(f)) {
		free(text);
		return NULL;
	}
	text[*len] = '\0';
	return text;
}

static char *
file_text(const char *file, size_t *len, const char **why)
{
	FILE *f = file_open(file, why);
	char *text;

	if (f == NULL)
		return NULL;
	text = stream_read(f, len);
	if (text == NULL)
		*why = strerror(errno);
	fclose(f);
	return text;
}

static unsigned
newlines(const char *text, size_t len)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; i < len; i++)
		n += text[i] == '\n';
	return n;
}

/* from: the include's place; its file is NULL for the first file. */
static int
file_add(struct job *job, const char *file, unsigned depth, struct place from)
{
	struct scan scan = { .file = file, .line = 1, .depth = depth };
	size_t len, good_len;
	const char *why;
	char *text;
	int result;

	if (depth > DEPTH_MAX) {
		complain(job->complaints, COMPLAINT_MISTAKE, from, "@include \"%s\": more than %d files deep", file,
		    DEPTH_MAX);
		return -1;
	}
	text = file_text(file, &len, &why);
	if (text == NULL && from.file == NULL)
		complain(job->complaints, COMPLAINT_MISTAKE, (struct place){ file, 0 }, "%s", why);
	else if (text == NULL)
		complain(job->complaints, COMPLAINT_MISTAKE, from, "@include \"%s\": %s", file, why);
	if (text == NULL)
		return -1;
	good_len = strlen(text);
	if (good_len < len) {
		complain(job->complaints, COMPLAINT_MISTAKE, (struct place){ file, 1 + newlines(text, good_len) },
		    "a NUL octet");
		free(text);
		return -1;
	}
	part_begin(job->source, file, 1);
	scan.at = text;
	result = scan_text(job, &scan);
	free(text);
	return result;
}

int
source_read(struct source *s, const char *file, const char *folder, struct arena *arena, struct complaints *c)
{
	struct job job = { .source = s, .folder = folder, .arena = arena, .complaints = c };

	*s = (struct source){ 0 };
	return file_add(&job, arena_string(arena, file), 0, (struct place){ NULL, 0 });
}

void
source_free(struct source *s)
{
	free(s->text);
	free(s->parts);
	*s = (struct source){ 0 };
}

struct place
source_place(const struct source *s, unsigned line)
{
	size_t low = 0, high = s->n_parts;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (s->parts[middle].first <= line)
			low = middle;
		else
			high = middle;
	}
	if (s->n_parts == 0 || line < s->parts[low].first)
		return (struct place){ NULL, 0 };
	return (struct place){ s->parts[low].file, s->parts[low].line + (line - s->parts[low].first) };
}
