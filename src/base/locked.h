/* SPDX-License-Identifier: Apache-2.0 */
/* Memory for secrets: in pages that are locked (mlock(2)), so that they are not written to swap, and left out of core files.
 * Small blocks share pages, since the limit on locked memory may be as low as 64 KiB. */
#ifndef P11BEARER_BASE_LOCKED_H
#define P11BEARER_BASE_LOCKED_H

#include <stddef.h>

/* A block of zeros with room for at least `size` bytes, which is more than 0; *room is how many. Each new page is locked when
 * its first block is handed out, so what is stored first is locked first. If the limit does not allow that, the page is
 * used unlocked, and one warning says so. NULL if memory is out. Several threads may call this. */
void *locked_new(size_t size, size_t *room);

/* Wipes and frees a block. NULL is allowed. */
void locked_free(void *block, size_t room);

#endif
