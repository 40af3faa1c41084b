/* SPDX-License-Identifier: Apache-2.0 */
/* How the process protects what it holds. */
#ifndef P11BEARER_PROCESS_PROCESS_H
#define P11BEARER_PROCESS_PROCESS_H

/* Disables core files, ptrace by the same user, and death by SIGPIPE (a remote module's server may vanish) and SIGXFSZ.
 * Opens stdin, stdout and stderr if they are closed, so that no file gets their numbers. First notes what the process
 * was given (kept.h). Call it first in main. */
void process_protect(void);

/* Registers the one function to call at exit, after output is flushed; it is passed the exit status. */
void process_at_end(void (*work)(int status));

/* Calls it, unless it was called before. */
void process_finish(int status);

/* Calls it and ends the process immediately, without running other exit handlers. */
void process_end(int status) __attribute__((noreturn));

/* Overwrites `text` (an argument of main or the value of a variable) with '*', so that ps no longer shows it. */
void process_blank(char *text);

#endif
