/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Replay: feeds files to a fuzz target, so that the ordinary test run stands on every
 * finding of the past without libFuzzer. Arguments are files and folders.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned n_inputs;

/* The input ends at an unreadable page: one byte read too far is a crash in every build. */
static void
feed(const uint8_t *data, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t room = (size + page - 1) / page * page;
	uint8_t *map = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED || mprotect(map + room, page, PROT_NONE) != 0) {
		perror("replay: mmap");
		exit(1);
	}
	if (size > 0)
		memcpy(map + room - size, data, size);
	LLVMFuzzerTestOneInput(map + room - size, size);
	munmap(map, room + page);
	n_inputs++;
}

static void
feed_file(const char *path)
{
	static uint8_t data[1 << 20];
	FILE *f = fopen(path, "rb");

	if (f == NULL) {
		perror(path);
		exit(1);
	}
	feed(data, fread(data, 1, sizeof(data), f));
	fclose(f);
}

static void
feed_folder(const char *path)
{
	struct dirent **entries = NULL;
	int n = scandir(path, &entries, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		char file[4096];

		if (entries[i]->d_name[0] != '.') {
			snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
			feed_file(file);
		}
		free(entries[i]);
	}
	free(entries);
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		DIR *folder = opendir(argv[i]);

		if (folder != NULL) {
			closedir(folder);
			feed_folder(argv[i]);
		} else
			feed_file(argv[i]);
	}
	feed((const uint8_t *)"", 0);
	printf("[  PASSED  ] %s: %u input(s) replayed.\n", argv[0], n_inputs);
	return 0;
}
