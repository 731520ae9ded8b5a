/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory: allocation that ends the process rather than fail, and arenas of anonymous mappings.
 */
#include "conf/mem.h"

#include <sys/mman.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/log.h"

#define CHUNK_SIZE ((size_t)1 << 20)
#define PAGE_ROUND ((size_t)4095)

struct chunk {
	struct chunk	*next;
	size_t		 size;		/* of the mapping, this header included */
	size_t		 used;		/* the same */
};

struct arena {				/* lives in its own first chunk */
	struct chunk	*chunks;	/* the one that is being filled is first */
	size_t		 handed_out;
};

void *
mem_alloc(size_t size)
{
	void *p = malloc(size > 0 ? size : 1);

	if (p == NULL)
		fatalx("no memory for %zu bytes", size);
	return p;
}

void *
mem_zero(size_t n, size_t size)
{
	void *p = n > 0 && size > 0 ? calloc(n, size) : calloc(1, 1);

	if (p == NULL)
		fatalx("no memory for %zu times %zu bytes", n, size);
	return p;
}

void *
mem_grow(void *p, size_t n, size_t size)
{
	void *grown = n > 0 && size > 0 ? reallocarray(p, n, size) : realloc(p, 1);

	if (grown == NULL)
		fatalx("no memory for %zu times %zu bytes", n, size);
	return grown;
}

char *
mem_string(const char *s)
{
	size_t size = strlen(s) + 1;

	return memcpy(mem_alloc(size), s, size);
}

char *
mem_printf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) == -1)
		fatalx("no memory for a string");
	va_end(ap);
	return s;
}

static struct chunk *
chunk_map(size_t size)
{
	struct chunk *chunk;

	chunk = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (chunk == MAP_FAILED)
		fatal("no memory for an arena of %zu bytes", size);
	chunk->next = NULL;
	chunk->size = size;
	chunk->used = sizeof(*chunk);
	return chunk;
}

/* The next aligned place of the chunk, or NULL when size does not fit behind it. */
static void *
chunk_take(struct chunk *chunk, size_t size, size_t align)
{
	size_t start = (chunk->used + align - 1) & ~(align - 1);

	if (start > chunk->size || size > chunk->size - start)
		return NULL;
	chunk->used = start + size;
	return (char *)chunk + start;
}

/* A request too large for a chunk gets its own, behind the one that is being filled. */
static void *
take_alone(struct arena *a, size_t size, size_t align)
{
	struct chunk *chunk;

	if (size > SIZE_MAX - sizeof(*chunk) - align - PAGE_ROUND)
		fatalx("no memory for an arena block of %zu bytes", size);
	chunk = chunk_map((sizeof(*chunk) + align + size + PAGE_ROUND) & ~PAGE_ROUND);
	chunk->next = a->chunks->next;
	a->chunks->next = chunk;
	return chunk_take(chunk, size, align);
}

struct arena *
arena_new(void)
{
	struct chunk *chunk = chunk_map(CHUNK_SIZE);
	struct arena *a = chunk_take(chunk, sizeof(*a), _Alignof(struct arena));

	a->chunks = chunk;
	return a;
}

void
arena_free(struct arena *a)
{
	struct chunk *chunk, *next;

	for (chunk = a != NULL ? a->chunks : NULL; chunk != NULL; chunk = next) {
		next = chunk->next; /* before the chunk that holds the arena itself is gone */
		munmap(chunk, chunk->size);
	}
}

void *
arena_alloc(struct arena *a, size_t size, size_t align)
{
	size_t before = a->chunks->used;
	struct chunk *chunk;
	void *p;

	if (size >= CHUNK_SIZE / 2 || align >= CHUNK_SIZE / 2) {
		a->handed_out += size;
		return take_alone(a, size, align);
	}
	p = chunk_take(a->chunks, size, align);
	if (p == NULL) {
		chunk = chunk_map(CHUNK_SIZE);
		chunk->next = a->chunks;
		a->chunks = chunk;
		before = chunk->used;
		p = chunk_take(chunk, size, align);
	}
	a->handed_out += a->chunks->used - before;
	return p;
}

char *
arena_string(struct arena *a, const char *s)
{
	size_t size = strlen(s) + 1;

	return memcpy(arena_alloc(a, size, 1), s, size);
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	int len;
	char *s;

	va_start(ap, fmt);
	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, ap);
	if (len < 0)
		fatal("cannot format \"%s\"", fmt);
	s = arena_alloc(a, (size_t)len + 1, 1);
	vsnprintf(s, (size_t)len + 1, fmt, again);
	va_end(again);
	va_end(ap);
	return s;
}

size_t
arena_size(const struct arena *a)
{
	return a->handed_out;
}
