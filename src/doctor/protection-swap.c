/* SPDX-License-Identifier: Apache-2.0 */
/* Whether swap is encrypted. */
#include "doctor/internal.h"
#include "doctor/protection.h"

#include "base/text.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

enum { DEPTH_MAX = 8 }; /* of devices on devices, such as LVM on LUKS on RAID */

/* Where a swap area is. */
enum place {
	ENCRYPTED, /* by dm-crypt */
	PLAIN,     /* not by dm-crypt; the disk itself may encrypt */
	MEMORY,    /* zram */
	UNKNOWN,
};

static bool is_encrypted(const char *folder, int depth);

/* Whether dm-crypt encrypts all devices that the device consists of. */
static bool parts_are_encrypted(const char *folder, int depth)
{
	char path[PATH_MAX];
	const struct dirent *entry;
	size_t parts = 0, encrypted = 0;
	DIR *directory;

	snprintf(path, sizeof(path), "%s/slaves", folder);
	directory = opendir(path);
	while (directory != NULL && (entry = readdir(directory)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/sys/class/block/%s", entry->d_name);
		parts++;
		if (is_encrypted(path, depth + 1))
			encrypted++;
	}
	if (directory != NULL)
		closedir(directory);
	return parts > 0 && parts == encrypted;
}

/* Whether dm-crypt encrypts what is written to the block device with this folder in /sys. */
static bool is_encrypted(const char *folder, int depth)
{
	char path[PATH_MAX], uuid[256];

	snprintf(path, sizeof(path), "%.1024s/dm/uuid", folder);
	if (protection_line(path, uuid, sizeof(uuid)) && strncmp(uuid, "CRYPT-", 6) == 0)
		return true;
	return depth < DEPTH_MAX && parts_are_encrypted(folder, depth);
}

static bool has_entry(const char *folder, const char *name)
{
	char path[PATH_MAX], line[64];

	snprintf(path, sizeof(path), "%.1024s/%s", folder, name);
	return protection_line(path, line, sizeof(line));
}

/* zram may write what it cannot compress to another device. */
static enum place judge(const char *name, const char *folder)
{
	char path[PATH_MAX], backing[PATH_MAX];

	if (strncmp(name, "/dev/zram", 9) == 0) {
		snprintf(path, sizeof(path), "%.1024s/backing_dev", folder);
		return protection_line(path, backing, sizeof(backing)) && strcmp(backing, "none") != 0 ?
		       UNKNOWN : MEMORY;
	}
	if (!has_entry(folder, "dev"))
		return UNKNOWN; /* such as a file system without a device of its own */
	return is_encrypted(folder, 0) ? ENCRYPTED : PLAIN;
}

/* `name` is that of a device or a file in /proc/swaps. */
static enum place find(const char *name)
{
	char folder[PATH_MAX], *real = realpath(name, NULL); /* of a name in /dev/mapper */
	const char *path = real != NULL ? real : name, *slash = strrchr(path, '/');
	enum place swap;
	struct stat status;

	if (strncmp(path, "/dev/", 5) == 0)
		snprintf(folder, sizeof(folder), "/sys/class/block/%s", slash + 1);
	else if (stat(path, &status) == 0)
		snprintf(folder, sizeof(folder), "/sys/dev/block/%u:%u", major(status.st_dev), minor(status.st_dev));
	else
		folder[0] = '\0';
	swap = folder[0] != '\0' ? judge(path, folder) : UNKNOWN;
	free(real);
	return swap;
}

/* --- the check --------------------------------------------------------------------------------------------------- */

struct areas {
	char plain[256], unknown[256]; /* areas that are not encrypted, or not known to be */
	int count, memory; /* in use; of these, in memory */
};

static void add(char *list, size_t size, const char *name)
{
	text_append(list, size, "%s%s", list[0] != '\0' ? ", " : "", name);
}

static void count(const char *name, struct areas *areas)
{
	areas->count++;
	switch (find(name)) {
	case MEMORY:
		areas->memory++;
		break;
	case PLAIN:
		add(areas->plain, sizeof(areas->plain), name);
		break;
	case UNKNOWN:
		add(areas->unknown, sizeof(areas->unknown), name);
		break;
	case ENCRYPTED:
		break;
	}
}

/* Locked memory is not swapped, but modules and libraries make copies, and hibernation writes all memory. */
void doctor_protection_swap(struct doctor *doctor, struct doctor_finding *finding)
{
	FILE *file = fopen("/proc/swaps", "re");
	struct areas areas = { .count = 0 };
	char line[512];

	(void)doctor;
	if (file == NULL) {
		doctor_skip(finding, "/proc/swaps cannot be read here");
		return;
	}
	/* The first line has titles. In names, a blank is \040. */
	for (bool first = true; fgets(line, sizeof(line), file) != NULL; first = false) {
		line[strcspn(line, " \t\n")] = '\0';
		if (!first && line[0] != '\0')
			count(line, &areas);
	}
	fclose(file);
	if (areas.plain[0] != '\0')
		doctor_warn(finding, "encrypt swap (crypttab(5)), or turn it off (swapoff(8))",
			    "swap on %s is not encrypted: it may get the copies of secrets that modules and libraries "
			    "make", areas.plain);
	else if (areas.unknown[0] != '\0')
		doctor_ok(finding, "swap is in use; whether %s is encrypted is not known", areas.unknown);
	else if (areas.count == 0)
		doctor_ok(finding, "no swap is in use");
	else if (areas.memory == areas.count)
		doctor_ok(finding, "swap is in memory only (zram)");
	else
		doctor_ok(finding, "swap is encrypted");
}
