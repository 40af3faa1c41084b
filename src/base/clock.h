/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11BEARER_BASE_CLOCK_H
#define P11BEARER_BASE_CLOCK_H

/* Returns milliseconds of a monotonic clock. Only differences are meaningful. */
double clock_ms(void);

/* Milliseconds of a clock that also goes on while the machine sleeps. */
double clock_boot_ms(void);

#endif
