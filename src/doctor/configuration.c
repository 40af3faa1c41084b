/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of the configuration. */
#include "doctor/internal.h"

#include "base/text.h"

#include <cjson/cJSON.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Appends a fault to the list of several, with its hint in parentheses. */
static void append(struct error *all, const struct error *fault)
{
	bool hint = fault->hint[0] != '\0';

	error_append(all, "%s%s%s%s%s", all->text[0] != '\0' ? "; " : "", fault->text, hint ? " (" : "", fault->hint,
		     hint ? ")" : "");
}

/* Fails with the faults of this kind. Returns whether there are any. */
static bool fail(const struct doctor *doctor, enum doctor_fault_kind kind, struct doctor_finding *finding)
{
	const struct doctor_configuration *configuration = &doctor->given->configuration;
	struct error all = { .class = ERROR_CONFIG, .hint = "correct each of these" };
	const struct doctor_fault *last = NULL;
	size_t count = 0;

	for (size_t i = 0; i < configuration->fault_count; i++) {
		const struct doctor_fault *fault = &configuration->faults[i];

		if (fault->kind != kind)
			continue;
		append(&all, &fault->error);
		doctor_fact_item(finding, "faults", fault->error.text);
		last = fault;
		count++;
	}
	if (count > 0)
		doctor_fail(finding, count == 1 ? &last->error : &all);
	return count > 0;
}

/* --- files ------------------------------------------------------------------------------------------------------- */

static void describe(const struct doctor_file *file, char *text, size_t size)
{
	const struct passwd *owner = file->found ? getpwuid(file->owner) : NULL;
	char name[32];

	snprintf(name, sizeof(name), "uid %lu", (unsigned long)file->owner);
	text_append(text, size, "%s%s (owner %s, mode %04o)", text[0] != '\0' ? ", " : "", file->path,
		    owner != NULL ? owner->pw_name : name, (unsigned)file->mode);
}

/* The file with a PIN or a password that others can read, or NULL. */
static const char *find_readable(const struct doctor_configuration *configuration, const char **name)
{
	for (size_t i = 0; i < configuration->file_count; i++) {
		const struct doctor_file *file = &configuration->files[i];
		size_t length = strlen(file->path);

		for (size_t j = 0; j < configuration->value_count && file->found && (file->mode & S_IROTH) != 0; j++) {
			const struct doctor_value *value = &configuration->values[j];

			*name = value->name;
			if (value->secret && strncmp(value->origin, file->path, length) == 0 &&
			    value->origin[length] == ',')
				return file->path;
		}
	}
	return NULL;
}

void doctor_configuration_files(struct doctor *doctor, struct doctor_finding *finding)
{
	const struct doctor_configuration *configuration = &doctor->given->configuration;
	const char *name = NULL, *readable = find_readable(configuration, &name);
	char text[sizeof(finding->text)] = "", missing[sizeof(finding->text)] = "", step[sizeof(finding->step)];

	for (size_t i = 0; i < configuration->file_count; i++) {
		const struct doctor_file *file = &configuration->files[i];

		if (file->found) {
			describe(file, text, sizeof(text));
			doctor_fact_item(finding, "files", file->path);
		} else {
			text_append(missing, sizeof(missing), "%s%s", missing[0] != '\0' ? ", " : "", file->path);
		}
	}
	if (fail(doctor, DOCTOR_FILE, finding))
		return;
	if (readable != NULL) {
		snprintf(step, sizeof(step), "run: chmod o-r %s", readable);
		doctor_warn(finding, step, "everybody can read %s, which contains a secret in %s", readable, name);
	} else if (text[0] != '\0') {
		doctor_ok(finding, "%s", text);
	} else {
		doctor_ok(finding, "none; these do not exist: %s", missing);
	}
}

void doctor_configuration_keys(struct doctor *doctor, struct doctor_finding *finding)
{
	if (!fail(doctor, DOCTOR_KEY, finding))
		doctor_ok(finding, "all are known");
}

void doctor_configuration_profile(struct doctor *doctor, struct doctor_finding *finding)
{
	const struct doctor_configuration *configuration = &doctor->given->configuration;

	if (configuration->profile != NULL)
		doctor_fact_text(finding, "profile", configuration->profile);
	if (fail(doctor, DOCTOR_PROFILE, finding))
		return;
	if (configuration->profile == NULL)
		doctor_ok(finding, "none chosen; only [default] counts");
	else
		doctor_ok(finding, "%s, from %s", configuration->profile, configuration->profile_origin);
}

/* --- values ------------------------------------------------------------------------------------------------------ */

