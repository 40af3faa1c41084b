/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11BEARER_BASE_CLOCK_H
#define P11BEARER_BASE_CLOCK_H

/* Milliseconds on a clock that nobody sets, from a beginning of its own: only differences mean something. */
double clock_ms(void);

#endif
