/* SPDX-License-Identifier: Apache-2.0 */
/* Memory for secrets, in pages that are locked (mlock(2)) to keep them out of swap, and excluded from core files.
 * Small blocks share pages, because the limit on locked memory may be as low as 64 KiB. However many blocks there are,
 * taking and freeing one looks at the pages of one region only. */
#ifndef P11BEARER_BASE_LOCKED_H
#define P11BEARER_BASE_LOCKED_H

#include <stddef.h>

/* A block. All 0: none. */
struct locked {
	char *data;
	size_t room;           /* bytes */
	struct region *region; /* private */
};

/* Makes *block a zeroed block with room for at least `size` bytes (more than 0). A page is locked when its first block
 * is handed out, so what is stored first is locked first. If the limit does not allow that, uses the page unlocked and
 * warns once. Returns 0, or -1 if out of memory; *block is then all 0. Thread-safe. */
int locked_new(struct locked *block, size_t size);

/* Wipes and frees the block, or does nothing if there is none, and sets *block to all 0. */
void locked_free(struct locked *block);

/* What all blocks take. */
struct locked_sizes {
	size_t blocks, pages; /* bytes */
	size_t unlocked;      /* bytes of the pages that could not be locked */
	size_t looks;         /* at regions, to find room or to give it back, since the program started */
};
void locked_measure(struct locked_sizes *sizes);

#endif
