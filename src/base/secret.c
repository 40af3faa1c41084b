/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret.h"

#include "base/locked.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_MAX = 1024 }; /* bytes; grows if necessary */

struct secret {
	struct locked block; /* none until there is something to keep */
	size_t first; /* the initial room */
	size_t length;
};

struct secret *secret_new(size_t capacity)
{
	struct secret *secret = calloc(1, sizeof(*secret));

	if (secret != NULL)
		secret->first = capacity < FIRST_MAX ? capacity + 1 : FIRST_MAX;
	return secret;
}

/* Makes room for `more` bytes and the final NUL. Locks no memory for a secret that is still empty: the limit may be
 * low, and the PIN comes first. */
static int secret_reserve(struct secret *secret, size_t more)
{
	size_t size = secret->block.data != NULL ? 2 * secret->block.room : secret->first;
	struct locked block;

	if (more < secret->block.room - secret->length)
		return 0;
	if (more > SIZE_MAX / 4)
		return -1;
	if (size <= secret->length + more)
		size = secret->length + more + 1;
	if (locked_new(&block, size) < 0)
		return -1;
	if (secret->block.data != NULL)
		memcpy(block.data, secret->block.data, secret->length);
	locked_free(&secret->block);
	secret->block = block;
	return 0;
}

char *secret_extend(struct secret *secret, size_t length)
{
	if (secret_reserve(secret, length) < 0)
		return NULL;
	secret->length += length;
	secret->block.data[secret->length] = '\0';
	return secret->block.data + secret->length - length;
}

int secret_append(struct secret *secret, const void *data, size_t length)
{
	char *end = secret_extend(secret, length);

	if (end != NULL && length > 0)
		memcpy(end, data, length);
	return end != NULL ? 0 : -1;
}

int secret_printf(struct secret *secret, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length < 0 || secret_reserve(secret, (size_t)length) < 0)
		return -1;
	va_start(arguments, format);
	vsnprintf(secret->block.data + secret->length, (size_t)length + 1, format, arguments);
	va_end(arguments);
	secret->length += (size_t)length;
	return 0;
}

void secret_truncate(struct secret *secret, size_t length)
{
	if (length >= secret->length)
		return;
	OPENSSL_cleanse(secret->block.data + length, secret->length - length);
	secret->length = length; /* the position of the current NUL */
}

void secret_drop(struct secret *secret, size_t length)
{
	size_t left = secret->length - length;

	if (length == 0)
		return;
	memmove(secret->block.data, secret->block.data + length, left);
	secret_truncate(secret, left);
}

const char *secret_data(const struct secret *secret)
{
	return secret->block.data != NULL ? secret->block.data : "";
}

size_t secret_length(const struct secret *secret)
{
	return secret->length;
}

void secret_free(struct secret **secret)
{
	if (*secret == NULL)
		return;
	locked_free(&(*secret)->block);
	free(*secret);
	*secret = NULL;
}

void *wipe_malloc(size_t size)
{
	return malloc(size);
}

void *wipe_calloc(size_t count, size_t size)
{
	return calloc(count, size);
}

void wipe_free(void *block)
{
	if (block != NULL)
		OPENSSL_cleanse(block, malloc_usable_size(block));
	free(block);
}

void *wipe_realloc(void *block, size_t size)
{
	size_t old = malloc_usable_size(block);
	void *fresh = malloc(size);

	/* not realloc, which would leave the old copy unwiped */
	if (fresh == NULL)
		return NULL;
	if (block != NULL)
		memcpy(fresh, block, old < size ? old : size);
	wipe_free(block);
	return fresh;
}

char *wipe_strdup(const char *text)
{
	return strdup(text);
}
