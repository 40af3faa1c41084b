/* SPDX-License-Identifier: Apache-2.0 */
/* How the process protects what it holds. */
#ifndef P11BEARER_BASE_PROCESS_H
#define P11BEARER_BASE_PROCESS_H

/* No core file, no ptrace by the same user, no death by SIGPIPE (a remote module's server may vanish); stdin, stdout
 * and stderr are open, so that no file gets their numbers. To be called first in main. */
void process_protect(void);

/* Gives back what process_protect took and an executed command would inherit: the limit on core files and SIGPIPE. (The
 * kernel makes a process dumpable again when it executes a program.) */
void process_unprotect(void);

/* Overwrites `text` (an argument of main or a value of the environment) with '*', so that ps no longer shows it. */
void process_blank(char *text);

#endif
