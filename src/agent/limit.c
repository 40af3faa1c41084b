/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/limit.h"

#include <sys/resource.h>

static struct rlimit given; /* zero: it was not raised */

void limit_raise(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	given = limit;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

bool limit_lower(void)
{
	return given.rlim_max != 0 && setrlimit(RLIMIT_NOFILE, &given) == 0;
}
