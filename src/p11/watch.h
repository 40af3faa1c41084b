/* SPDX-License-Identifier: Apache-2.0 */
/* The watch over modules, which may hang, crash, or end the process. */
#ifndef P11BEARER_P11_WATCH_H
#define P11BEARER_P11_WATCH_H

#include "base/error.h"

/* Between watch_begin and watch_end, a call that takes longer than `timeout` seconds ends the program with ERROR_TOKEN;
 * the message names the module and the call. A slow C_Sign makes the watch ask for a touch. From the first watch_begin
 * on, a module that crashes or exits, in any of its threads, ends the program in the same way. */
void watch_begin(long timeout);
void watch_end(void);

/* Begins and ends a call of this thread. The strings must stay valid until watch_leave. A call that must not be
 * interrupted holds signals back (hold.h) until it ends; watch_for_person releases them before that. watch_leave
 * restores what the module changed in the process (kept.h): after C_Sign only what a batch depends on, after C_SignInit
 * nothing. */
void watch_enter(const char *module, const char *function);
void watch_for_person(void);
void watch_leave(void);

/* Sets what the watch asks for if this thread's next call, C_Sign, takes long; it is not copied. Empty: nothing. NULL,
 * as without this function: to touch the token if it blinks. The thread must have made a call before. */
void watch_ask(const char *text);

/* All output is written, except `line` (NULL: none), and the exit status is `status`. A module that hangs, crashes or
 * exits from now on causes a warning; the program then writes `line` and exits with `status`. A status of -1 cancels
 * this. */
void watch_settle(int status, const char *line);

/* Sets the run's result so far, which is not copied (NULL: none). If a module ends the program, this error is reported
 * first, and its class is the exit status. */
void watch_verdict(const struct error *error);

/* Reports what a module did, in parts up to a NULL, and ends the program. */
void watch_tell(const char *const *parts) __attribute__((noreturn));

/* When this thread's last call began, by clock_ms. */
double watch_since(void);

#endif
