/* SPDX-License-Identifier: Apache-2.0 */
/* Finds vendors and their refusals. */
#include "vendor.h"

#include <fnmatch.h>
#include <string.h>

static const struct vendor *const families[] = { vendors_grant, vendors_client, vendors_direct };

enum { FAMILIES = sizeof(families) / sizeof(families[0]) };

const struct vendor *vendor_find(const char *name)
{
	for (size_t i = 0; i < FAMILIES; i++) {
		for (const struct vendor *vendor = families[i]; vendor->name != NULL; vendor++) {
			if (strcmp(vendor->name, name) == 0)
				return vendor;
		}
	}
	return NULL;
}

static const struct refusal *find_refusal(const struct vendor *vendor, const char *slug)
{
	for (size_t i = 0; i < VENDOR_REFUSALS_MAX && vendor->refusals[i].slug != NULL; i++) {
		if (strcmp(vendor->refusals[i].slug, slug) == 0)
			return &vendor->refusals[i];
	}
	return NULL;
}

const struct refusal *vendor_refusal(const char *slug)
{
	const struct refusal *found = NULL;

	for (size_t i = 0; i < FAMILIES; i++) {
		for (const struct vendor *vendor = families[i]; found == NULL && vendor->name != NULL; vendor++)
			found = find_refusal(vendor, slug);
	}
	return found;
}

/* Whether the host, with or without a port, is the name, or "*.NAME" and one label more. */
static bool is_host(const char *host, size_t length, const char *name, size_t name_length)
{
	if (*name == '*') {
		const char *dot = memchr(host, '.', length);

		return dot != NULL && is_host(dot, length - (size_t)(dot - host), name + 1, name_length - 1);
	}
	return length == name_length && strncasecmp(host, name, length) == 0;
}

bool vendor_serves(const struct vendor *vendor, const char *host, const char *path, const char *pattern)
{
	const char *names[] = { vendor->hosts, "localhost 127.0.0.1" };
	size_t length = host != NULL ? strcspn(host, ":") : 0;
	bool known = host == NULL;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		for (const char *name = names[i]; !known && *name != '\0'; name += strspn(name, " ")) {
			known = is_host(host, length, name, strcspn(name, " "));
			name += strcspn(name, " ");
		}
	}
	return known && pattern != NULL && fnmatch(pattern, path, 0) == 0;
}

void vendors_print(FILE *to)
{
	for (size_t i = 0; i < FAMILIES; i++) {
		for (const struct vendor *vendor = families[i]; vendor->name != NULL; vendor++)
			fprintf(to, "%s\t%s\t%s\n", vendor->name, vendor->hosts, vendor->path);
	}
}

void vendor_print_refusals(const struct vendor *vendor, FILE *to)
{
	for (size_t i = 0; i < VENDOR_REFUSALS_MAX && vendor->refusals[i].slug != NULL; i++) {
		const struct refusal *refusal = &vendor->refusals[i];

		fprintf(to, "%s\t%u\t%s\n", refusal->slug, refusal->status, refusal->description);
	}
}
