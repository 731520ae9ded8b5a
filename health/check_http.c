/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HTTP and HTTPS check: libcurl's multi interface on libevent. The only file that knows
 * libcurl.
 *
 * A probe speaks to the target's address and to nothing else: the name in the URL (for
 * certificates and virtual hosts) is never looked up, redirects stay on the address, no
 * proxy is asked. Every probe is a fresh connection. Setting up an easy handle costs more
 * than using it, so handles are kept, ready, by check.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <curl/curl.h>
#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/log.h"
#include "conf/mem.h"
#include "health/check_kind.h"

#define BODY_MAX    65536 /* what is read of a body and looked at */
#define HEADERS_MAX 65536 /* what libcurl may keep of the headers */
#define USER_AGENT  "relevod/" RELEVO_VERSION " (health check)"

struct http_check;

/* One easy handle; belongs to its check, and to a probe while that runs. */
struct handle {
	struct handle *next; /* idle ones */
	struct http_check *check;
	struct probe *probe;              /* NULL: idle */
	const struct conf_target *target; /* for which URL and lists are set */
	CURL *easy;
	char *body; /* read so far; NULL when nobody looks at it */
	size_t body_room;
	size_t body_len;
	size_t headers_len;
	int socket_error; /* errno of a socket that could not be made */
	bool body_full;   /* the transfer was ended by us: enough was read */
	bool headers_full;
	char error[CURL_ERROR_SIZE];
};

struct http_check {
	const struct conf_check *conf;
	regex_t body;
	struct handle *idle;
};

/* What libcurl must be told for a target; made when it is first probed. */
struct http_target {
	char *url;
	struct curl_slist *connect_to;
	struct curl_slist *headers;
};

/* A socket that libcurl wants watched. */
struct watched {
	struct watched *next;
	struct event event;
};

struct http {
	struct event_base *base;
	const struct conf *conf;
	CURLM *multi;
	struct event timer;
	struct http_check *checks;   /* by check index */
	struct http_target *targets; /* by target index */
	struct watched *idle;
};

/* How libcurl's words are ours. What is not here is a violation of the protocol. */
struct result_row {
	CURLcode code;
	enum outcome outcome;
};

// clang-format off
static const struct result_row results[] = {
	{ CURLE_GOT_NOTHING,			OUTCOME_RESET },
	{ CURLE_RECV_ERROR,			OUTCOME_RESET },
	{ CURLE_SEND_ERROR,			OUTCOME_RESET },
	{ CURLE_PARTIAL_FILE,			OUTCOME_RESET },
	{ CURLE_OPERATION_TIMEDOUT,		OUTCOME_TIMEOUT },
	{ CURLE_SSL_CONNECT_ERROR,		OUTCOME_TLS },
	{ CURLE_SSL_CIPHER,			OUTCOME_TLS },
	{ CURLE_PEER_FAILED_VERIFICATION,	OUTCOME_CERTIFICATE },
	{ CURLE_SSL_ISSUER_ERROR,		OUTCOME_CERTIFICATE },
	{ CURLE_SSL_CACERT_BADFILE,		OUTCOME_LOCAL },
	{ CURLE_SSL_ENGINE_INITFAILED,		OUTCOME_LOCAL },
	{ CURLE_COULDNT_RESOLVE_HOST,		OUTCOME_LOCAL },
	{ CURLE_FAILED_INIT,			OUTCOME_LOCAL },
	{ CURLE_OUT_OF_MEMORY,			OUTCOME_LOCAL },
	{ CURLE_URL_MALFORMAT,			OUTCOME_LOCAL },
};
// clang-format on

static int on_socket(CURL *, curl_socket_t, int, void *, void *);
static int on_timer_wish(CURLM *, long, void *);
static void on_timer(evutil_socket_t, short, void *);

/* --- what is set up once ---------------------------------------------------------------- */

static void
compile_body(struct http_check *c)
{
	char why[256];
	int error;

	if (c->conf->body == NULL)
		return;
	error = regcomp(&c->body, c->conf->body, REG_EXTENDED | REG_NOSUB);
	if (error == 0)
		return;
	regerror(error, &c->body, why, sizeof(why));
	fatalx("check %s: body: %s", c->conf->name, why); /* the configuration was checked for this */
}

static bool
is_http(const struct conf_check *check)
{
	return check->type == CHECK_HTTP || check->type == CHECK_HTTPS;
}

