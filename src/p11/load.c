/* SPDX-License-Identifier: Apache-2.0 */
/* Loads modules, and cleans what is written to stderr in the meantime. */
#include "p11/module.h"

#include "base/file-hint.h"
#include "base/file.h"
#include "base/text.h"
#include "base/trust.h"

#include <dlfcn.h>
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *load_message(void)
{
	const char *message = p11_kit_message();

	return message != NULL ? message : "no reason given";
}

/* Keeps the library mapped until the program ends: the threads of some modules outlive C_Finalize and would crash
 * without their code; other modules crash in their destructors. */
static void keep_mapped(CK_FUNCTION_LIST *functions)
{
	char *path = p11_kit_module_get_filename(functions);
	void *library = path != NULL ? dlopen(path, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE) : NULL;

	if (library != NULL)
		dlclose(library);
	free(path);
}

/* A module's code runs in this process and sees the PIN. A name without '/' is in p11-kit's own folder. */
static int check_module(const char *path, struct error *error)
{
	int fd, result;

	if (strchr(path, '/') == NULL)
		return 0;
	fd = file_open(path, error); /* dlopen would block on a FIFO */
	if (fd < 0)
		return fd;
	result = trust_check(path, fd, ERROR_CONFIG, error);
	close(fd);
	return result;
}

int module_load(struct module *module, const char *path, struct error *error)
{
	/* p11-kit looks up a relative path in its own folder; users mean the current one. */
	bool is_path = strchr(path, '/') != NULL;
	char *absolute = is_path ? realpath(path, NULL) : strdup(path);

	if (absolute == NULL)
		return errno == ENOMEM ? error_memory(error) :
					 file_cannot("open the module", path, FILE_READ, ERROR_CONFIG, error);
	if (check_module(path, error) == 0) {
		watch_enter(path, "dlopen");
		module->functions = p11_kit_module_load(absolute, P11_KIT_MODULE_UNMANAGED);
		watch_leave();
		if (module->functions != NULL) {
			keep_mapped(module->functions);
			module->name = strdup(basename(absolute));
			if (module->name == NULL)
				error_memory(error);
		} else {
			error_set(error, ERROR_CONFIG, "cannot load the module %s: %s", path, load_message());
			error_hint(error, "%s", is_path ? "name a PKCS#11 library for this machine's processor" :
				   "give its full path: p11-kit looks up a name without \"/\" in its own folder only");
		}
	}
	free(absolute);
	return module->name != NULL ? 0 : error_result(error);
}

/* A line that was written while p11-kit loaded modules: p11-kit names those that it cannot load; all else is a module's
 * output. */
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
	/* "PATH: reason", and most of dlopen's reasons begin with the path too. */
	reason = strstr(line, ": ");
	if (reason != NULL && strncmp(reason + 2, line, (size_t)(reason + 2 - line)) == 0)
		line = reason + 2;
	modules_note_text(modules, line);
}

/* What is written while modules are loaded. The stream is never closed, because a module may keep it as its stderr;
 * after loading it writes to stderr. */
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

/* p11-kit reports to stderr what it cannot load, and keeps only the last message for p11_kit_message. In glibc, stderr
 * is a variable that may be assigned (its manual, "Standard Streams"). */
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
	for (CK_FUNCTION_LIST **next = list; next != NULL && *next != NULL; next++)
		keep_mapped(*next);
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
