/* SPDX-License-Identifier: Apache-2.0 */
/* Which memory of the process is locked. */
#include "shim.h"

#include <stdio.h>
#include <string.h>

bool memory_is_locked(const void *address)
{
	unsigned long begin, end, wanted = (unsigned long)address;
	bool inside = false, locked = false;
	FILE *maps = fopen("/proc/self/smaps", "re");
	char line[4096];

	/* A mapping is "BEGIN-END …", then a line for each thing to say of it; "lo" among its flags is for locked. */
	while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
		if (sscanf(line, "%lx-%lx ", &begin, &end) == 2) {
			inside = begin <= wanted && wanted < end;
		} else if (inside && strncmp(line, "VmFlags:", 8) == 0) {
			locked = strstr(line, " lo ") != NULL || strstr(line, " lo\n") != NULL;
		}
	}
	if (maps != NULL) {
		fclose(maps);
	}
	return locked;
}
