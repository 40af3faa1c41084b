/* SPDX-License-Identifier: Apache-2.0 */
/* The agent: holds bearers and hands them out over a Unix socket. It loads no module, holds no PIN and does not talk to
 * the network: bearers come from worker processes, which are "p11bearer token --batch". One thread does everything, in
 * one event loop. */
#ifndef P11BEARER_AGENT_H
#define P11BEARER_AGENT_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct audit;

/* One profile, as the configuration files describe it. It owns its strings. */
struct agent_profile {
	char *name;
	char *key, *next_key; /* their URIs without a PIN, to show; next_key may be NULL */
	char *certificate, *next_certificate; /* paths, to show the days left; NULL: not set */
	char *allow;          /* rules for bearers; NULL: the agent's own uid */
	char *allow_assertion; /* rules for assertions; NULL: nobody */
	char *username;       /* NULL: each request names one */
	char *usernames;      /* patterns (fnmatch(3)) that a request's username may match; NULL: only `username` */
	char *server;         /* URL that logins go to; the number of logins of its users is limited */
	bool fixed;           /* the worker's settings have all that a line could carry, because values may be computed,
	                       * which lines cannot have. A line only names the user, if it is not `username`; that may
	                       * then be just a name for the bearer, if the server knows no users */
	char *shape;          /* members of a batch line for this profile, such as "client-id":"…","lifetime":180, but
	                       * not username, jti, claims and ref; may be empty */
	char *claims;         /* its claims, as the members of a JSON object; may be empty */
	bool jti;             /* assertions have one */
	char *worker;         /* the settings that no batch line carries: profiles with the same text share workers */
	char *fingerprint;    /* everything in this struct that shapes a request or says where it goes, as text: if a
	                       * reload changes it, the profile's bearers are wiped. The keys are no part of it: a
	                       * bearer is the same whichever key it was issued for, and while a key is replaced,
	                       * which takes several reloads, clients must not have to log in again */
	int settings;         /* descriptor of a configuration file in memory with this profile: what its workers start
	                       * with, so that one that starts later knows what the agent has read. Its number is above
	                       * those of a worker's descriptors */
	bool prompt;          /* a person types the PIN: starts locked */
	long module_timeout, module_wait, timeout, retries; /* seconds; how long a worker may take */
	long bearer_seconds;  /* lifetime of bearers that state none; 0: unknown */
	long logins_per_hour; /* exchanges for one user of the server; more are refused */
	char *sink;           /* file that always has a fresh bearer of `username`; NULL: none */
	mode_t sink_mode;
	uid_t sink_uid;       /* (uid_t)-1: the agent's */
	gid_t sink_gid;       /* (gid_t)-1: the agent's */
	struct audit *audit;  /* of the configuration, shared; NULL: off */
	bool audit_required;
};

/* What the files say. */
struct agent_config {
	char *socket;         /* path */
	mode_t socket_mode;
	gid_t socket_group;   /* (gid_t)-1: leave it */
	long connections;     /* that one uid may have at the same time */
	char *allow_metrics;  /* rules; NULL: only the agent's own uid and root */
	struct agent_profile *profiles;
	size_t count;
};

/* How the agent gets its configuration and its workers. */
struct agent_setup {
	/* Reads the files again. The agent frees *config with `free_config`. Fails with ERROR_CONFIG or ERROR_USAGE,
	 * and changes nothing then. */
	int (*load)(void *context, struct agent_config **config, struct error *error);
	void (*free_config)(struct agent_config **config);
	void *context;
	const char *program;  /* path of p11bearer, which the workers run */
};

/* Serves until SIGTERM, SIGINT, or until nothing is left to serve because PINs were refused. Fails with ERROR_CONFIG,
 * ERROR_UNEXPECTED (the socket cannot be bound), or ERROR_PIN. */
int agent_run(const struct agent_setup *setup, struct error *error);

#endif
