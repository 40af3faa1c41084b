/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <time.h>

static double read_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

double clock_ms(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

double clock_boot_ms(void)
{
	return read_clock(CLOCK_BOOTTIME);
}
