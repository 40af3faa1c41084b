/* SPDX-License-Identifier: Apache-2.0 */
#include "process/environment.h"

#include "base/secret.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct environment {
	char **list; /* terminated by NULL */
	size_t count;
	struct secret **own; /* "NAME=value" strings in `list` that this object owns */
	size_t own_count;
};

/* Makes libcurl, OpenSSL and others write the secrets of TLS connections to the file that it names. */
#define KEY_LOG "SSLKEYLOGFILE"
static char *withheld; /* "NAME=value", or NULL */

bool environment_withhold(void)
{
	for (char **entry = environ; *entry != NULL && withheld == NULL; entry++) {
		if (strncmp(*entry, KEY_LOG "=", sizeof(KEY_LOG)) == 0)
			withheld = *entry;
	}
	unsetenv(KEY_LOG);
	return withheld != NULL && withheld[sizeof(KEY_LOG)] != '\0';
}

int environment_new(struct environment **environment, char *const *from, struct error *error)
{
	struct environment *new = *environment = calloc(1, sizeof(*new));
	size_t count = 0;

	if (new == NULL)
		return error_memory(error);
	while (from[count] != NULL)
		count++;
	new->list = calloc(count + 2, sizeof(*new->list));
	if (new->list == NULL) {
		environment_free(environment);
		return error_memory(error);
	}
	memcpy(new->list, from, count * sizeof(*from));
	if (withheld != NULL)
		new->list[count++] = withheld;
	new->count = count;
	return 0;
}

static struct secret *make_entry(const char *name, const char *value)
{
	struct secret *entry = secret_new(strlen(name) + 1 + strlen(value));

	if (entry != NULL && (secret_printf(entry, "%s=", name) < 0 || secret_append(entry, value, strlen(value)) < 0))
		secret_free(&entry);
	return entry;
}

int environment_set(struct environment *environment, const char *name, const char *value, struct error *error)
{
	struct secret *entry = make_entry(name, value);
	char **list = realloc(environment->list, (environment->count + 2) * sizeof(*list));
	struct secret **own;

	if (list != NULL)
		environment->list = list;
	// NOLINTNEXTLINE(bugprone-sizeof-expression)
	own = realloc(environment->own, (environment->own_count + 1) * sizeof(*own));
	if (own != NULL)
		environment->own = own;
	if (entry == NULL || list == NULL || own == NULL) {
		secret_free(&entry);
		return error_memory(error);
	}
	environment_unset(environment, name);
	own[environment->own_count++] = entry;
	/* execve takes pointers to char but changes nothing. */
	list[environment->count++] = (char *)secret_data(entry);
	list[environment->count] = NULL;
	return 0;
}

void environment_unset(struct environment *environment, const char *name)
{
	size_t length = strlen(name), kept = 0;

	for (size_t i = 0; i < environment->count; i++) {
		char *entry = environment->list[i];

		if (strncmp(entry, name, length) != 0 || entry[length] != '=')
			environment->list[kept++] = entry;
	}
	environment->list[kept] = NULL;
	environment->count = kept;
}

char *const *environment_list(const struct environment *environment)
{
	return environment->list;
}

void environment_free(struct environment **environment)
{
	struct environment *old = *environment;

	if (old == NULL)
		return;
	for (size_t i = 0; i < old->own_count; i++)
		secret_free(&old->own[i]);
	free(old->own);
	free(old->list);
	free(old);
	*environment = NULL;
}
