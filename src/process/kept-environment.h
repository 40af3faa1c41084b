/* SPDX-License-Identifier: Apache-2.0 */
/* The environment, kept against modules that change it. The pointers are kept, not the text: what is blanked because it is
 * secret stays blank. For kept.c alone. */
#ifndef P11BEARER_PROCESS_KEPT_ENVIRONMENT_H
#define P11BEARER_PROCESS_KEPT_ENVIRONMENT_H

void kept_environment_note(void);

/* Undoes what was changed since. No system call. Several threads may call this. */
void kept_environment_put(void);

#endif
