/* SPDX-License-Identifier: Apache-2.0 */
/* PKCS#11 modules: loaded, initialised and finalised by p11-kit, which knows what is configured on the machine. */
#include "p11/internal.h"

#include "base/message.h"
#include "base/output.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *last_message(void)
{
	const char *message = p11_kit_message();

	return message != NULL ? message : "no reason given";
}

void modules_note(struct modules *modules, const struct module *module, const char *function, CK_RV rv)
{
	size_t used = strlen(modules->failures);

	snprintf(modules->failures + used, sizeof(modules->failures) - used, "%s%s (%s: %s)", used > 0 ? ", " : "",
		 module->name, function, ckr_text(rv));
}

static char *module_name(CK_FUNCTION_LIST *functions)
{
	char *name = p11_kit_module_get_name(functions);

	return name != NULL ? name : p11_kit_module_get_filename(functions);
}

/* RFC 7512's module-name is the file's name without "lib" and ".so"; p11-kit's own name for the module is taken too. */
static bool has_name(CK_FUNCTION_LIST *functions, const char *wanted)
{
	char *name = p11_kit_module_get_name(functions);
	char *path = p11_kit_module_get_filename(functions);
	bool same = name != NULL && strcmp(name, wanted) == 0;

	if (!same && path != NULL) {
		const char *base = basename(path);
		size_t length = strlen(wanted);

		same = strcmp(base, wanted) == 0;
		if (strncmp(base, "lib", 3) == 0 && strncmp(wanted, "lib", 3) != 0)
			base += 3;
		same |= strncmp(base, wanted, length) == 0 && base[length] == '.';
	}
	free(name);
	free(path);
	return same;
}

static CK_RV initialize(struct module *module)
{
	CK_RV rv;

	rv = CALLED(module, "C_Initialize", p11_kit_module_initialize(module->functions));
	module->initialized = rv == CKR_OK;
	return rv;
}

int module_restart(struct module *module, struct error *error)
{
	CK_RV rv;

	CALLED(module, "C_Finalize", p11_kit_module_finalize(module->functions));
	rv = initialize(module);
	if (rv != CKR_OK)
		return ckr_error(error, ERROR_TOKEN, rv, "the module %s does not start again (C_Initialize)", module->name);
	return 0;
}

static int open_one(struct modules *modules, const char *path, struct error *error)
{
	/* p11-kit looks up a relative path in its own folder; what a user means is the current one. */
	char *absolute = strchr(path, '/') != NULL ? realpath(path, NULL) : strdup(path);
	struct module *module;
	int result = 0;
	CK_RV rv;

	if (absolute == NULL && errno == ENOMEM)
		return error_memory(error);
	if (absolute == NULL)
		return error_set(error, ERROR_CONFIG, "cannot open the module %s: %s", path, strerror(errno));
	modules->list = calloc(1, sizeof(*modules->list));
	if (modules->list == NULL) {
		result = error_memory(error);
		goto out;
	}
	module = &modules->list[0];
	watch_enter(path, "dlopen");
	module->functions = p11_kit_module_load(absolute, P11_KIT_MODULE_UNMANAGED);
	watch_leave();
	if (module->functions == NULL) {
		result = error_set(error, ERROR_CONFIG, "cannot load the module %s: %s", path, last_message());
		goto out;
	}
	modules->count = 1;
	module->name = strdup(basename(absolute));
	if (module->name == NULL) {
		result = error_memory(error);
		goto out;
	}
	rv = initialize(module);
	if (rv != CKR_OK)
		result = ckr_error(error, ERROR_TOKEN, rv, "the module %s does not start (C_Initialize)", path);
	if (rv == CKR_ARGUMENTS_BAD)
		error_hint(error, "some modules want an argument: configure it for p11-kit with x-init-reserved, and leave out "
				  "--module");
out:
	free(absolute);
	return result;
}

