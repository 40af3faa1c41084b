/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct secret {
	char *pages;
	size_t mapped; /* bytes of `pages`, whole pages */
	size_t length;
};

static char *pages_new(size_t size, size_t *mapped)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *pages;

	if (size > SIZE_MAX - page)
		return NULL;
	*mapped = (size + page - 1) / page * page;
	pages = mmap(NULL, *mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED)
		return NULL;
	/* Best effort both: a low RLIMIT_MEMLOCK must not keep anybody from working. */
	(void)mlock(pages, *mapped);
	(void)madvise(pages, *mapped, MADV_DONTDUMP);
	return pages;
}

static void pages_free(char *pages, size_t mapped)
{
	OPENSSL_cleanse(pages, mapped);
	munmap(pages, mapped);
}

struct secret *secret_new(size_t capacity)
{
	struct secret *secret = calloc(1, sizeof(*secret));

	if (secret == NULL)
		return NULL;
	secret->pages = capacity < SIZE_MAX ? pages_new(capacity + 1, &secret->mapped) : NULL;
	if (secret->pages == NULL) {
		free(secret);
		return NULL;
	}
	return secret;
}

/* Makes room for `more` bytes and the final NUL. */
static int secret_reserve(struct secret *secret, size_t more)
{
	size_t mapped;
	char *pages;

	if (more < secret->mapped - secret->length)
		return 0;
	if (more > SIZE_MAX / 4)
		return -1;
	pages = pages_new(2 * secret->mapped + more, &mapped);
	if (pages == NULL)
		return -1;
	memcpy(pages, secret->pages, secret->length);
	pages_free(secret->pages, secret->mapped);
	secret->pages = pages;
	secret->mapped = mapped;
	return 0;
}

char *secret_extend(struct secret *secret, size_t length)
{
	if (secret_reserve(secret, length) < 0)
		return NULL;
	secret->length += length;
	secret->pages[secret->length] = '\0';
	return secret->pages + secret->length - length;
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
	vsnprintf(secret->pages + secret->length, (size_t)length + 1, format, arguments);
	va_end(arguments);
	secret->length += (size_t)length;
	return 0;
}

void secret_truncate(struct secret *secret, size_t length)
{
	if (length >= secret->length)
		return;
	OPENSSL_cleanse(secret->pages + length, secret->length - length);
	secret->length = length; /* a NUL stands there now */
}

void secret_drop(struct secret *secret, size_t length)
{
	size_t left = secret->length - length;

	memmove(secret->pages, secret->pages + length, left);
	secret_truncate(secret, left);
}

const char *secret_data(const struct secret *secret)
{
	return secret->pages;
}

size_t secret_length(const struct secret *secret)
{
	return secret->length;
}

void secret_free(struct secret **secret)
{
	if (*secret == NULL)
		return;
	pages_free((*secret)->pages, (*secret)->mapped);
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

	/* Not realloc: it would leave the old copy behind unwiped. */
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
