/* SPDX-License-Identifier: Apache-2.0 */
/* What systemd passes to a service and expects from it, without its library: sd_listen_fds(3), sd_notify(3),
 * sd_watchdog_enabled(3). */
#ifndef P11BEARER_AGENT_SYSTEMD_H
#define P11BEARER_AGENT_SYSTEMD_H

#include "base/error.h"

enum { SYSTEMD_DESCRIPTOR = 3 }; /* the first one that it passes */

/* The number of descriptors passed; 0 if none are meant for this process. Sets close-on-exec, and unsets the
 * variables. Call it once, early. */
int systemd_descriptors(void);

/* Sends a state such as "READY=1\nSTATUS=…"; does nothing if nobody wants to know. Unsets nothing. */
void systemd_notify(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The milliseconds between two "WATCHDOG=1", half of what the manager allows; 0: it does not watch. */
double systemd_watchdog(void);

#endif