/* Takes over one loaded module, initialised if it can be. */
static int take(struct modules *modules, CK_FUNCTION_LIST *functions, struct error *error)
{
	struct module *list = realloc(modules->list, (modules->count + 1) * sizeof(*list));
	struct module *module;
	CK_RV rv;

	if (list == NULL)
		return error_memory(error);
	modules->list = list;
	module = &list[modules->count];
	*module = (struct module){ .functions = functions, .name = module_name(functions) };
	if (module->name == NULL)
		return error_memory(error);
	modules->count++;
	rv = initialize(module);
	if (rv != CKR_OK)
		modules_note(modules, module, "C_Initialize", rv);
	return 0;
}

static bool is_remote(CK_FUNCTION_LIST *functions)
{
	char *option = p11_kit_config_option(functions, "remote");
	bool remote = option != NULL;

	free(option);
	return remote;
}

/* Local modules are used as they are, so that every call is ours. p11-kit offers remote ones only wrapped ("managed"). */
static int open_configured(struct modules *modules, const char *wanted, struct error *error)
{
	watch_enter("that p11-kit loads", "dlopen");
	modules->local = p11_kit_modules_load(NULL, P11_KIT_MODULE_UNMANAGED);
	modules->wrapped = p11_kit_modules_load(NULL, 0);
	watch_leave();
	if (modules->local == NULL || modules->wrapped == NULL)
		return error_set(error, ERROR_TOKEN, "p11-kit cannot load its modules: %s", last_message());
	for (CK_FUNCTION_LIST **next = modules->local; *next != NULL; next++) {
		if ((wanted == NULL || has_name(*next, wanted)) && take(modules, *next, error) < 0)
			return error_result(error);
	}
	for (CK_FUNCTION_LIST **next = modules->wrapped; *next != NULL; next++) {
		if (is_remote(*next) && (wanted == NULL || has_name(*next, wanted)) && take(modules, *next, error) < 0)
			return error_result(error);
	}
	if (modules->count == 0 && wanted != NULL)
		return error_set(error, ERROR_CONFIG, "p11-kit has no module named %s", wanted);
	return 0;
}

int modules_open(struct modules *modules, const struct p11_request *request, const struct uri *uri,
		 struct error *error)
{
	const char *path = request->module != NULL ? request->module : p11_kit_uri_get_module_path(uri->parsed);

	memset(modules, 0, sizeof(*modules));
	output_divert(); /* modules print what they like */
	watch_begin(request->timeout);
	p11_kit_be_quiet(); /* what modules fail with is told when it matters */
	if (path != NULL)
		return open_one(modules, path, error);
	return open_configured(modules, p11_kit_uri_get_module_name(uri->parsed), error);
}

/* p11_kit_module_release leaves the library mapped until some list of modules is released: so it is made a list. */
static void unload(CK_FUNCTION_LIST *functions)
{
	CK_FUNCTION_LIST **list = calloc(2, sizeof(CK_FUNCTION_LIST *));

	if (list == NULL) {
		p11_kit_module_release(functions);
		return;
	}
	list[0] = functions;
	p11_kit_modules_release(list); /* which frees it */
}

void modules_close(struct modules *modules)
{
	for (size_t i = 0; i < modules->count; i++) {
		struct module *module = &modules->list[i];

		if (module->initialized)
			CALLED(module, "C_Finalize", p11_kit_module_finalize(module->functions));
		watch_enter(module->name, "dlclose");
		if (modules->local == NULL)
			unload(module->functions);
		watch_leave();
		free(module->name);
	}
	watch_enter("that p11-kit has loaded", "dlclose");
	if (modules->local != NULL)
		p11_kit_modules_release(modules->local);
	if (modules->wrapped != NULL)
		p11_kit_modules_release(modules->wrapped);
	watch_leave();
	free(modules->list);
	memset(modules, 0, sizeof(*modules));
	watch_end();
	output_restore();
}
