/* SPDX-License-Identifier: Apache-2.0 */
/* Loading the modules that p11-kit has configured, and catching what is written on stderr meanwhile; their names. */
#include "p11/module.h"

#include "base/text.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A line that was written while p11-kit loaded modules: of p11-kit, what could not be loaded; else a module's own words. */
static void note_line(struct modules *modules, char *line)
{
	static const char prefix[] = "p11-kit: ", not_loaded[] = "couldn't load module: ";
	char *reason;

	if (strncmp(line, prefix, strlen(prefix)) != 0) {
		text_clean(line, "\t");
		fprintf(stderr, "%s\n", line);
		return;
	}
	line += strlen(prefix);
	if (strncmp(line, not_loaded, strlen(not_loaded)) == 0)
		line += strlen(not_loaded);
	/* "PATH: reason", where most of dlopen's reasons begin with the path too. */
	reason = strstr(line, ": ");
	if (reason != NULL && strncmp(reason + 2, line, (size_t)(reason + 2 - line)) == 0)
		line = reason + 2;
	modules_note_text(modules, line);
}

/* What is written while modules are loaded. A stream of its own, never closed, because code that is loaded meanwhile may keep
 * it for its own stderr: from then on it is one. */
static struct {
	bool collecting;
	size_t used;
	char text[8192];
} told;

static ssize_t tell(void *unused, const char *text, size_t size)
{
	size_t room = sizeof(told.text) - 1 - told.used;

	(void)unused;
	if (!told.collecting)
		return write(STDERR_FILENO, text, size);
	memcpy(told.text + told.used, text, size < room ? size : room);
	told.used += size < room ? size : room;
	return (ssize_t)size;
}

/* p11-kit tells what it cannot load on stderr, and keeps only the last of it for p11_kit_message. To glibc stderr is a
 * variable like another (its manual, "Standard Streams"). */
CK_FUNCTION_LIST **modules_load(struct modules *modules)
{
	static FILE *stream;
	FILE *before = stderr;
	CK_FUNCTION_LIST **list;
	char *rest = told.text, *line;

	if (stream == NULL)
		stream = fopencookie(NULL, "w", (cookie_io_functions_t){ .write = tell });
	if (stream == NULL)
		return p11_kit_modules_load(NULL, P11_KIT_MODULE_UNMANAGED);
	setvbuf(stream, NULL, _IONBF, 0);
	memset(&told, 0, sizeof(told));
	told.collecting = true;
	stderr = stream;
	p11_kit_be_loud();
	list = p11_kit_modules_load(NULL, P11_KIT_MODULE_UNMANAGED);
	p11_kit_be_quiet();
	stderr = before;
	told.collecting = false;
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (*line != '\0')
			note_line(modules, line);
	}
	return list;
}

bool module_has_name(CK_FUNCTION_LIST *functions, const char *wanted)
{
	char *name = p11_kit_module_get_name(functions);
	char *path = p11_kit_module_get_filename(functions);
	bool same = name != NULL && strcasecmp(name, wanted) == 0;

	if (!same && path != NULL) {
		const char *base = basename(path);
		size_t length = strlen(wanted);

		same |= strcasecmp(base, wanted) == 0;
		if (strncasecmp(base, "lib", 3) == 0 && strncasecmp(wanted, "lib", 3) != 0)
			base += 3;
		same |= strncasecmp(base, wanted, length) == 0 && base[length] == '.';
	}
	free(name);
	free(path);
	return same;
}
