/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of the modules. */
#include "doctor/internal.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The modules that started, in one line; "" if none did. */
static void name_modules(const struct p11_seen_module *list, size_t count, char *text, size_t size)
{
	size_t used = 0;

	*text = '\0';
	for (size_t i = 0; i < count && used < size; i++) {
		const struct p11_seen_module *module = &list[i];

		if (module->starts)
			used += (size_t)snprintf(text + used, size - used, "%s%s (%s%s%s)", used > 0 ? "; " : "",
						 module->name, module->library, module->library[0] != '\0' ? ", " : "",
						 module->path);
	}
}

static void add_facts(const struct p11_seen_module *list, size_t count, struct doctor_finding *finding)
{
	cJSON *modules = cJSON_CreateArray();

	finding->facts = cJSON_CreateObject();
	for (size_t i = 0; i < count; i++) {
		cJSON *module = cJSON_CreateObject();

		cJSON_AddStringToObject(module, "name", list[i].name);
		cJSON_AddStringToObject(module, "path", list[i].path);
		cJSON_AddStringToObject(module, "library", list[i].library);
		cJSON_AddItemToArray(modules, module);
	}
	cJSON_AddItemToObject(finding->facts, "modules", modules);
}

void doctor_modules_loaded(struct doctor *doctor, struct doctor_finding *finding)
{
	const struct p11_request *request = &doctor->given->request->key;
	struct p11_seen_module *list = NULL;
	struct error error;
	size_t count = 0;
	char text[sizeof(finding->text)];

	doctor->key = p11_inspect_begin();
	if (doctor->key == NULL) {
		error_memory(&error);
		doctor_fail(finding, &error);
	} else if (p11_inspect_modules(doctor->key, request, &list, &count, &error) < 0) {
		doctor_fail(finding, &error);
	} else {
		name_modules(list, count, text, sizeof(text));
		add_facts(list, count, finding);
		if (text[0] != '\0')
			doctor_ok(finding, "%s", text);
		else
			doctor_warn(finding, "see modules.refused for the reasons", "no module starts");
		if (count == 0) {
			error_set(&error, ERROR_CONFIG, "p11-kit can load none of its modules");
			error_hint(&error, "name your token's module with --module PATH");
			doctor_fail(finding, &error);
		}
	}
	free(list);
}

void doctor_modules_refused(struct doctor *doctor, struct doctor_finding *finding)
{
	const char *failures, *advice;
	struct error error;
	size_t tokens;

	if (p11_inspect_slots(doctor->key, &tokens, &failures, &advice, &error) < 0) {
		doctor_fail(finding, &error);
	} else if (failures[0] == '\0') {
		doctor_ok(finding, "none");
	} else if (tokens > 0) { /* on many machines, some modules have no device */
		doctor_ok(finding, "%s; another module has the token", failures);
	} else {
		doctor_warn(finding, advice[0] != '\0' ? advice + strlen("; ") :
			    "repair or remove the modules that p11-kit has configured (\"p11-kit list-modules\"), or "
			    "name your token's module with --module PATH", "%s", failures);
	}
}
