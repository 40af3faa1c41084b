/* SPDX-License-Identifier: Apache-2.0 */
#include "logins.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdlib.h>

int logins_add(struct logins *logins, const char *text)
{
	unsigned long left;
	long retry_after = 0;
	char *end;

	if (logins->count == LOGINS_MAX || !isdigit((unsigned char)*text))
		return -1;
	left = strtoul(text, &end, 10);
	if (*end == '/' && isdigit((unsigned char)end[1]))
		retry_after = strtol(end + 1, &end, 10);
	if (*end != ':' || end[1] == '\0')
		return -1;
	logins->list[logins->count].left = left;
	logins->list[logins->count].retry_after = retry_after;
	logins->list[logins->count++].pattern = end + 1;
	return 0;
}

bool logins_refuse(struct logins *logins, const char *user, long *retry_after)
{
	for (size_t i = 0; i < logins->count; i++) {
		if (logins->list[i].left == 0 || fnmatch(logins->list[i].pattern, user, FNM_CASEFOLD) != 0)
			continue;
		logins->list[i].left--;
		*retry_after = logins->list[i].retry_after;
		return true;
	}
	return false;
}
