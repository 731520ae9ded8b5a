/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Check kinds: what check.c needs of a kind, and what a kind finds in check.c. A new
 * kind is a file check_x.c and a row in check.c.
 */
#ifndef HEALTH_CHECK_KIND_H
#define HEALTH_CHECK_KIND_H

#include "health/check.h"

struct check_kind {
	/* Prepare for all checks of this kind; the result is check_context(). May be NULL, like close. */
	void	*(*open)(struct event_base *base, const struct conf *conf);
	void	 (*close)(void *context);
	/* Begin; may call check_done() at once. */
	void	 (*start)(struct probe *p);
	/* Let go of sockets and handles, whatever state the probe is in. Called once for each started probe. */
	void	 (*stop)(struct probe *p);
};

extern const struct check_kind check_tcp;
extern const struct check_kind check_http;

/* The one way a probe ends by itself. p is gone afterwards. */
void check_done(struct probe *p, enum outcome outcome, unsigned number, const char *detail);

void *check_context(const struct probe *p);
struct event_base *check_base(const struct probe *p);

/* What a failed socket() or connect() to the target says: of it, or of ourselves. */
enum outcome check_errno_outcome(int error, const struct conf_target *target);

#endif
