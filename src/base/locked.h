/* SPDX-License-Identifier: Apache-2.0 */
/* Memory for secrets, in pages that are locked (mlock(2)) to keep them out of swap, and excluded from core files.
 * Small blocks share pages, because the limit on locked memory may be as low as 64 KiB. */
#ifndef P11BEARER_BASE_LOCKED_H
#define P11BEARER_BASE_LOCKED_H

#include <stddef.h>

/* Returns a zeroed block with room for at least `size` bytes (more than 0), or NULL if out of memory. Sets *room to
 * its actual size. A page is locked when its first block is handed out, so what is stored first is locked first. If
 * the limit does not allow that, uses the page unlocked and warns once. Thread-safe. */
void *locked_new(size_t size, size_t *room);

/* Wipes and frees a block, or does nothing for NULL. */
void locked_free(void *block, size_t room);

#endif
