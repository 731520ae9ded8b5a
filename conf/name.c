/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Name: text to labels to text.
 */
#include "conf/name.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define LABEL_MAX 63
#define WIRE_MAX  255

/* One octet of a label, escaped or not. Returns how much text it took; 0 when the escape is not one. */
static size_t
octet_read(const char *text, uint8_t *octet)
{
	unsigned number;

	*octet = (uint8_t)text[0];
	if (text[0] != '\\')
		return 1;
	*octet = (uint8_t)text[1];
	if (!isdigit((unsigned char)text[1]))
		return text[1] != '\0' ? 2 : 0;
	if (!isdigit((unsigned char)text[2]) || !isdigit((unsigned char)text[3]))
		return 0;
	number = (unsigned)(text[1] - '0') * 100 + (unsigned)(text[2] - '0') * 10 + (unsigned)(text[3] - '0');
	*octet = (uint8_t)number;
	return number <= 255 ? 4 : 0;
}

static char *
octet_write(char *at, uint8_t octet)
{
	if (octet <= 0x20 || octet >= 0x7f)
		return at + sprintf(at, "\\%03u", octet);
	if (strchr(".;()\\\"@$", octet) != NULL)
		*at++ = '\\';
	*at++ = (char)tolower(octet);
	return at;
}

/* Read the label at *text up to its dot or the end, and write it to *at; NULL, or what is wrong. */
static const char *
label_read(struct name *name, const char **text, char **at)
{
	size_t len = 0, took;
	bool star = false;
	uint8_t octet;

	for (; **text != '\0' && **text != '.'; *text += took) {
		took = octet_read(*text, &octet);
		if (took == 0)
			return "an escape is not \\DDD or \\X";
		if (++len > LABEL_MAX)
			return "a label is longer than 63 octets";
		if (name->wire_len + 1 + len > WIRE_MAX)
			return "it is longer than 255 octets";
		star = len == 1 && octet == '*';
		*at = octet_write(*at, octet);
	}
	if (len == 0)
		return "a label is empty";
	name->wildcard |= star && name->labels == 0;
	name->inner_star |= star && name->labels > 0;
	name->wire_len += 1 + len;
	name->labels++;
	return NULL;
}

const char *
name_read(struct name *name, const char *text)
{
	char *at = name->text;
	const char *wrong;

	*name = (struct name){ .wire_len = 1 };
	if (strcmp(text, ".") == 0) {
		name->absolute = true;
		strcpy(name->text, ".");
		return NULL;
	}
	do {
		if (name->labels > 0)
			*at++ = '.';
		wrong = label_read(name, &text, &at);
		if (wrong != NULL)
			return wrong;
		name->absolute = *text == '.';
		text += name->absolute;
	} while (*text != '\0');
	*at = '\0';
	return NULL;
}
