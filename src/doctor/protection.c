/* SPDX-License-Identifier: Apache-2.0 */
/* How far secrets are kept out of swap and core files. */
#include "doctor/internal.h"
#include "doctor/protection.h"

#include "base/locked.h"
#include "base/message.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

enum { LOCKED_KIB = 64 }; /* what one bearer takes; a batch takes more, see base/locked.h */

#define UNDUMPABLE "unset LD_PRELOAD, and use a build without sanitizers"
#define RAISE "raise the limit on locked memory to 64 KiB at least: ulimit -l, or LimitMEMLOCK= for a service"

bool protection_line(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "re");
	bool read = file != NULL && fgets(line, (int)size, file) != NULL;

	if (file != NULL)
		fclose(file);
	if (read)
		line[strcspn(line, "\n")] = '\0';
	return read;
}

static void ignore(void *context, const char *text)
{
	(void)context;
	(void)text;
}

/* Memory for secrets warns once if it cannot be locked. Spends that warning: the check says more. */
static void silence_memory(void)
{
	struct locked block;

	message_take_warnings(ignore, NULL);
	(void)locked_new(&block, 1);
	locked_free(&block);
}

static bool can_lock(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool can = memory != MAP_FAILED && mlock(memory, size) == 0;

	if (memory != MAP_FAILED)
		munmap(memory, size);
	return can;
}

void doctor_protection_memory(struct doctor *doctor, struct doctor_finding *finding)
{
	struct rlimit limit;
	char shown[48] = "no limit";

	(void)doctor;
	silence_memory();
	if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
		snprintf(shown, sizeof(shown), "the limit is %llu KiB", (unsigned long long)limit.rlim_cur / 1024);
		doctor_fact_number(finding, "limit", (double)limit.rlim_cur);
	}
	if (can_lock((size_t)LOCKED_KIB * 1024))
		doctor_ok(finding, "memory for secrets can be locked (%s)", shown);
	else
		doctor_warn(finding, RAISE, "%d KiB of memory cannot be locked (%s), so secrets may be written to swap",
			    (int)LOCKED_KIB, shown);
}

/* core(5): a pattern that begins with a pipe gets core files whatever their limit, which is 0 here. */
void doctor_protection_core(struct doctor *doctor, struct doctor_finding *finding)
{
	char pattern[256];

	(void)doctor;
	if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0)
		doctor_ok(finding, "a crash leaves no core file, and other processes cannot read this one's memory");
	else if (protection_line("/proc/sys/kernel/core_pattern", pattern, sizeof(pattern)) && pattern[0] == '|')
		doctor_warn(finding, UNDUMPABLE, "something has made this process dumpable: after a crash, the kernel "
			    "passes its memory, with secrets, to %s", pattern + 1);
	else
		doctor_warn(finding, UNDUMPABLE, "something has made this process dumpable: other processes can read "
			    "its memory");
}
