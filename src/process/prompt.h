/* SPDX-License-Identifier: Apache-2.0 */
/* Reads secrets from all the sources that users name: those of base/source.h, a credential of systemd, and the
 * terminal. */
#ifndef P11BEARER_PROCESS_PROMPT_H
#define P11BEARER_PROCESS_PROMPT_H

#include "base/source.h"

/* What to say to the user. */
struct prompt {
	const char *subject; /* what needs the secret, such as "token \"prod\"" */
	const char *what;    /* the secret with its article: "a PIN" */
	const char *option;  /* that names another source, such as "--pin-from" */
};

/* Parses a source: prompt, file:PATH, env:NAME, fd:N or credential:NAME; reads nothing. `name` is the secret's, as in
 * struct source_kind. The message does not show the text. Fails with ERROR_CONFIG. */
int prompt_parse(struct source *source, const char *name, const char *text, struct error *error);

/* Reads the secret from its source. SOURCE_NONE counts as SOURCE_PROMPT, which asks on the terminal, without echo:
 * "PIN of token "prod": ". Applies source_clean. Fails with the kind's class. */
int prompt_read(const struct source *source, const struct source_kind *kind, const struct prompt *prompt,
		struct secret *secret, struct error *error);

#endif
