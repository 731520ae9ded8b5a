/* SPDX-License-Identifier: BSD-2-Clause */
/* Fits: see fits.h. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "zones/fits.h"
#include "zones/name.h"

size_t
fits_data_len(const ldns_rr *rr)
{
	size_t i, len = 0;

	for (i = 0; i < ldns_rr_rd_count(rr); i++)
		len += ldns_rdf_size(ldns_rr_rdf(rr, i));
	return len;
}

/* Names made longer by the origin have escaped ldns's check. */
static bool
names_fit(const ldns_rr *rr)
{
	bool fit = ldns_rdf_size(ldns_rr_owner(rr)) <= NAME_MAX_LEN;
	size_t i;

	for (i = 0; i < ldns_rr_rd_count(rr); i++)
		if (ldns_rdf_get_type(ldns_rr_rdf(rr, i)) == LDNS_RDF_TYPE_DNAME)
			fit = fit && ldns_rdf_size(ldns_rr_rdf(rr, i)) <= NAME_MAX_LEN;
	return fit;
}

/* In the form of RFC 3597 ldns takes no data at all for any type's. */
static bool
has_all_fields(const ldns_rr *rr)
{
	if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_NULL) /* may be empty: RFC 1035 section 3.3.10 */
		return true;
	return ldns_rr_rd_count(rr) >= ldns_rr_descriptor_minimum(ldns_rr_descript((uint16_t)ldns_rr_get_type(rr)));
}

static const struct digest {		/* kinds of digests whose length is known */
	ldns_rr_type	type;
	uint8_t		field;		/* that tells the kind; the digest is the next */
	uint8_t		kind;
	uint8_t		len;
} digests[] = {
	{ LDNS_RR_TYPE_DS, 2, LDNS_SHA1, 20 },
	{ LDNS_RR_TYPE_DS, 2, LDNS_SHA256, 32 },
	{ LDNS_RR_TYPE_DS, 2, LDNS_SHA384, 48 },
	{ LDNS_RR_TYPE_CDS, 2, LDNS_SHA1, 20 },
	{ LDNS_RR_TYPE_CDS, 2, LDNS_SHA256, 32 },
	{ LDNS_RR_TYPE_CDS, 2, LDNS_SHA384, 48 },
	{ LDNS_RR_TYPE_SSHFP, 1, 1, 20 },	/* SHA-1: RFC 4255 */
	{ LDNS_RR_TYPE_SSHFP, 1, 2, 32 },	/* SHA-256: RFC 6594 */
};

static bool
digest_fits(const ldns_rr *rr)
{
	size_t i;

	for (i = 0; i < sizeof digests / sizeof digests[0]; i++) {
		const struct digest *d = &digests[i];

		if (ldns_rr_get_type(rr) == d->type && *ldns_rdf_data(ldns_rr_rdf(rr, d->field)) == d->kind)
			return ldns_rdf_size(ldns_rr_rdf(rr, d->field + 1u)) == d->len;
	}
	return true;
}

const char *
fits_record(const ldns_rr *rr)
{
	if (!names_fit(rr))
		return "a name is longer than 255 octets with its origin";
	if (!has_all_fields(rr))
		return "data missing";
	if (!digest_fits(rr))
		return "the digest has not the length that its kind has";
	if (fits_data_len(rr) > UINT16_MAX)
		return "data longer than 65535 octets";
	return NULL;
}

/* -- words -- */

/* The largest number that fits into the field; 0: another kind of field. */
static uint64_t
largest_number(ldns_rdf_type type)
{
	switch (type) {
	case LDNS_RDF_TYPE_INT8:
	case LDNS_RDF_TYPE_ALG:
	case LDNS_RDF_TYPE_CERTIFICATE_USAGE:
	case LDNS_RDF_TYPE_SELECTOR:
	case LDNS_RDF_TYPE_MATCHING_TYPE:
		return UINT8_MAX;
	case LDNS_RDF_TYPE_INT16:
	case LDNS_RDF_TYPE_CERT_ALG:
		return UINT16_MAX;
	case LDNS_RDF_TYPE_INT32:
	case LDNS_RDF_TYPE_PERIOD:
		return UINT32_MAX;
	default:
		return 0;
	}
}

/* Does the number in the word stay what it is? Words with letters were ldns's to judge, but periods. */
static bool
number_fits(const char *word, ldns_rdf_type type)
{
	uint64_t largest = largest_number(type), number = 0;
	uint32_t period;

	if (type == LDNS_RDF_TYPE_PERIOD)
		return entry_period(word, &period);
	if (largest == 0)
		return true;
	if (word[0] == '-')
		return false;
	for (; isdigit((unsigned char)*word) && number <= largest; word++)
		number = number * 10 + (uint64_t)(*word - '0');
	return number <= largest;
}

/* The form of RFC 3597 section 5, "\# LENGTH HEX...": is the length what follows and what was taken of it? */
static bool
generic_fits(const struct entry *e, size_t data_at, size_t taken)
{
	char *word = entry_word(e, data_at + 1);
	bool is_length = word && number_fits(word, LDNS_RDF_TYPE_INT16) && word[strspn(word, "0123456789")] == '\0';
	size_t i, len = is_length ? strtoul(word, NULL, 10) : 0, digits = 0;

	free(word);
	for (i = data_at + 2; i < e->n_words; i++) {
		word = entry_word(e, i);
		digits += strspn(word, "0123456789abcdefABCDEF");
		free(word);
	}
	return is_length && len == taken && digits == 2 * len;
}

/* ldns cuts numbers to the size of their field. Before the last field each is one word. */
static bool
words_fit(const struct entry *e, size_t data_at, const ldns_rr *rr)
{
	size_t i, n = ldns_rr_rd_count(rr);
	bool fit = true;

	if (e->n_words > data_at && strcspn(e->text + e->words[data_at], " ") == 2 &&
	    strncmp(e->text + e->words[data_at], "\\#", 2) == 0)
		return generic_fits(e, data_at, fits_data_len(rr));
	for (i = 0; fit && i < n && data_at + i < e->n_words; i++) {
		char *word = entry_word(e, data_at + i);

		fit = number_fits(word, ldns_rdf_get_type(ldns_rr_rdf(rr, i)));
		free(word);
	}
	return fit;
}

const char *
fits_words(const ldns_rr *rr, const struct entry *e, size_t data_at)
{
	return words_fit(e, data_at, rr) ? NULL : "a number or a length does not fit";
}
