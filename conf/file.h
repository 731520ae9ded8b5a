/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * File: opening what the operator names.
 */
#ifndef CONF_FILE_H
#define CONF_FILE_H

#include <stdio.h>

/*
 * Open for reading; NULL with *why. Only a regular file, for a FIFO would wait for its
 * writer and a device need not end; a folder says what it is when it is read.
 */
FILE *file_open(const char *path, const char **why);

#endif
