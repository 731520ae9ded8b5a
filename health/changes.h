/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Changes: what one plan says of a service against the plan before, in words for people.
 * Pure.
 */
#ifndef HEALTH_CHANGES_H
#define HEALTH_CHANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "conf/plan.h"

/* Is anything that dns must know another? */
bool changes_any(const struct conf *conf, uint32_t service, const struct plan *before, const struct plan *after);

/* Is it more than the TTL? */
bool changes_serving(const struct conf *conf, uint32_t service, const struct plan *before, const struct plan *after);

/* "south instead of north", "without 192.0.2.11", "nothing instead of north, no tier can serve: nodata" */
void changes_describe(const struct conf *conf, uint32_t service, const struct plan *before, const struct plan *after,
    char *text, size_t size);

#endif
