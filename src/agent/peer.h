/* SPDX-License-Identifier: Apache-2.0 */
/* Who is at the other end of a connection, as the kernel knows it, and rules for who may do what. */
#ifndef P11BEARER_AGENT_PEER_H
#define P11BEARER_AGENT_PEER_H

#include "agent/unit.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What a peer wants, by the name that it has bound. Anyone may bind such names. */
enum peer_kind {
	PEER_HTTP,
	PEER_CREDENTIAL,      /* systemd's LoadCredential=; if claimed_unit is empty, the claim does not count */
	PEER_UNLOCK,          /* "agent unlock" */
};

struct peer {
	int fd;               /* of the connection; owned by the listener's user */
	pid_t pid;
	uid_t uid;
	gid_t gid;            /* SO_PEERCRED, taken when the peer connected */
	char unit[UNIT_SIZE]; /* see peer_unit */
	bool unit_known;
	enum peer_kind kind;
	char claimed_unit[128], claimed_id[128]; /* PEER_CREDENTIAL of root or the agent's own user; else empty */
};

/* Fills `peer` from the connection. Returns -1 if the kernel does not tell. */
int peer_read(struct peer *peer, int fd);

/* The systemd unit that the peer runs in, such as "web.service"; "" if it runs in none, has ended, or the kernel cannot
 * say for certain. Read once, from the peer's cgroup, through a pidfd, so that a reused pid does not count
 * (SO_PEERPIDFD; before Linux 6.5, pidfd_open(2), and a reused pid counts only for the same uid). Units of user
 * managers do not count as the system's; for an agent in its own user's manager, only that manager's units do. */
const char *peer_unit(struct peer *peer);

/* Rules such as "uid:1000 gid:web unit:backup-*.service": the peer must match one of them. */
struct rules;

/* `text` NULL: no rule, nobody. Fails with ERROR_CONFIG if a word is no rule, or names no user or group that exists.
 * The caller frees *rules in any case. */
int rules_parse(struct rules **rules, const char *text, struct error *error);
void rules_free(struct rules **rules);

/* Whether the peer matches a rule. gid: also counts supplementary groups (SO_PEERGROUPS). `rules` NULL: no. */
bool rules_allow(const struct rules *rules, struct peer *peer);

/* Whether a rule "unit:PATTERN" matches the unit. */
bool rules_allow_unit(const struct rules *rules, const char *unit);

/* Whether the peer is root or the agent's own user. */
bool peer_is_owner(const struct peer *peer);

#endif
