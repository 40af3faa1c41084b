/* SPDX-License-Identifier: Apache-2.0 */
/* Messages to the user, on stderr after "p11bearer: ". */
#ifndef P11BEARER_BASE_MESSAGE_H
#define P11BEARER_BASE_MESSAGE_H

#include "base/error.h"

#include <stdbool.h>

/* Turns message_step on or off (--verbose). */
void message_verbose(bool on);
bool message_is_verbose(void);

/* Prints a warning; work continues. The text is one line. Characters that could mislead a reader or control the
 * terminal become '?', since the text may come from a server or a token. This also holds for the functions below,
 * except message_put. */
void message_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Passes each warning to `take` instead of printing it; NULL: prints them again. */
void message_take_warnings(void (*take)(void *context, const char *text), void *context);

/* Prints a note, without a label. */
void message_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints a step of the work with the time since the program started, if --verbose is on. Never pass a secret. */
void message_step(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Shows progress: a line on the terminal that the next one, and any other message, replaces. Does nothing and
 * returns false if stderr is not a terminal. */
bool message_progress(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Clears the line of progress. */
void message_progress_end(void);

/* Writes the text unchanged. Async-signal-safe (signal-safety(7)): uses neither stdio nor the heap. */
void message_put(const char *text);

/* Prints the sentence of `error` and its hint, one line each. */
void message_error(const struct error *error);

#endif