static void *
http_open(struct event_base *base, const struct conf *conf)
{
	struct http *http = mem_zero(1, sizeof(*http));
	size_t i;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || (http->multi = curl_multi_init()) == NULL)
		fatalx("libcurl does not start");
	http->base = base;
	http->conf = conf;
	http->checks = mem_zero(conf->n_checks, sizeof(*http->checks));
	http->targets = mem_zero(conf->n_targets, sizeof(*http->targets));
	for (i = 0; i < conf->n_checks; i++) {
		http->checks[i].conf = &conf->checks[i];
		if (is_http(&conf->checks[i]))
			compile_body(&http->checks[i]);
	}
	event_assign(&http->timer, base, -1, 0, on_timer, http);
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, on_timer_wish);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
	return http;
}

static void
free_handles(struct http_check *c)
{
	while (c->idle != NULL) {
		struct handle *h = c->idle;

		c->idle = h->next;
		curl_easy_cleanup(h->easy);
		free(h->body);
		free(h);
	}
	if (is_http(c->conf) && c->conf->body != NULL)
		regfree(&c->body);
}

static void
http_close(void *context)
{
	struct http *http = context;
	size_t i;

	for (i = 0; i < http->conf->n_checks; i++)
		free_handles(&http->checks[i]);
	curl_multi_cleanup(http->multi);
	event_del(&http->timer);
	for (i = 0; i < http->conf->n_targets; i++) {
		free(http->targets[i].url);
		curl_slist_free_all(http->targets[i].connect_to);
		curl_slist_free_all(http->targets[i].headers);
	}
	while (http->idle != NULL) {
		struct watched *w = http->idle;

		http->idle = w->next;
		free(w);
	}
	free(http->checks);
	free(http->targets);
	free(http);
	curl_global_cleanup();
}

/* --- what is set up for a target -------------------------------------------------------- */

static void
append(struct curl_slist **list, const char *text)
{
	struct curl_slist *longer = curl_slist_append(*list, text);

	if (longer == NULL)
		fatalx("no memory for a header");
	*list = longer;
}

static void
append_taken(struct curl_slist **list, char *text)
{
	append(list, text);
	free(text);
}

/* The address as URLs have it. */
static void
address_text(const struct conf_target *t, char *text, size_t size)
{
	char bare[INET6_ADDRSTRLEN] = "";

	if (t->addr.sa.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &t->addr.in6.sin6_addr, bare, sizeof(bare));
		snprintf(text, size, "[%s]", bare);
		return;
	}
	inet_ntop(AF_INET, &t->addr.in.sin_addr, bare, sizeof(bare));
	snprintf(text, size, "%s", bare);
}

static unsigned
port_of(const struct conf_target *t)
{
	return ntohs(t->addr.sa.sa_family == AF_INET6 ? t->addr.in6.sin6_port : t->addr.in.sin_port);
}

/*
 * The URL's name is what the certificate is checked for; the Host header is said apart.
 * libcurl sends only the first Host header of the list, so the operator's own comes first.
 */
static void
prepare_target(struct http_target *ht, const struct conf_check *c, const struct conf_target *t)
{
	const char *scheme = c->type == CHECK_HTTPS ? "https" : "http";
	const char *name = c->sni != NULL ? c->sni : c->host;
	char address[INET6_ADDRSTRLEN + 2];
	size_t i;

	address_text(t, address, sizeof(address));
	ht->url = mem_printf("%s://%s:%u%s", scheme, name != NULL ? name : address, port_of(t), c->path);
	for (i = 0; i < c->n_headers; i++)
		append(&ht->headers, c->headers[i]);
	if (c->host != NULL)
		append_taken(&ht->headers, mem_printf("Host: %s", c->host));
	else if (name != NULL)
		append_taken(&ht->headers, mem_printf("Host: %s:%u", address, port_of(t)));
	/* Whatever host and port are asked for, a redirect's too: this address, that port. */
	if (name != NULL || c->redirects > 0)
		append_taken(&ht->connect_to, mem_printf("::%s:", address));
}

/* --- what libcurl calls while it works -------------------------------------------------- */

static size_t
on_header(char *data, size_t size, size_t n, void *arg)
{
	struct handle *h = arg;

	(void)data;
	h->headers_len += size * n;
	if (h->headers_len > HEADERS_MAX) {
		h->headers_full = true;
		return 0;
	}
	return size * n;
}

static void
keep_body(struct handle *h, const char *data, size_t len)
{
	if (h->body_len + len > h->body_room) {
		h->body_room = h->body_len + len < 4096 ? 4096 : BODY_MAX;
		h->body = mem_grow(h->body, h->body_room + 1, 1); /* ends with a NUL, for regexec() */
	}
	memcpy(h->body + h->body_len, data, len);
	h->body[h->body_len + len] = '\0';
}

static size_t
on_body(char *data, size_t size, size_t n, void *arg)
{
	struct handle *h = arg;
	size_t len = size * n;
	size_t taken = len < BODY_MAX - h->body_len ? len : BODY_MAX - h->body_len;

	if (h->check->conf->body != NULL)
		keep_body(h, data, taken);
	h->body_len += taken;
	h->body_full = h->body_len == BODY_MAX;
	return h->body_full ? 0 : len;
}

