/* SPDX-License-Identifier: Apache-2.0 */
/* PINs, assertions and bearers, in memory that is locked as far as the limit allows (locked.h), excluded from core
 * files, and wiped when freed. */
#ifndef P11BEARER_BASE_SECRET_H
#define P11BEARER_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

struct secret;

/* Returns a new, empty secret that expects `capacity` bytes and grows if necessary, or NULL if out of memory. Memory
 * is allocated and locked when the first byte is stored. */
struct secret *secret_new(size_t capacity);

/* Appends `length` bytes. Returns 0, or -1 if out of memory; the secret is then unchanged. */
int secret_append(struct secret *secret, const void *data, size_t length);

/* Appends `length` bytes for the caller to fill. Returns the first of them, or NULL if out of memory; the secret is
 * then unchanged. */
char *secret_extend(struct secret *secret, size_t length);

/* Appends the formatted text. Do not format the secret parts themselves: printf leaves copies on its stack. Returns
 * 0, or -1 if out of memory. */
int secret_printf(struct secret *secret, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Shortens the secret to `length` bytes and wipes the rest. */
void secret_truncate(struct secret *secret, size_t length);

/* Removes the first `length` bytes and moves the rest to the front. */
void secret_drop(struct secret *secret, size_t length);

/* Returns the bytes, followed by a NUL that does not count. The secret owns them; they are valid until it is changed
 * or freed. */
const char *secret_data(const struct secret *secret);
size_t secret_length(const struct secret *secret);

/* Wipes and frees *secret and sets it to NULL. *secret may be NULL. */
void secret_free(struct secret **secret);

/* An allocator for libraries that keep secrets in their own buffers (cJSON, libcurl): malloc, but wiped on free. */
void *wipe_malloc(size_t size);
void *wipe_calloc(size_t count, size_t size);
void *wipe_realloc(void *block, size_t size);
char *wipe_strdup(const char *text);
void wipe_free(void *block);

/* While on, malloc wipes whatever any library frees, except small blocks with some versions of glibc. For
 * libraries that take no allocator, such as libcurl's HTTP/2 library. */
void wipe_heap(bool on);

/* Makes OpenSSL wipe what it frees. Call it before OpenSSL allocates anything; returns false if it is too late. */
bool wipe_openssl(void);

/* Wipes the values of all variables with this name in environ, which may contain duplicates. They become empty. */
void wipe_variable(const char *name);

#endif
