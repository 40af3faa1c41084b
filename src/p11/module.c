/* SPDX-License-Identifier: Apache-2.0 */
/* PKCS#11 modules, which p11-kit loads: it knows which ones are configured on the machine. */
#include "p11/module.h"

#include "base/message.h"
#include "process/kept.h"
#include "process/output.h"
#include "process/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct modules aside; /* closed, but not finalized yet */
static bool is_aside;

void modules_note_text(struct modules *modules, const char *text)
{
	size_t used = strlen(modules->failures);

	message_step("skipped: %s", text);
	snprintf(modules->failures + used, sizeof(modules->failures) - used, "%s%s", used > 0 ? ", " : "", text);
}

void modules_note(struct modules *modules, const struct module *module, const char *function, CK_RV rv)
{
	char text[256];

	snprintf(text, sizeof(text), "%s (%s: %s)", module->name, function, ckr_text(rv));
	modules_note_text(modules, text);
	modules_advise(modules, module, function, rv);
}

static char *module_name(CK_FUNCTION_LIST *functions)
{
	char *name = p11_kit_module_get_name(functions);

	return name != NULL ? name : p11_kit_module_get_filename(functions);
}

/* Not by p11_kit_module_initialize, which passes NULL to a module that is not wrapped: neither the argument from
 * p11-kit's configuration, nor CKF_OS_LOCKING_OK. */
static CK_RV initialize(struct module *module)
{
	CK_C_INITIALIZE_ARGS arguments = { .flags = CKF_OS_LOCKING_OK };
	CK_RV rv;

	if (module->reserved == NULL)
		module->reserved = p11_kit_config_option(module->functions, "x-init-reserved");
	arguments.pReserved = module->reserved;
	rv = CALL(module, C_Initialize, &arguments);
	module->locks |= rv == CKR_OK;
	if (rv == CKR_CANT_LOCK && !module->locks) { /* else it could before a restart, and threads rely on it */
		arguments.flags = 0;
		rv = CALL(module, C_Initialize, &arguments);
	}
	if (rv == CKR_CRYPTOKI_ALREADY_INITIALIZED) {
		/* Something else in the process has initialized it, such as a provider that OpenSSL's configuration
		 * loads: it finalizes the module. */
		module->shared = true;
		rv = CKR_OK;
	}
	module->initialized = rv == CKR_OK;
	return rv;
}

int module_restart(struct module *module, struct error *error)
{
	CK_RV ended = module->initialized ? CALL(module, C_Finalize, NULL) : CKR_OK;
	CK_RV rv = initialize(module);

	if (module->shared) { /* C_Finalize had no effect */
		module->shared = false;
		return ckr_error(error, ERROR_TOKEN, ended != CKR_OK ? ended : CKR_CRYPTOKI_ALREADY_INITIALIZED,
				 "cannot finalize the module %s (C_Finalize)", module->name);
	}
	if (rv != CKR_OK)
		return ckr_error(error, ERROR_TOKEN, rv, "the module %s does not start again (C_Initialize)",
				 module->name);
	return 0;
}

static int open_one(struct modules *modules, const char *path, struct error *error)
{
	struct module *module = calloc(1, sizeof(*module));
	int result;
	CK_RV rv;

	modules->list = module;
	if (module == NULL)
		return error_memory(error);
	result = module_load(module, path, error);
	modules->count = module->functions != NULL ? 1 : 0;
	if (result < 0 || modules->count == 0)
		return error_result(error);
	rv = initialize(module);
	if (rv == CKR_OK)
		return 0;
	ckr_error(error, ERROR_TOKEN, rv, "the module %s does not start (C_Initialize)", path);
	module_hint(module->name, "C_Initialize", rv, error);
	return -ERROR_TOKEN;
}

/* Adds a loaded module, and initializes it if possible. */
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

/* Local modules are used unwrapped, so that every call is made here. p11-kit offers remote modules only wrapped
 * ("managed"). */
static int open_configured(struct modules *modules, const char *wanted, struct error *error)
{
	watch_enter("that p11-kit loads", "dlopen");
	modules->local = modules_load(modules);
	modules->wrapped = p11_kit_modules_load(NULL, 0);
	watch_leave();
	if (modules->local == NULL || modules->wrapped == NULL) {
		error_set(error, ERROR_CONFIG, "p11-kit cannot load its modules: %s",
			  modules->failures[0] != '\0' ? modules->failures : load_message());
		error_hint(error, "check the configuration with \"p11-kit list-modules\", or bypass it with --module "
				  "PATH");
		return -ERROR_CONFIG;
	}
	for (CK_FUNCTION_LIST **next = modules->local; *next != NULL; next++) {
		if ((wanted == NULL || module_has_name(*next, wanted)) && take(modules, *next, error) < 0)
			return error_result(error);
	}
	for (CK_FUNCTION_LIST **next = modules->wrapped; *next != NULL; next++) {
		if (is_remote(*next) && (wanted == NULL || module_has_name(*next, wanted)) &&
		    take(modules, *next, error) < 0)
			return error_result(error);
	}
	if (modules->count == 0 && wanted != NULL) {
		error_set(error, ERROR_CONFIG, "p11-kit has no module named %s", wanted);
		error_hint(error, modules->failures[0] != '\0' ? "modules that could not be used: %s" :
				  "\"p11bearer keys --all\" lists the modules%s", modules->failures);
		return -ERROR_CONFIG;
	}
	return 0;
}

void p11_end(void)
{
	if (!is_aside)
		return;
	is_aside = false;
	for (size_t i = 0; i < aside.count; i++) {
		struct module *module = &aside.list[i];

		if (module->initialized && !module->shared)
			CALL(module, C_Finalize, NULL);
		watch_enter(module->name, "dlclose");
		if (aside.local == NULL)
			p11_kit_module_release(module->functions);
		watch_leave();
		free(module->name);
		free(module->reserved);
	}
	watch_enter("that p11-kit has loaded", "dlclose");
	if (aside.local != NULL)
		p11_kit_modules_release(aside.local);
	if (aside.wrapped != NULL)
		p11_kit_modules_release(aside.wrapped);
	watch_leave();
	free(aside.list);
	memset(&aside, 0, sizeof(aside));
	watch_end();
	kept_end();
}

void modules_close(struct modules *modules)
{
	p11_end(); /* those of another key */
	aside = *modules;
	is_aside = true;
	memset(modules, 0, sizeof(*modules));
}

static void end_of_process(int status)
{
	watch_settle(status, NULL);
	p11_end();
}

int modules_open(struct modules *modules, const struct p11_request *request, struct error *error)
{
	P11KitUri *uri = request->uri->parsed;
	static const char proxy[] = "p11-kit-proxy.so";
	const char *path = request->module != NULL ? request->module : p11_kit_uri_get_module_path(uri);
	const char *slash = path != NULL ? strrchr(path, '/') : NULL;

	memset(modules, 0, sizeof(*modules));
	p11_end(); /* modules that were used before are initialized again */
	process_at_end(end_of_process);
	output_divert(); /* modules may print to stdout */
	kept_note();
	watch_begin(request->timeout);
	p11_kit_be_quiet(); /* failures are reported when they matter */
	if (path != NULL && strcmp(slash != NULL ? slash + 1 : path, proxy) == 0) {
		/* The proxy shows all modules as one; p11-kit does not load itself, so load them one by one. */
		message_step("%s means all modules that p11-kit has configured", path);
		path = NULL;
	}
	if (path != NULL)
		return open_one(modules, path, error);
	return open_configured(modules, p11_kit_uri_get_module_name(uri), error);
}
