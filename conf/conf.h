/*
 * Configuration: relevo.conf read into one immutable tree.
 * Everything hangs in the tree's arena; a reload makes a new tree (a new generation).
 * Indexes run through the whole configuration in the order of the file, so that a
 * service, endpoint or target is one small number in the plan and on the board.
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <sys/socket.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/complaint.h"

#define CONF_DEFAULT_FILE	"/etc/relevo/relevo.conf"
#define CONF_SOCKETS_MAX	120	/* listen addresses times workers; each has a counter block, and TCP threads too */
#define CONF_ENDPOINTS_MAX	1024	/* addresses of one service: what says it stays far below a message */
#define CONF_NO_TARGET		UINT32_MAX	/* endpoint that nothing probes */
#define CONF_TTL_MAX		0x7fffffffu	/* RFC 2181 section 8 */

union conf_sockaddr {
	struct sockaddr		sa;
	struct sockaddr_in	in;
	struct sockaddr_in6	in6;
};

struct conf_listen {
	union conf_sockaddr	 addr;		/* with port */
	socklen_t		 len;
	const char		*text;		/* as written: "[::]@53" */
	struct place		 place;
};

struct conf_net {				/* "127.0.0.0/8" */
	int	family;				/* AF_INET, AF_INET6 */
	uint8_t	addr[16];			/* network order; 4 used for AF_INET; host bits are zero */
	uint8_t	bits;
};

struct conf_server {
	struct conf_listen	*listen;
	size_t			 n_listen;
	unsigned		 workers;	/* UDP and TCP threads per listen address; 0: one per core */
	const char		*control;	/* path of the control socket, absolute */
	const char		*http;		/* reserved for the status page */
	const char		*state;		/* reserved for the saved state, absolute */
	const char		*identity;	/* NSID, id.server; the host's name by default */
	bool			 hide_version;
	const char		*user;		/* whom children become when started as root */
	struct conf_net		*operators;
	size_t			 n_operators;
	unsigned		 tcp_clients;	/* connections open at once, in all */
	uint64_t		 tcp_idle_ms;
};

struct conf_provider {
	const char	*name;
	const char	*label;			/* name when not given */
	struct place	 place;
};

enum check_type { CHECK_TCP, CHECK_HTTP, CHECK_HTTPS };

struct conf_check {
	const char	*name;
	enum check_type	 type;
	unsigned	 port;			/* 0: must come from the member */
	uint64_t	 interval_ms;
	uint64_t	 timeout_ms;
	uint64_t	 recheck_ms;
	unsigned	 jitter;		/* percent of the interval by which a start may come early */
	unsigned	 fall;
	unsigned	 rise;
	/* http and https */
	const char	*path;
	const char	*host;			/* Host header, certificate name; NULL: the target's address */
	const char	*sni;			/* NULL: host */
	int		*status;		/* good ones */
	size_t		 n_status;
	const char	*body;			/* POSIX extended regular expression; NULL: any body */
	const char	**headers;		/* "Name: value" */
	size_t		 n_headers;
	unsigned	 redirects;		/* how many are followed; 0: a redirect is judged by its status */
	bool		 verify;
	const char	*ca_file;		/* NULL: the system's */
	struct place	 place;
};

enum service_answer { ANSWER_ALL, ANSWER_WEIGHTED, ANSWER_STICKY };
enum service_all_down { ALL_DOWN_SERVE_ALL, ALL_DOWN_LAST, ALL_DOWN_NODATA, ALL_DOWN_LIST };
enum zone_health { HEALTH_OPERATORS, HEALTH_PUBLIC, HEALTH_OFF };	/* who may ask _health names */

struct conf_endpoint {				/* one address (or the cname) of a member */
	uint32_t	index;
	uint32_t	member;
	uint32_t	service;
	uint32_t	target;			/* CONF_NO_TARGET: a cname */
	int		family;			/* AF_INET, AF_INET6; AF_UNSPEC: the cname */
	uint8_t		addr[16];		/* network order */
	const char	*text;			/* address or cname, for people */
};

struct conf_member {
	uint32_t	 index;
	uint32_t	 service;
	uint32_t	 provider;
	unsigned	 tier;			/* 1 is first */
	unsigned	 weight;		/* 1 to 255 */
	unsigned	 port;			/* 0: the check's */
	uint32_t	 first_endpoint;
	uint32_t	 n_endpoints;		/* at least 1 */
	const char	*cname;			/* NULL or a whole name with its final dot; then one endpoint, AF_UNSPEC */
	const char	**records;		/* "MX 10 mail" */
	size_t		 n_records;
	struct place	 place;
};

struct conf_service {
	uint32_t		 index;
	uint32_t		 zone;
	const char		*name;		/* as written, relative to the zone, "@" for its apex */
	const char		*fqdn;		/* presentation format, lower case, no final dot unless root */
	uint32_t		 check;
	enum service_answer	 answer;
	uint32_t		 ttl;		/* seconds */
	uint32_t		 ttl_suspect;
	unsigned		 min_up;
	unsigned		 max_answers;
	enum service_all_down	 all_down;
	uint32_t		*all_down_providers;	/* ALL_DOWN_LIST: whose members are served */
	size_t			 n_all_down_providers;
	uint32_t		 first_member;
	uint32_t		 n_members;	/* at least 1 */
	uint32_t		 first_endpoint;
	uint32_t		 n_endpoints;	/* of all members, contiguous */
	struct place		 place;
};

struct conf_zone {
	uint32_t	 index;
	const char	*name;			/* presentation format, lower case, no final dot unless root */
	const char	*file;			/* absolute */
	enum zone_health health;
	uint32_t	 first_service;
	uint32_t	 n_services;
	struct place	 place;
};

struct conf_target {				/* one address probed by one check */
	uint32_t		 index;
	uint32_t		 check;
	union conf_sockaddr	 addr;		/* with the effective port */
	socklen_t		 len;
	const char		*text;		/* address for people: "192.0.2.10", "192.0.2.10@8443" when not the check's port */
	const char		*key;		/* identity across generations: "CHECK ADDRESS PORT" */
};

struct conf {
	struct arena		*arena;
	const char		*file;
	struct conf_server	 server;
	struct conf_provider	*providers;	size_t n_providers;
	struct conf_check	*checks;	size_t n_checks;
	struct conf_zone	*zones;		size_t n_zones;
	struct conf_service	*services;	size_t n_services;
	struct conf_member	*members;	size_t n_members;
	struct conf_endpoint	*endpoints;	size_t n_endpoints;
	struct conf_target	*targets;	size_t n_targets;
};

/*
 * Read a configuration with everything it includes. NULL when there was at least one
 * mistake; complaints are added to c either way. Relative paths, also those in included
 * files, start at the folder of file. The caller frees with conf_free().
 */
struct conf *conf_load(const char *file, struct complaints *c);
void conf_free(struct conf *conf); /* NULL is allowed */

/* Is the address (IPv4-mapped IPv6 counts as IPv4) inside one of the networks? */
bool conf_net_match(const struct conf_net *nets, size_t n, const struct sockaddr *sa);

#endif