/* "/etc/p11bearer.conf, section [prod]: key, timeout; options: proxy". Defaults are facts only. */
static void list_origins(const struct doctor_configuration *configuration, char *text, size_t size)
{
	const char *source = "";

	*text = '\0';
	for (size_t i = 0; i < configuration->value_count; i++) {
		const struct doctor_value *value = &configuration->values[i];

		if (value->source[0] == '\0')
			continue;
		if (strcmp(value->source, source) == 0)
			text_append(text, size, ", %s", value->name);
		else
			text_append(text, size, "%s%s: %s", text[0] != '\0' ? "; " : "", value->source, value->name);
		source = value->source;
	}
}

void doctor_configuration_values(struct doctor *doctor, struct doctor_finding *finding)
{
	const struct doctor_configuration *configuration = &doctor->given->configuration;
	char text[sizeof(finding->text)];
	cJSON *values = cJSON_CreateObject();

	for (size_t i = 0; i < configuration->value_count; i++) {
		const struct doctor_value *value = &configuration->values[i];
		cJSON *fact = cJSON_AddObjectToObject(values, value->name);

		cJSON_AddStringToObject(fact, "value", value->text);
		cJSON_AddStringToObject(fact, "origin", value->origin);
	}
	doctor_fact(finding, "values", values);
	if (fail(doctor, DOCTOR_VALUE, finding))
		return;
	list_origins(configuration, text, sizeof(text));
	doctor_ok(finding, "%s", text[0] != '\0' ? text : "only defaults");
}

/* --- what the settings are for ----------------------------------------------------------------------------------- */

static void check_part(const struct doctor *doctor, const struct doctor_part *part, const char *what,
		       struct doctor_finding *finding)
{
	bool unsent = doctor->given->request->grant == SERVER_NONE && part == &doctor->given->server;

	if (part->missing && doctor->given->configuration.fault_count > 0) /* it may be set where something is wrong */
		doctor_skip(finding, "needs configuration.%s", doctor_wrong_configuration(doctor));
	else if (part->error.class != ERROR_NONE)
		doctor_fail(finding, &part->error);
	else if (part->absent)
		doctor_skip(finding, "%s", unsent ? "nothing is sent: the assertion is the bearer" :
			    "not set: the bearer comes from the agent");
	else if (part->warning[0] != '\0')
		doctor_warn(finding, "", "%s", part->warning);
	else
		doctor_ok(finding, "%s", what);
}

void doctor_configuration_key(struct doctor *doctor, struct doctor_finding *finding)
{
	const struct doctor_configuration *configuration = &doctor->given->configuration;
	const char *uri = "";

	for (size_t i = 0; i < configuration->value_count; i++) {
		if (strcmp(configuration->values[i].name, "key") == 0)
			uri = configuration->values[i].text;
	}
	check_part(doctor, &doctor->given->key, uri, finding);
}

void doctor_configuration_next_key(struct doctor *doctor, struct doctor_finding *finding)
{
	check_part(doctor, &doctor->given->next_key, "names a key", finding);
}

void doctor_configuration_audit(struct doctor *doctor, struct doctor_finding *finding)
{
	check_part(doctor, &doctor->given->audit, "records logins and signatures", finding);
}

void doctor_configuration_assertion(struct doctor *doctor, struct doctor_finding *finding)
{
	const struct bearer_request *request = doctor->given->request;
	bool has_user = request->username != NULL && (request->computed & BEARER_SUB) == 0;
	bool has_client = request->client_id != NULL && (request->computed & BEARER_ISS) == 0;
	char text[sizeof(finding->text)];

	if (has_user || has_client)
		snprintf(text, sizeof(text), "for %s %s", has_user ? "user" : "client",
			 has_user ? request->username : request->client_id);
	else
		snprintf(text, sizeof(text), "for %s", request->server->title);
	check_part(doctor, &doctor->given->assertion, text, finding);
}

void doctor_configuration_server(struct doctor *doctor, struct doctor_finding *finding)
{
	const struct bearer_request *request = doctor->given->request;
	const struct url *base = &request->instance_url;
	const char *template = request->server->token_url, *below = "{instance-url}";
	bool is_below = template != NULL && strncmp(template, below, strlen(below)) == 0;
	char url[sizeof(finding->text)] = "";

	if (request->token_url.text != NULL)
		snprintf(url, sizeof(url), "%s", request->token_url.text);
	else if (is_below && base->text != NULL)
		snprintf(url, sizeof(url), "%.*s%s", (int)(base->end - base->text), base->text,
			 template + strlen(below));
	else if (!is_below && template != NULL)
		snprintf(url, sizeof(url), "%s", template);
	if (url[0] != '\0')
		doctor_fact_text(finding, "token_url", url);
	check_part(doctor, &doctor->given->server, url, finding);
}
