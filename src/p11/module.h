/* SPDX-License-Identifier: Apache-2.0 */
/* Modules: loading, restarting, and hints about those that fail. */
#ifndef P11BEARER_P11_MODULE_H
#define P11BEARER_P11_MODULE_H

#include "p11/call.h"
#include "p11/p11.h"
#include "p11/uri.h"

#include <stddef.h>

struct modules {
	struct module *list;
	size_t count;
	CK_FUNCTION_LIST **local, **wrapped; /* as p11-kit returned them; NULL if one module was loaded by path */
	char failures[1024];                 /* the modules that failed, for the message if nothing is found */
	/* "; NAME: what to do" for the first of them that has advice; else empty */
	char advice[512];
};

/* Loads and initializes request->module, else the URI's module-path, else all configured modules, which is also what
 * the path of p11-kit's proxy means. If one of several modules fails, it is noted in `failures` and skipped. Fails with
 * ERROR_CONFIG if the path names no module or p11-kit refuses its configuration, with ERROR_TOKEN if the only module
 * does not start. */
int modules_open(struct modules *modules, const struct p11_request *request, struct error *error);

/* Loads the module at `path`, which must belong to the user or root, and sets its functions and name. Fails with
 * ERROR_CONFIG (load.c). */
int module_load(struct module *module, const char *path, struct error *error);

/* Why p11-kit could not load a module. Owned by p11-kit. */
const char *load_message(void);

/* Loads all local modules that p11-kit has configured, and notes in `failures` those that p11-kit cannot load. What
 * modules write to stderr is cleaned and shown (load.c). NULL if p11-kit refuses. */
CK_FUNCTION_LIST **modules_load(struct modules *modules);

/* Whether a loaded module has this name: RFC 7512's module-name is the file's name without "lib" and ".so", in any
 * case. p11-kit's own name for the module matches too. */
bool module_has_name(CK_FUNCTION_LIST *functions, const char *wanted);

/* Adds a text to `failures`. */
void modules_note_text(struct modules *modules, const char *text);

/* Adds a module to `failures`: which function failed, with which CKR. Sets `advice` if it is still empty. */
void modules_note(struct modules *modules, const struct module *module, const char *function, CK_RV rv);

/* Restarts a module that nothing else in the process uses, which ends all its sessions. Fails with ERROR_TOKEN and the
 * module's code. */
int module_restart(struct module *module, struct error *error);

/* Hands the modules over to p11_end, which finalizes them: if that fails, results are already written. */
void modules_close(struct modules *modules);

/* --- hints (module-hint.c) --------------------------------------------------------------------------------------- */

/* Sets `advice`, unless it is set, to what helps after such a failure. */
void modules_advise(struct modules *modules, const struct module *module, const char *function, CK_RV rv);

/* Adds the hint for a token that was not found: the modules that failed, and their advice. */
void modules_hint(const struct modules *modules, struct error *error);

/* Adds the hint for a failed call of one module, if there is one; C_Initialize always has one. `name` is the module's
 * name or path. */
void module_hint(const char *name, const char *function, CK_RV rv, struct error *error);

#endif
