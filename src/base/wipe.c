/* SPDX-License-Identifier: Apache-2.0 */
/* Libraries keep what they have sent, received or decrypted in their own buffers, and free them unwiped. */
#include "base/secret.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void wipe_and_free(void *block, const char *file, int line)
{
	(void)file;
	(void)line;
	wipe_free(block);
}

/* As wipe_realloc, for OpenSSL's own allocator. */
static void *wipe_and_move(void *block, size_t size, const char *file, int line)
{
	size_t old = malloc_usable_size(block);
	void *fresh;

	if (size == 0) {
		wipe_free(block);
		return NULL;
	}
	fresh = CRYPTO_malloc(size, file, line);
	if (fresh == NULL)
		return NULL;
	if (block != NULL)
		memcpy(fresh, block, old < size ? old : size);
	wipe_free(block);
	return fresh;
}

/* malloc fills freed memory with this byte and new memory with its complement: zeros, like fresh memory. */
void wipe_heap(bool on)
{
	(void)mallopt(M_PERTURB, on ? 0xff : 0);
}

bool wipe_openssl(void)
{
	return CRYPTO_set_mem_functions(NULL, wipe_and_move, wipe_and_free) == 1;
}

void wipe_variable(const char *name)
{
	size_t length = strlen(name);

	for (char **entry = environ; *entry != NULL; entry++) {
		if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=')
			OPENSSL_cleanse(*entry + length + 1, strlen(*entry + length + 1));
	}
}
