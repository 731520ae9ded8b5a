/* SPDX-License-Identifier: BSD-2-Clause */
/* Entry: see entry.h. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "conf/mem.h"
#include "zones/entry.h"

struct lexer {
	struct entry	*e;
	FILE		*f;
	unsigned	*line;
	unsigned	 depth;		/* of parentheses */
	bool		 in_word;
};

static void
put(struct entry *e, int c)
{
	if (e->len + 1 >= e->room) {
		e->room = e->room ? 2 * e->room : 256;
		e->text = mem_grow(e->text, e->room, 1);
	}
	e->text[e->len++] = (char)c;
	e->text[e->len] = '\0';
}

static void
begin_word(struct lexer *x)
{
	struct entry *e = x->e;

	if (x->in_word)
		return;
	if (e->n_words > 0)
		put(e, ' ');
	if (e->n_words == e->room_words) {
		e->room_words = e->room_words ? 2 * e->room_words : 16;
		e->words = mem_grow(e->words, e->room_words, sizeof *e->words);
	}
	e->words[e->n_words++] = e->len;
	x->in_word = true;
}

static void
trouble(struct lexer *x, const char *what)
{
	if (x->e->trouble == NULL)
		x->e->trouble = what;
}

/* The octet behind a backslash; the line's end cannot be escaped. */
static void
read_escape(struct lexer *x)
{
	int c = getc_unlocked(x->f);

	put(x->e, '\\');
	if (c == '\n' || c == EOF) {
		trouble(x, "a backslash at the end of the line");
		ungetc(c, x->f);
	} else if (c == '\0') {
		trouble(x, "a NUL octet");
	} else {
		put(x->e, c);
	}
}

/* Up to the closing quote, which ends the word. */
static void
read_quoted(struct lexer *x)
{
	int c;

	put(x->e, '"');
	while ((c = getc_unlocked(x->f)) != '"') {
		if (c == '\n' || c == EOF) {
			trouble(x, "a string without its closing quote");
			ungetc(c, x->f);
			break;
		}
		if (c == '\\')
			read_escape(x);
		else if (c == '\0')
			trouble(x, "a NUL octet");
		else
			put(x->e, c);
	}
	put(x->e, '"');
	x->in_word = false;
}

static void
skip_comment(struct lexer *x)
{
	int c;

	while ((c = getc_unlocked(x->f)) != EOF && c != '\n')
		continue;
	ungetc(c, x->f);
}

static void
take_parenthesis(struct lexer *x, int c)
{
	x->in_word = false;
	if (c == '(')
		x->depth++;
	else if (x->depth == 0)
		trouble(x, "a closing parenthesis without its opening one");
	else
		x->depth--;
}

static void
take_octet(struct lexer *x, int c)
{
	if (c == '\0') {
		trouble(x, "a NUL octet");
		return;
	}
	begin_word(x);
	if (c == '\\')
		read_escape(x);
	else if (c == '"')
		read_quoted(x);
	else
		put(x->e, c);
}

/* Up to the end of the line in which all parentheses are closed, or of the file. */
static void
read_words(struct lexer *x)
{
	int c;

	while ((c = getc_unlocked(x->f)) != EOF) {
		if (c == '\n')
			++*x->line;
		if (c == '\n' && x->depth == 0)
			return;
		if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
			x->in_word = false;
		else if (c == ';')
			skip_comment(x);
		else if (c == '(' || c == ')')
			take_parenthesis(x, c);
		else
			take_octet(x, c);
	}
	if (x->depth > 0)
		trouble(x, "a parenthesis that is not closed");
}

bool
entry_read(struct entry *e, FILE *f, unsigned *line)
{
	int c;

	while ((c = getc_unlocked(f)) != EOF) {
		struct lexer x = { .e = e, .f = f, .line = line };

		ungetc(c, f);
		e->len = e->n_words = 0;
		if (e->text)
			e->text[0] = '\0';
		e->trouble = NULL;
		e->begins_blank = c == ' ' || c == '\t';
		e->line = *line;
		read_words(&x);
		if (e->n_words > 0 || e->trouble)
			return true;
	}
	return false;
}

void
entry_free(struct entry *e)
{
	free(e->text);
	free(e->words);
}

char *
entry_word(const struct entry *e, size_t i)
{
	size_t begin, end;

	if (i >= e->n_words)
		return NULL;
	begin = e->words[i];
	end = i + 1 < e->n_words ? e->words[i + 1] - 1 : e->len;
	if (e->text[begin] == '"') {
		begin++;
		end--;
	}
	return mem_printf("%.*s", (int)(end - begin), e->text + begin);
}

static uint64_t
unit_seconds(char unit)
{
	switch (tolower((unsigned char)unit)) {
	case 'w':
		return 604800;
	case 'd':
		return 86400;
	case 'h':
		return 3600;
	case 'm':
		return 60;
	case 's':
		return 1;
	default:
		return 0;
	}
}

bool
entry_period(const char *text, uint32_t *seconds)
{
	uint64_t sum = 0, number;

	do {
		if (!isdigit((unsigned char)*text))
			return false;
		for (number = 0; isdigit((unsigned char)*text) && number <= UINT32_MAX; text++)
			number = number * 10 + (uint64_t)(*text - '0');
		if (*text != '\0') {
			number *= unit_seconds(*text);
			if (unit_seconds(*text++) == 0)
				return false;
		}
		sum += number;
		if (sum > UINT32_MAX)
			return false;
	} while (*text != '\0');
	*seconds = (uint32_t)sum;
	return true;
}
