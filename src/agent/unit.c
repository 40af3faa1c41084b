/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/unit.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char name_characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@";

static bool ends_with(const char *name, size_t length, const char *ending)
{
	size_t ending_length = strlen(ending);

	return length > ending_length && memcmp(name + length - ending_length, ending, ending_length) == 0;
}

bool unit_has_processes(const char *name, size_t length)
{
	static const char *const endings[] = { ".service", ".scope", ".socket", ".mount", ".swap" };

	for (size_t i = 0; i < COUNT(endings); i++)
		if (ends_with(name, length, endings[i]))
			return true;
	return false;
}

static bool has_name_characters(const char *name, size_t length)
{
	return length < UNIT_SIZE && strspn(name, name_characters) >= length && name[0] != '@';
}

bool unit_is_name(const char *name, size_t length)
{
	return unit_has_processes(name, length) && has_name_characters(name, length);
}

/* Finds the first part that is no slice. Returns what follows it, or NULL if it is no unit. */
static const char *find(const char *path, char unit[UNIT_SIZE])
{
	const char *name = path, *end = path;

	unit[0] = '\0';
	do {
		if (*end != '/')
			return NULL;
		name = end + 1;
		end = name + strcspn(name, "/");
	} while (ends_with(name, (size_t)(end - name), ".slice") && has_name_characters(name, (size_t)(end - name)));
	if (*name == '_') /* systemd puts it before names that mean something to cgroups, and before '_' */
		name++;
	if (!unit_is_name(name, (size_t)(end - name)))
		return NULL;
	memcpy(unit, name, (size_t)(end - name));
	unit[end - name] = '\0';
	return end;
}

void unit_of_cgroup(const char *path, const char *own, uid_t uid, char unit[UNIT_SIZE])
{
	char manager[UNIT_SIZE], own_unit[UNIT_SIZE];
	const char *rest = find(path, unit);

	snprintf(manager, sizeof(manager), "user@%lu.service", (unsigned long)uid);
	if (find(own, own_unit) == NULL || strcmp(own_unit, manager) != 0)
		return;
	if (strcmp(unit, manager) == 0)
		find(rest, unit);
	else
		unit[0] = '\0';
}
