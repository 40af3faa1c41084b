/* SPDX-License-Identifier: Apache-2.0 */
/* Words for a person, on stderr behind "p11bearer: ". */
#ifndef P11BEARER_BASE_MESSAGE_H
#define P11BEARER_BASE_MESSAGE_H

#include "base/error.h"

#include <stdbool.h>

/* Turns the lines of message_step on or off (--verbose). */
void message_verbose(bool on);
bool message_is_verbose(void);

/* A warning: work goes on. The text is one line; what could mislead a reader, or drive the terminal, becomes '?', so that
 * no answer of an org or name on a token can do so. The same holds for every function below. */
void message_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A fact that a person wants to see, without a label. */
void message_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A step of the work, with the time since the program began; printed with --verbose only. Never hand it a secret. */
void message_step(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Where the work stands: a line on the terminal that the next one, and any other message, takes the place of. Does
 * nothing and returns false when stderr is no terminal. */
bool message_progress(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Clears that line. */
void message_progress_end(void);

/* Writes the text as it is. Neither stdio nor the heap is used, so that a signal handler may call it
 * (signal-safety(7)). */
void message_put(const char *text);

/* The sentence of `error` and its hint, a line each. */
void message_error(const struct error *error);

#endif
