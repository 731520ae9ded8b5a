/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Outcome: the one table of how probes end, and the names of the verdicts.
 */
#include "conf/outcome.h"

// clang-format off
static const struct outcome_row rows[OUTCOME_COUNT] = {
	[OUTCOME_NONE]		= { "none",		"not probed yet",		false },
	[OUTCOME_GOOD]		= { "good",		"good",				true },
	[OUTCOME_REFUSED]	= { "refused",		"connection refused",		true },
	[OUTCOME_RESET]		= { "reset",		"connection closed early",	true },
	[OUTCOME_TIMEOUT]	= { "timeout",		"no answer in time",		true },
	[OUTCOME_UNREACHABLE]	= { "unreachable",	"unreachable",			true },
	[OUTCOME_TLS]		= { "tls",		"TLS handshake failed",		true },
	[OUTCOME_CERTIFICATE]	= { "certificate",	"certificate not valid",	true },
	[OUTCOME_PROTOCOL]	= { "protocol",		"protocol violated",		true },
	[OUTCOME_STATUS]	= { "status",		"wrong status",			true },
	[OUTCOME_BODY]		= { "body",		"expected content missing",	true },
	[OUTCOME_LOCAL]		= { "local",		"trouble of our own",		false },
};

static const char *const verdict_names[VERDICT_STATES] = {
	[VERDICT_UNKNOWN]	= "unknown",
	[VERDICT_UP]		= "up",
	[VERDICT_SUSPECT]	= "suspect",
	[VERDICT_DOWN]		= "down",
};
// clang-format on

const struct outcome_row *
outcome_row(enum outcome outcome)
{
	if ((unsigned)outcome >= OUTCOME_COUNT)
		return &rows[OUTCOME_NONE];
	return &rows[outcome];
}

const char *
verdict_name(enum verdict_state state)
{
	if ((unsigned)state >= VERDICT_STATES)
		return verdict_names[VERDICT_UNKNOWN];
	return verdict_names[state];
}
