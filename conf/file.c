/* SPDX-License-Identifier: BSD-2-Clause */
/* File: see file.h. */
#include "conf/file.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

FILE *
file_open(const char *path, const char **why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	FILE *f = NULL;

	if (fd == -1 || fstat(fd, &st) == -1)
		*why = strerror(errno);
	else if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		*why = "it is not a regular file";
	else if ((f = fdopen(fd, "r")) == NULL)
		*why = strerror(errno);
	if (f == NULL && fd != -1)
		close(fd);
	return f;
}
