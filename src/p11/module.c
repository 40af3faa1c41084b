/* SPDX-License-Identifier: Apache-2.0 */
/* PKCS#11 modules: loaded, initialised and finalised by p11-kit, which knows what is configured on the machine. */
#include "p11/module.h"

#include "base/file-hint.h"
#include "base/file.h"
#include "base/message.h"
#include "base/trust.h"
#include "process/kept.h"
#include "process/output.h"
#include "process/process.h"

#include <dlfcn.h>
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct modules aside; /* closed, and not finalised yet */
static bool is_aside;

static const char *last_message(void)
{
	const char *message = p11_kit_message();

	return message != NULL ? message : "no reason given";
}

void modules_note_text(struct modules *modules, const char *text)
{
	size_t used = strlen(modules->failures);

	message_step("passed over: %s", text);
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

/* Keeps the library mapped until the program ends: modules exist whose threads outlive C_Finalize, and run into the void when
 * their code is gone; and others that do not survive their own destructors. */
static void keep_mapped(CK_FUNCTION_LIST *functions)
{
	char *path = p11_kit_module_get_filename(functions);
	void *library = path != NULL ? dlopen(path, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE) : NULL;

	if (library != NULL)
		dlclose(library);
	free(path);
}

/* p11_kit_module_initialize hands NULL to a module that is not wrapped: neither the argument that p11-kit's configuration
 * has for it, nor that threads may be about, which is why this is done here. */
static CK_RV initialize(struct module *module)
{
	CK_C_INITIALIZE_ARGS arguments = { .flags = CKF_OS_LOCKING_OK };
	CK_RV rv;

	if (module->reserved == NULL)
		module->reserved = p11_kit_config_option(module->functions, "x-init-reserved");
	arguments.pReserved = module->reserved;
	rv = CALL(module, C_Initialize, &arguments);
	module->locks |= rv == CKR_OK;
	if (rv == CKR_CANT_LOCK && !module->locks) { /* else threads are about, because it could before */
		arguments.flags = 0;
		rv = CALL(module, C_Initialize, &arguments);
	}
	if (rv == CKR_CRYPTOKI_ALREADY_INITIALIZED) {
		/* By somebody else in this process, such as a provider that OpenSSL's configuration names: it is theirs to end. */
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

	if (module->shared) { /* so it never ended */
		module->shared = false;
		return ckr_error(error, ERROR_TOKEN, ended != CKR_OK ? ended : CKR_CRYPTOKI_ALREADY_INITIALIZED,
				 "the module %s does not end (C_Finalize)", module->name);
	}
	if (rv != CKR_OK)
		return ckr_error(error, ERROR_TOKEN, rv, "the module %s does not start again (C_Initialize)", module->name);
	return 0;
}

/* A module's code runs in this process and sees the PIN. A name without '/' is one of p11-kit's own folder. */
static int check_module(const char *path, struct error *error)
{
	int fd, result;

	if (strchr(path, '/') == NULL)
		return 0;
	fd = file_open(path, error); /* dlopen would wait for who writes to a FIFO */
	if (fd < 0)
		return fd;
	result = trust_check(path, fd, ERROR_CONFIG, error);
	close(fd);
	return result;
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
		return file_cannot("open the module", path, FILE_READ, ERROR_CONFIG, error);
	result = check_module(path, error);
	if (result < 0)
		goto out;
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
		error_hint(error, "%s", strchr(path, '/') != NULL ? "name a PKCS#11 library for this machine's processor" :
			   "write its whole path: a name without a \"/\" is looked up in p11-kit's folder alone");
		goto out;
	}
	keep_mapped(module->functions);
	modules->count = 1;
	module->name = strdup(basename(absolute));
	if (module->name == NULL) {
		result = error_memory(error);
		goto out;
	}
	rv = initialize(module);
	if (rv != CKR_OK) {
		result = ckr_error(error, ERROR_TOKEN, rv, "the module %s does not start (C_Initialize)", path);
		module_hint(module->name, "C_Initialize", rv, error);
	}
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
	modules->local = modules_load(modules);
	modules->wrapped = p11_kit_modules_load(NULL, 0);
	watch_leave();
	if (modules->local == NULL || modules->wrapped == NULL) {
		error_set(error, ERROR_CONFIG, "p11-kit does not load its modules: %s",
			  modules->failures[0] != '\0' ? modules->failures : last_message());
		error_hint(error, "\"p11-kit list-modules\" shows the configuration; --module PATH does without it");
		return -ERROR_CONFIG;
	}
	for (CK_FUNCTION_LIST **next = modules->local; *next != NULL; next++)
		keep_mapped(*next);
	for (CK_FUNCTION_LIST **next = modules->local; *next != NULL; next++) {
		if ((wanted == NULL || module_has_name(*next, wanted)) && take(modules, *next, error) < 0)
			return error_result(error);
	}
	for (CK_FUNCTION_LIST **next = modules->wrapped; *next != NULL; next++) {
		if (is_remote(*next) && (wanted == NULL || module_has_name(*next, wanted)) && take(modules, *next, error) < 0)
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
	p11_end(); /* of another key before */
	aside = *modules;
	is_aside = true;
	memset(modules, 0, sizeof(*modules));
}

static void end_of_process(int status)
{
	watch_settle(status, NULL);
	p11_end();
}

int modules_open(struct modules *modules, const struct p11_request *request, const struct uri *uri,
		 struct error *error)
{
	static const char proxy[] = "p11-kit-proxy.so";
	const char *path = request->module != NULL ? request->module : p11_kit_uri_get_module_path(uri->parsed);
	const char *slash = path != NULL ? strrchr(path, '/') : NULL;

	memset(modules, 0, sizeof(*modules));
	p11_end(); /* one that was used before is started afresh */
	process_at_end(end_of_process);
	output_divert(); /* modules print what they like */
	kept_note();
	watch_begin(request->timeout);
	p11_kit_be_quiet(); /* what modules fail with is told when it matters */
	if (path != NULL && strcmp(slash != NULL ? slash + 1 : path, proxy) == 0) {
		/* All that p11-kit knows as one module: p11-kit does not load itself, and it can be asked for them one by one. */
		message_step("%s stands for all modules that p11-kit has configured", path);
		path = NULL;
	}
	if (path != NULL)
		return open_one(modules, path, error);
	return open_configured(modules, p11_kit_uri_get_module_name(uri->parsed), error);
}
