/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decide: what serves, judged from verdicts, the configuration and what served last.
 * Pure: no clock, no socket, no log, no global. The same input gives the same plan.
 */
#ifndef HEALTH_DECIDE_H
#define HEALTH_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "conf/outcome.h"
#include "conf/plan.h"

struct decide_input {
	const struct conf		*conf;
	const enum verdict_state	*verdicts;	/* by target index */
	const struct plan		*last;
};

/*
 * Decide one service. serving[] has room for its n_endpoints and is counted from its
 * first endpoint; neither it nor out may lie inside in->last.
 */
void decide_service(const struct decide_input *in, uint32_t service, struct plan_service *out, bool *serving);

#endif