static bool
is_target(const struct conf_target *t, const struct curl_sockaddr *to)
{
	union conf_sockaddr addr;

	memset(&addr, 0, sizeof(addr));
	memcpy(&addr, &to->addr, to->addrlen < sizeof(addr) ? to->addrlen : sizeof(addr));
	if (to->family != t->addr.sa.sa_family)
		return false;
	if (to->family == AF_INET)
		return addr.in.sin_addr.s_addr == t->addr.in.sin_addr.s_addr;
	return memcmp(&addr.in6.sin6_addr, &t->addr.in6.sin6_addr, sizeof(addr.in6.sin6_addr)) == 0;
}

/* Make the socket; the last fence before a connection to an address that is not the target's. */
static curl_socket_t
on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct handle *h = arg;
	int fd;

	if (purpose != CURLSOCKTYPE_IPCXN || !is_target(h->target, to)) {
		h->socket_error = EACCES;
		return CURL_SOCKET_BAD;
	}
	fd = socket(to->family, to->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, to->protocol);
	if (fd == -1)
		h->socket_error = errno;
	return fd;
}

/* --- handles ---------------------------------------------------------------------------- */

static void
set_security(CURL *easy, const struct conf_check *c)
{
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, c->verify ? 1L : 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, c->verify ? 2L : 0L);
	/* A resumed session would not show us the certificate. */
	curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	if (c->ca_file == NULL)
		return;
	curl_easy_setopt(easy, CURLOPT_CAINFO, c->ca_file);
	curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
}

static void
set_options(CURL *easy, const struct conf_check *c)
{
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, c->redirects > 0 ? 1L : 0L);
	curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)c->redirects);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	/* Addresses are cached like names, and the cache is searched from end to end for each probe. */
	curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, USER_AGENT);
}

