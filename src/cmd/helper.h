/* SPDX-License-Identifier: Apache-2.0 */
/* What git and docker ask a credential helper for, and its answer: git-credential(1), docker-credential-helpers. */
#ifndef P11BEARER_CMD_HELPER_H
#define P11BEARER_CMD_HELPER_H

#include "cmd/cmd.h"

enum helper_action { HELPER_GET, HELPER_STORE, HELPER_ERASE, HELPER_LIST };

struct helper {
	enum settings_format format; /* FORMAT_GIT or FORMAT_DOCKER */
	char host[300]; /* that wants a credential, with a port other than 443; "": none, or not just one */
	char url[1024]; /* docker: the request */
	bool https;
	bool takes_bearer; /* git: it can send the bearer as such */
	struct secret *password; /* git: the bearer that the host has refused or accepted; NULL: none is named */
};

/* The action that the operand names; without one, HELPER_GET. Fails with ERROR_USAGE, also if the format is not that of
 * a helper and there is an operand. */
int helper_action(const struct settings *settings, enum settings_format format, enum helper_action *action,
		  struct error *error);

/* Reads the request from standard input. Fails with ERROR_CONFIG. The caller frees helper->password, also then. */
int helper_read(enum settings_format format, struct helper *helper, struct error *error);

/* Sets *concerns to whether the bearer may be sent to the request's host: whether it is one of the row's, by https.
 * Fails with ERROR_CONFIG if the row's list is incomplete. */
int helper_concerns(const struct helper *helper, const struct server *server, bool *concerns, struct error *error);

/* Appends the answer. `login` is the user name that the bearer needs as a password, or NULL; `expiry` in seconds since
 * 1970, or 0 if it is unknown. Returns 0, or -1 if memory is exhausted. */
int helper_answer(struct secret *text, const struct helper *helper, const char *login, const char *token,
		  long long expiry);

#endif
