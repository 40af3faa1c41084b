/* SPDX-License-Identifier: Apache-2.0 */
#include "base/locked.h"

#include "base/message.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	UNITS = 32,    /* per page; a block is a run of units */
	PAGES_MAX = 8, /* of a region that blocks share: a page alone would often have no room for a second block */
	UNITS_MAX = UNITS * PAGES_MAX,
	FEW = 32,      /* pages: below, each region is one page, since the limit may be low */
};

/* Pages that several blocks share, or that one large block has. */
struct region {
	LIST_ENTRY(region) like; /* regions with the same longest run */
	char *memory;
	size_t size;
	size_t units;             /* 0: of one large block */
	uint32_t used[PAGES_MAX]; /* one bit per unit */
	bool locked;
};

LIST_HEAD(regions, region);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards the variables below */
static struct regions by_run[UNITS_MAX + 1];             /* shared regions, by their longest run of free units */
static size_t shared;                                    /* bytes of them */
static struct locked_sizes sizes;
static size_t most_unlocked;                             /* the maximum of sizes.unlocked so far */

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* --- regions ----------------------------------------------------------------------------------------------------- */

static struct region *region_new(size_t size)
{
	struct region *region = calloc(1, sizeof(*region));

	if (region == NULL)
		return NULL;
	region->size = size;
	region->memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (region->memory == MAP_FAILED) {
		free(region);
		return NULL;
	}
	region->locked = mlock(region->memory, size) == 0;
	(void)madvise(region->memory, size, MADV_DONTDUMP);
	sizes.pages += size;
	if (!region->locked)
		sizes.unlocked += size;
	return region;
}

static void region_free(struct region *region)
{
	if (region == NULL)
		return;
	sizes.pages -= region->size;
	if (!region->locked)
		sizes.unlocked -= region->size;
	munmap(region->memory, region->size);
	free(region);
}

/* A region to be shared: several pages, unless there are few yet, or the limit only allows to lock one. */
static struct region *region_new_shared(void)
{
	size_t page = page_size(), size = shared < FEW * page ? page : PAGES_MAX * page;
	struct region *region = region_new(size), *small = NULL;

	if (region != NULL && !region->locked && size > page)
		small = region_new(page);
	if (small != NULL && small->locked) {
		region_free(region);
		region = small;
	} else {
		region_free(small);
	}
	if (region == NULL)
		return NULL;
	region->units = region->size / page * UNITS;
	shared += region->size;
	LIST_INSERT_HEAD(&by_run[region->units], region, like);
	return region;
}

/* --- units ------------------------------------------------------------------------------------------------------- */

static bool is_used(const struct region *region, size_t unit)
{
	return (region->used[unit / UNITS] >> unit % UNITS & 1) != 0;
}

/* Finds the first run of `wanted` free units, or the longest one. */
static size_t find_run(const struct region *region, size_t wanted, size_t *start)
{
	size_t best = 0, run = 0;

	sizes.looks++;
	for (size_t i = 0; i < region->units && best < wanted; i++) {
		run = is_used(region, i) ? 0 : run + 1;
		if (run > best) {
			best = run;
			*start = i + 1 - run;
		}
	}
	return best;
}

/* Marks the units as used, or as free, and lists the region where it belongs then. Returns its longest free run. */
static size_t mark(struct region *region, size_t start, size_t count)
{
	size_t run;

	for (size_t i = start; i < start + count; i++)
		region->used[i / UNITS] ^= UINT32_C(1) << i % UNITS;
	run = find_run(region, region->units, &start);
	LIST_REMOVE(region, like);
	LIST_INSERT_HEAD(&by_run[run], region, like);
	return run;
}

/* Takes units from a region with a run that is long enough, but not much longer, or from a new one. */
static bool take_units(struct locked *block, size_t units)
{
	struct region *region = NULL;
	size_t start = 0;

	for (size_t run = units; run <= UNITS_MAX && region == NULL; run++)
		region = LIST_FIRST(&by_run[run]);
	if (region == NULL)
		region = region_new_shared();
	if (region == NULL)
		return false;
	(void)find_run(region, units, &start);
	(void)mark(region, start, units);
	block->region = region;
	block->data = region->memory + start * (page_size() / UNITS);
	return true;
}

static void return_units(struct locked *block)
{
	struct region *region = block->region;
	size_t unit = page_size() / UNITS;

	if (mark(region, (size_t)(block->data - region->memory) / unit, block->room / unit) < region->units)
		return;
	LIST_REMOVE(region, like);
	shared -= region->size;
	region_free(region);
}

static bool take_pages(struct locked *block, size_t size)
{
	block->region = region_new(size);
	block->data = block->region != NULL ? block->region->memory : NULL;
	return block->region != NULL;
}

/* --- blocks ------------------------------------------------------------------------------------------------------ */

/* Warns once. With --verbose, logs each new maximum. */
static void tell(size_t bytes, bool first)
{
	if (first) {
		struct rlimit limit;
		char shown[48] = "";

		if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
			snprintf(shown, sizeof(shown), " (limit: %llu KiB)", (unsigned long long)limit.rlim_cur / 1024);
		message_warn("cannot lock all memory that holds secrets%s, so they may be written to swap", shown);
		message_note("raise the limit on locked memory: ulimit -l, or LimitMEMLOCK= for a service");
	}
	message_step("%zu bytes of memory for secrets are not locked", bytes);
}

int locked_new(struct locked *block, size_t size)
{
	size_t page = page_size(), unit = page / UNITS, bytes = 0;
	bool first = false, taken;

	*block = (struct locked){ .data = NULL };
	if (size > SIZE_MAX - page)
		return -1;
	size = size > page ? (size + page - 1) / page * page : (size + unit - 1) / unit * unit;
	pthread_mutex_lock(&lock);
	taken = size > page ? take_pages(block, size) : take_units(block, size / unit);
	if (taken) {
		block->room = size;
		sizes.blocks += size;
	}
	if (sizes.unlocked > most_unlocked) {
		first = most_unlocked == 0;
		bytes = most_unlocked = sizes.unlocked;
	}
	pthread_mutex_unlock(&lock);
	if (bytes > 0)
		tell(bytes, first);
	return taken ? 0 : -1;
}

void locked_free(struct locked *block)
{
	if (block->data == NULL)
		return;
	OPENSSL_cleanse(block->data, block->room);
	pthread_mutex_lock(&lock);
	sizes.blocks -= block->room;
	if (block->region->units == 0)
		region_free(block->region);
	else
		return_units(block);
	pthread_mutex_unlock(&lock);
	*block = (struct locked){ .data = NULL };
}

void locked_measure(struct locked_sizes *measured)
{
	pthread_mutex_lock(&lock);
	*measured = sizes;
	pthread_mutex_unlock(&lock);
}
