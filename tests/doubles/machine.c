/* SPDX-License-Identifier: Apache-2.0 */
/* Another machine, for LD_PRELOAD: with P11MACHINE, a folder, files of the kernel that say something about swap and core files
 * are those below this folder, such as P11MACHINE/proc/swaps; and adjtimex says what the file P11MACHINE/adjtimex does: status
 * and maxerror. A file that is missing there is missing. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>

static const char *elsewhere(const char *path, char moved[PATH_MAX])
{
	static const char *const prefixes[] = { "/proc/swaps", "/proc/sys/kernel/", "/sys/class/block/", "/sys/dev/block/" };
	const char *folder = getenv("P11MACHINE");

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]) && folder != NULL; i++) {
		if (strncmp(path, prefixes[i], strlen(prefixes[i])) == 0) {
			snprintf(moved, PATH_MAX, "%s%s", folder, path);
			return moved;
		}
	}
	return path;
}

FILE *fopen(const char *path, const char *mode)
{
	static FILE *(*real)(const char *, const char *);
	char moved[PATH_MAX];

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "fopen");
	return real(elsewhere(path, moved), mode);
}

DIR *opendir(const char *path)
{
	static DIR *(*real)(const char *);
	char moved[PATH_MAX];

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "opendir");
	return real(elsewhere(path, moved));
}

int adjtimex(struct timex *state)
{
	char path[PATH_MAX];
	FILE *file;
	int read;

	snprintf(path, sizeof(path), "%s/adjtimex", getenv("P11MACHINE") != NULL ? getenv("P11MACHINE") : "");
	file = fopen(path, "re");
	if (file == NULL) {
		errno = ENOSYS;
		return -1;
	}
	read = fscanf(file, "%d %ld", &state->status, &state->maxerror);
	fclose(file);
	return read == 2 ? TIME_OK : -1;
}
