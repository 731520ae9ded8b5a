/*
 * Log: lines for people, on stderr. The x variants do not append strerror(errno).
 * A line is written with one write(2) and begins with the process: "relevod: ", "dns: ", "health: ".
 * (systemd adds time; on a terminal a time stamp is added here, and warnings are coloured.)
 */
#ifndef CONF_LOG_H
#define CONF_LOG_H

#include <stdbool.h>
#include <stddef.h>

void log_init(const char *process, bool debug); /* process must stay valid */
bool log_is_debug(void);
void log_never_wait(void); /* from now on a line that nobody takes is lost, and counted */
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warnx(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void fatal(const char *fmt, ...) __attribute__((format(printf, 1, 2))); /* exits 1 */
_Noreturn void fatalx(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Copy text with its control characters written as \xNN, cut to size (at least 1). Returns the length. */
size_t log_escape(char *out, size_t size, const char *text);

#endif