static struct handle *
new_handle(struct http_check *c)
{
	struct handle *h = mem_zero(1, sizeof(*h));

	h->check = c;
	h->easy = curl_easy_init();
	if (h->easy == NULL)
		fatalx("no memory for an HTTP probe");
	set_options(h->easy, c->conf);
	set_security(h->easy, c->conf);
	curl_easy_setopt(h->easy, CURLOPT_PRIVATE, h);
	curl_easy_setopt(h->easy, CURLOPT_ERRORBUFFER, h->error);
	curl_easy_setopt(h->easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(h->easy, CURLOPT_HEADERDATA, h);
	curl_easy_setopt(h->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(h->easy, CURLOPT_WRITEDATA, h);
	curl_easy_setopt(h->easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
	curl_easy_setopt(h->easy, CURLOPT_OPENSOCKETDATA, h);
	return h;
}

static void
aim(struct handle *h, const struct http_target *ht, const struct conf_target *target)
{
	if (h->target == target)
		return;
	h->target = target;
	curl_easy_setopt(h->easy, CURLOPT_URL, ht->url);
	curl_easy_setopt(h->easy, CURLOPT_CONNECT_TO, ht->connect_to);
	curl_easy_setopt(h->easy, CURLOPT_HTTPHEADER, ht->headers);
}

static struct handle *
take_handle(struct http *http, struct probe *p)
{
	struct http_check *c = &http->checks[p->target->check];
	struct http_target *ht = &http->targets[p->target->index];
	struct handle *h = c->idle;

	if (h == NULL)
		h = new_handle(c);
	else
		c->idle = h->next;
	if (ht->url == NULL)
		prepare_target(ht, c->conf, p->target);
	aim(h, ht, p->target);
	h->probe = p;
	h->body_len = h->headers_len = 0;
	h->body_full = h->headers_full = false;
	h->socket_error = 0;
	h->error[0] = '\0';
	return h;
}

static void
http_start(struct probe *p)
{
	struct http *http = check_context(p);
	struct handle *h = take_handle(http, p);

	p->private = h;
	/* Work begins from the timer that libcurl asks for here. */
	if (curl_multi_add_handle(http->multi, h->easy) != CURLM_OK)
		check_done(p, OUTCOME_LOCAL, 0, "libcurl takes no more");
}

static void
http_stop(struct probe *p)
{
	struct http *http = check_context(p);
	struct handle *h = p->private;

	curl_multi_remove_handle(http->multi, h->easy);
	h->probe = NULL;
	h->next = h->check->idle;
	h->check->idle = h;
	p->private = NULL;
}

/* --- judging ---------------------------------------------------------------------------- */

static bool
status_good(const struct conf_check *c, long status)
{
	size_t i;

	for (i = 0; i < c->n_status; i++)
		if (c->status[i] == status)
			return true;
	return false;
}

static bool
body_good(const struct handle *h)
{
	regmatch_t range = { .rm_so = 0, .rm_eo = (regoff_t)h->body_len };

	if (h->check->conf->body == NULL)
		return true;
	return regexec(&h->check->body, h->body_len > 0 ? h->body : "", 0, &range, REG_STARTEND) == 0;
}

static void
answered(struct probe *p, const struct handle *h)
{
	long status = 0;

	curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
	if (!status_good(p->check, status))
		check_done(p, OUTCOME_STATUS, (unsigned)status, NULL);
	else if (!body_good(h))
		check_done(p, OUTCOME_BODY, (unsigned)status, NULL);
	else
		check_done(p, OUTCOME_GOOD, (unsigned)status, NULL);
}

static void
not_connected(struct probe *p, const struct handle *h)
{
	enum outcome outcome;
	long error = 0;

	curl_easy_getinfo(h->easy, CURLINFO_OS_ERRNO, &error);
	if (h->socket_error != 0)
		error = h->socket_error;
	outcome = check_errno_outcome((int)error, p->target);
	check_done(p, outcome, 0,
	    outcome == OUTCOME_LOCAL || outcome == OUTCOME_UNREACHABLE ? strerror((int)error) : NULL);
}

/* libcurl says "no memory" of a header line that is too long for it, too. */
static bool
had_answer(const struct handle *h)
{
	curl_off_t connected_us = 0;

	curl_easy_getinfo(h->easy, CURLINFO_CONNECT_TIME_T, &connected_us);
	return connected_us > 0;
}

static enum outcome
outcome_of(CURLcode code)
{
	size_t i;

	for (i = 0; i < sizeof(results) / sizeof(results[0]); i++)
		if (results[i].code == code)
			return results[i].outcome;
	return OUTCOME_PROTOCOL;
}

static void
judge(struct probe *p, const struct handle *h, CURLcode code)
{
	const char *detail = h->error[0] != '\0' ? h->error : curl_easy_strerror(code);

	if (h->headers_full)
		check_done(p, OUTCOME_PROTOCOL, 0, "headers without an end");
	else if (code == CURLE_OK || code == CURLE_TOO_MANY_REDIRECTS || h->body_full)
		answered(p, h);
	else if (code == CURLE_COULDNT_CONNECT)
		not_connected(p, h);
	else if (code == CURLE_OUT_OF_MEMORY && had_answer(h))
		check_done(p, OUTCOME_PROTOCOL, 0, "a header line without an end");
	else
		check_done(p, outcome_of(code), 0, detail);
}

/* --- libcurl and libevent --------------------------------------------------------------- */

static void
collect(struct http *http)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
		CURLcode code = message->data.result;
		struct handle *h = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&h);
		judge(h->probe, h, code);
	}
}

static void
on_watched(evutil_socket_t fd, short what, void *arg)
{
	struct http *http = arg;
	int flags = (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);
	int running;

	curl_multi_socket_action(http->multi, fd, flags, &running);
	collect(http);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct http *http = arg;
	int running;

	(void)fd;
	(void)what;
	curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	collect(http);
}

static int
on_timer_wish(CURLM *multi, long wait_ms, void *arg)
{
	struct http *http = arg;
	struct timeval wait = { .tv_sec = wait_ms / 1000, .tv_usec = wait_ms % 1000 * 1000 };

	(void)multi;
	if (wait_ms < 0)
		event_del(&http->timer);
	else
		event_add(&http->timer, &wait);
	return 0;
}

static struct watched *
take_watched(struct http *http, curl_socket_t fd)
{
	struct watched *w = http->idle;

	if (w == NULL)
		w = mem_zero(1, sizeof(*w));
	else
		http->idle = w->next;
	curl_multi_assign(http->multi, fd, w);
	return w;
}

static int
on_socket(CURL *easy, curl_socket_t fd, int wish, void *arg, void *of_socket)
{
	struct http *http = arg;
	struct watched *w = of_socket;
	short events = EV_PERSIST;

	(void)easy;
	if (w != NULL)
		event_del(&w->event);
	if (wish == CURL_POLL_REMOVE) {
		if (w != NULL) {
			w->next = http->idle;
			http->idle = w;
		}
		return 0;
	}
	if (w == NULL)
		w = take_watched(http, fd);
	if (wish & CURL_POLL_IN)
		events |= EV_READ;
	if (wish & CURL_POLL_OUT)
		events |= EV_WRITE;
	event_assign(&w->event, http->base, fd, events, on_watched, http);
	event_add(&w->event, NULL);
	return 0;
}

const struct check_kind check_http = {
	.open = http_open,
	.close = http_close,
	.start = http_start,
	.stop = http_stop,
};
