/* SPDX-License-Identifier: Apache-2.0 */
/* PINs, assertions and bearers: in memory that is locked as far as the limit allows (locked.h), is left out of core files,
 * and is wiped when it is freed. */
#ifndef P11BEARER_BASE_SECRET_H
#define P11BEARER_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

struct secret;

/* A new, empty secret that is to hold some `capacity` bytes (it grows as needed). Memory is taken, and locked, when it gets
 * its first byte. NULL if memory is out. */
struct secret *secret_new(size_t capacity);

/* Appends `length` bytes. Returns 0, or -1 when memory is out; the secret is then unchanged. */
int secret_append(struct secret *secret, const void *data, size_t length);

/* Appends `length` bytes for the caller to fill: the first of them, or NULL when memory is out; the secret is then
 * unchanged. */
char *secret_extend(struct secret *secret, size_t length);

/* Appends the formatted text. Not for the secret parts themselves: printf leaves copies on its stack. Returns 0, or
 * -1 when memory is out. */
int secret_printf(struct secret *secret, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Shortens the secret to `length` bytes; what is cut off is wiped. */
void secret_truncate(struct secret *secret, size_t length);

/* Takes the first `length` bytes away; what is left moves to the front. */
void secret_drop(struct secret *secret, size_t length);

/* The bytes, followed by a NUL that does not count. Owned by the secret; valid until it is changed or freed. */
const char *secret_data(const struct secret *secret);
size_t secret_length(const struct secret *secret);

/* Wipes and frees *secret and sets it to NULL. NULL is allowed. */
void secret_free(struct secret **secret);

/* An allocator for libraries that keep secrets in their own buffers (cJSON, libcurl): malloc, but wiped on free. */
void *wipe_malloc(size_t size);
void *wipe_calloc(size_t count, size_t size);
void *wipe_realloc(void *block, size_t size);
char *wipe_strdup(const char *text);
void wipe_free(void *block);

/* While it is on, malloc wipes whatever any library frees, apart from small blocks, for which it depends on the version of
 * glibc: for libraries that take no allocator, such as the one that libcurl has for HTTP/2. */
void wipe_heap(bool on);

/* From here on OpenSSL wipes what it frees. To be called before it allocates anything; false: that is too late. */
bool wipe_openssl(void);

/* Wipes the values of all variables of that name in environ, which may have it twice; they become empty. */
void wipe_variable(const char *name);

#endif
