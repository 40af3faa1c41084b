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
#include <sys/resource.h>
#include <unistd.h>

enum { UNITS = 32 }; /* per page; a block is a run of units */

/* One page that several blocks share, or several pages with one large block. */
struct region {
	struct region *next;
	char *memory;
	size_t size;
	uint32_t used; /* one bit per unit of a page; all bits for a large block */
	bool locked;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards the variables below */
static struct region *regions;
static size_t unlocked, most_unlocked; /* bytes of regions that could not be locked: now, and the maximum so far */

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

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
	if (!region->locked)
		unlocked += size;
	region->next = regions;
	regions = region;
	return region;
}

static void region_free(struct region **place)
{
	struct region *region = *place;

	*place = region->next;
	if (!region->locked)
		unlocked -= region->size;
	munmap(region->memory, region->size);
	free(region);
}

static uint32_t bits_of(size_t units)
{
	return units == UNITS ? UINT32_MAX : (UINT32_C(1) << units) - 1;
}

/* Takes the first run of free units in a page that is in use, or in a new page. */
static char *take_units(size_t units)
{
	size_t page = page_size();
	struct region *region;

	for (region = regions; region != NULL; region = region->next) {
		for (size_t i = 0; i + units <= UNITS; i++) {
			if ((region->used & bits_of(units) << i) == 0) {
				region->used |= bits_of(units) << i;
				return region->memory + i * (page / UNITS);
			}
		}
	}
	region = region_new(page);
	if (region == NULL)
		return NULL;
	region->used = bits_of(units);
	return region->memory;
}

static char *take_pages(size_t size)
{
	struct region *region = region_new(size);

	if (region == NULL)
		return NULL;
	region->used = UINT32_MAX;
	return region->memory;
}

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

void *locked_new(size_t size, size_t *room)
{
	size_t page = page_size(), unit = page / UNITS, bytes = 0;
	bool first = false;
	char *block;

	if (size > SIZE_MAX - page)
		return NULL;
	*room = size > page ? (size + page - 1) / page * page : (size + unit - 1) / unit * unit;
	pthread_mutex_lock(&lock);
	block = *room > page ? take_pages(*room) : take_units(*room / unit);
	if (block != NULL && unlocked > most_unlocked) {
		first = most_unlocked == 0;
		bytes = most_unlocked = unlocked;
	}
	pthread_mutex_unlock(&lock);
	if (bytes > 0)
		tell(bytes, first);
	return block;
}

void locked_free(void *block, size_t room)
{
	size_t unit = page_size() / UNITS;
	struct region **place = &regions;

	if (block == NULL)
		return;
	OPENSSL_cleanse(block, room);
	pthread_mutex_lock(&lock);
	while ((char *)block < (*place)->memory || (char *)block >= (*place)->memory + (*place)->size)
		place = &(*place)->next;
	if (room > page_size())
		(*place)->used = 0;
	else
		(*place)->used &= ~(bits_of(room / unit) << ((size_t)((char *)block - (*place)->memory) / unit));
	if ((*place)->used == 0)
		region_free(place);
	pthread_mutex_unlock(&lock);
}
