/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fits: what ldns lets pass in a record though other servers refuse it: names and
 * numbers that are too large for their place, lengths that are not true. Pure.
 */
#ifndef ZONES_FITS_H
#define ZONES_FITS_H

#include <ldns/ldns.h>

#include "zones/entry.h"

/* Why the record cannot be used, or NULL. */
const char *fits_record(const ldns_rr *rr);

/* The same, of the words that it was made from; its data begins with word data_at. */
const char *fits_words(const ldns_rr *rr, const struct entry *e, size_t data_at);

/* Octets of its data on the wire. */
size_t fits_data_len(const ldns_rr *rr);

#endif
