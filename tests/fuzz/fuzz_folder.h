/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A folder of its own for a fuzz target whose input is a file: what the input includes
 * by a relative name is itself or nothing.
 */
#ifndef TESTS_FUZZ_FUZZ_FOLDER_H
#define TESTS_FUZZ_FUZZ_FOLDER_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char fuzz_path[PATH_MAX];

static inline void
fuzz_folder_remove(void)
{
	unlink(fuzz_path);
	*strrchr(fuzz_path, '/') = '\0';
	rmdir(fuzz_path);
}

/* The input's path: a file called "f". */
static inline const char *
fuzz_file_path(void)
{
	char folder[] = "/tmp/relevo-fuzz-XXXXXX";

	if (fuzz_path[0] != '\0')
		return fuzz_path;
	if (mkdtemp(folder) == NULL)
		abort();
	snprintf(fuzz_path, sizeof fuzz_path, "%s/f", folder);
	atexit(fuzz_folder_remove);
	return fuzz_path;
}

/* Is this an input to leave alone? A device may block or have no end. */
static inline bool
fuzz_names_a_device(const uint8_t *data, size_t size)
{
	return memmem(data, size, "/dev", 4) || memmem(data, size, "/proc", 5) || memmem(data, size, "/sys", 4);
}

static inline void
fuzz_file_write(const uint8_t *data, size_t size)
{
	FILE *f = fopen(fuzz_file_path(), "w");

	if (f == NULL || fwrite(data, 1, size, f) != size || fclose(f) != 0)
		abort();
}

#endif
