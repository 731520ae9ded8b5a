/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clock: the two times of the health process. Pure files get them as arguments.
 */
#ifndef HEALTH_CLOCK_H
#define HEALTH_CLOCK_H

#include <stdint.h>

uint64_t clock_us(void);      /* CLOCK_MONOTONIC: for distances */
uint64_t clock_unix_ms(void); /* CLOCK_REALTIME: for people */

#endif
