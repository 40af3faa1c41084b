/* SPDX-License-Identifier: Apache-2.0 */
/* Protects the environment against changes by modules. Keeps the pointers, not the text, so that a blanked secret
 * stays blank. For kept.c only. */
#ifndef P11BEARER_PROCESS_KEPT_ENVIRONMENT_H
#define P11BEARER_PROCESS_KEPT_ENVIRONMENT_H

void kept_environment_note(void);

/* Undoes changes since. Makes no system call. Thread-safe. */
void kept_environment_put(void);

#endif
