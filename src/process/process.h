/* SPDX-License-Identifier: Apache-2.0 */
/* How the process protects what it holds. */
#ifndef P11BEARER_PROCESS_PROCESS_H
#define P11BEARER_PROCESS_PROCESS_H

/* No core file, no ptrace by the same user, no death by SIGPIPE (a remote module's server may vanish); stdin, stdout
 * and stderr are open, so that no file gets their numbers. Notes what the process was given before (kept.h). To be called first in main. */
void process_protect(void);

/* Has this done at the end of the process, when its data are written, with its exit status. One such work is kept. */
void process_at_end(void (*work)(int status));

/* Does it, once. */
void process_finish(int status);

/* The same, and ends the process at once: nothing that others have registered for its end is run. */
void process_end(int status) __attribute__((noreturn));

/* Overwrites `text` (an argument of main or a value of the environment) with '*', so that ps no longer shows it. */
void process_blank(char *text);

#endif
