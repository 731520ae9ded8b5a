/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Status: the state of the daemon as JSON, for relevoctl and whoever reads it.
 */
#ifndef HEALTH_STATUS_H
#define HEALTH_STATUS_H

#include <jansson.h>

struct control_view;

json_t *status_json(const struct control_view *view); /* the caller's reference */

#endif
