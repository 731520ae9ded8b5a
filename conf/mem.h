/*
 * Memory: allocation that cannot fail, and arenas.
 * No memory is fatal (STYLE: the parent starts us again), so nothing here returns NULL.
 */
#ifndef CONF_MEM_H
#define CONF_MEM_H

#include <stddef.h>
#include <stdint.h>

void *mem_alloc(size_t size);                   /* uninitialised; free() it */
void *mem_zero(size_t n, size_t size);          /* zeroed array; overflow of n * size is fatal */
void *mem_grow(void *p, size_t n, size_t size); /* realloc to n * size; overflow is fatal */
char *mem_string(const char *s);                /* strdup */
char *mem_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * An arena gives memory that is freed all at once. Its blocks are anonymous
 * mappings, so a process that inherits one by fork shares its pages.
 */
struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *a);                              /* NULL is allowed */
void *arena_alloc(struct arena *a, size_t size, size_t align); /* zeroed; align is a power of two */
char *arena_string(struct arena *a, const char *s);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
size_t arena_size(const struct arena *a); /* bytes handed out, padding included */

#endif
