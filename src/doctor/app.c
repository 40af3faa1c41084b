/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of the app's files, by the program that can read them. */
#include "doctor/internal.h"

#include "base/shell-word.h"
#include "base/text.h"
#include "process/child-read.h"
#include "process/environment.h"
#include "x509/x509.h"

#include <cjson/cJSON.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The settings of the environment are not passed on: what is wrong with them is another finding. */
static int make_environment(struct environment **environment, struct error *error)
{
	static const char prefix[] = "P11BEARER_";

	if (environment_new(environment, environ, error) < 0)
		return error_result(error);
	for (char **next = environ; *next != NULL; next++) {
		char name[64];

		snprintf(name, sizeof(name), "%.*s", (int)strcspn(*next, "="), *next);
		if (strncmp(name, prefix, sizeof(prefix) - 1) == 0)
			environment_unset(*environment, name);
	}
	return 0;
}

static int run_check(const struct doctor_given *given, struct child_text *text, int *status, struct error *error)
{
	const struct doctor_app *app = &given->app;
	/* With room for the options, the path and the NULL that ends the list. */
	const char *argv[13] = { app->program, "app", "check", "--json", "--config", "/dev/null" };
	struct environment *environment = NULL;
	size_t count = 6;
	int result;

	if (given->request->client_id != NULL) {
		argv[count++] = "--client-id";
		argv[count++] = given->request->client_id;
	}
	if (app->name != NULL) {
		argv[count++] = "--app";
		argv[count++] = app->name;
	}
	argv[count++] = "--";
	argv[count++] = app->path;
	result = make_environment(&environment, error);
	if (result == 0)
		result = child_read((char *const *)argv, environment_list(environment), text, status, error);
	environment_free(&environment);
	return result;
}

/* The first message of the program, with the lines of its list, and the second one, which is its hint. */
static void take_messages(char *messages, int status, struct error *error)
{
	static const char prefix[] = "p11bearer: ";
	const size_t length = sizeof(prefix) - 1;
	char *rest = NULL, *line = strtok_r(messages, "\n", &rest);
	enum error_class class = status >= ERROR_UNEXPECTED && status <= ERROR_ANSWER ? (enum error_class)status :
										       ERROR_UNEXPECTED;

	if (line == NULL || strncmp(line, prefix, length) != 0) {
		error_set(error, class, "\"app check\" ended with status %d", status);
		return;
	}
	error_set(error, class, "%s", line + length);
	while ((line = strtok_r(NULL, "\n", &rest)) != NULL && strncmp(line, prefix, length) != 0)
		error_append(error, "\n%s", line);
	if (line != NULL)
		error_hint(error, "%s", line + length);
}

/* --- what it found ----------------------------------------------------------------------------------------------- */

static const char *text_of(const cJSON *object, const char *name)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));

	return text != NULL ? text : "";
}

/* Lists the findings of this level, as far as there is room, and returns their number. */
static size_t list(const cJSON *json, const char *level, char *text, size_t size)
{
	const cJSON *findings = cJSON_GetObjectItemCaseSensitive(json, "findings"), *finding;
	size_t count = 0;

	*text = '\0';
	cJSON_ArrayForEach(finding, findings) {
		if (strcmp(text_of(finding, "level"), level) != 0)
			continue;
		count++;
		text_append(text, size, "%s%s: %s", text[0] != '\0' ? "; " : "", text_of(finding, "file"),
			    text_of(finding, "text"));
	}
	return count;
}

static void judge(const cJSON *json, const char *path, struct doctor_finding *finding)
{
	struct error error = { .class = ERROR_NONE };
	char errors[sizeof(finding->text)], warnings[sizeof(finding->text)], word[SHELL_WORD_SIZE];
	const char *app = text_of(json, "app");
	char step[sizeof(finding->step)];

	shell_word(path, strlen(path), word);
	snprintf(step, sizeof(step), "correct these files, and check them with: p11bearer app check %s", word);
	doctor_fact(finding, "app", cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(json, "app"), false));
	doctor_fact(finding, "findings", cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(json, "findings"), true));
	if (list(json, "error", errors, sizeof(errors)) > 0) {
		error_set(&error, ERROR_CONFIG, "%s", errors);
		error_hint(&error, "%s", step);
		doctor_fail(finding, &error);
	} else if (list(json, "warning", warnings, sizeof(warnings)) > 0) {
		doctor_warn(finding, step, "%s", warnings);
	} else {
		doctor_ok(finding, "%s%sfit for the JWT bearer flow", app, app[0] != '\0' ? ": " : "");
	}
}

void doctor_app_files(struct doctor *doctor, struct doctor_finding *finding)
{
	const struct doctor_app *app = &doctor->given->app;
	struct child_text text = { NULL, NULL };
	struct error error = { .class = ERROR_NONE };
	int status = 0;

	if (app->path == NULL) {
		doctor_skip(finding, "needs --app-path");
		return;
	}
	if (access(app->program, X_OK) < 0) {
		error_set(&error, ERROR_UNEXPECTED, "cannot run %s, which checks the files: %m", app->program);
		error_hint(&error, "install it there, or in the folder of p11bearer");
	} else if (run_check(doctor->given, &text, &status, &error) == 0) {
		doctor->app = cJSON_Parse(text.output);
		if (!cJSON_IsObject(doctor->app))
			take_messages(text.messages, status, &error);
	}
	if (error.class != ERROR_NONE)
		doctor_fail(finding, &error);
	else
		judge(doctor->app, app->path, finding);
	child_text_clear(&text);
}

/* --- the certificate --------------------------------------------------------------------------------------------- */

/* Whether the file has the certificate with this fingerprint. Fails as x509_read does. */
static int has_certificate(const char *path, const char *sha256, bool *has, struct error *error)
{
	struct x509_list list;
	int result = x509_read(path, &list, error);

	*has = false;
	for (size_t i = 0; i < list.count; i++) {
		char fingerprint[X509_FINGERPRINT_SIZE];

		x509_fingerprint(list.list[i], fingerprint);
		*has |= strcmp(fingerprint, sha256) == 0;
	}
	x509_list_clear(&list);
	return result;
}

static void compare(const struct doctor *doctor, const char *sha256, struct doctor_finding *finding)
{
	const struct bearer_request *request = doctor->given->request;
	const char *path = doctor->given->app.path;
	char word[SHELL_WORD_SIZE], file[SHELL_WORD_SIZE];
	struct error error;
	bool has, has_next = false;

	if (has_certificate(request->certificate, sha256, &has, &error) < 0) {
		doctor_skip(finding, "%s", error.text);
		return;
	}
	if (request->next_certificate != NULL)
		(void)has_certificate(request->next_certificate, sha256, &has_next, &error);
	if (has) {
		doctor_ok(finding, "the same as %s", request->certificate);
	} else if (has_next) {
		doctor_ok(finding, "the same as %s, of the next key", request->next_certificate);
	} else {
		error_set(&error, ERROR_CONFIG, "the app has another certificate than %s: SHA-256 %s",
			  request->certificate, sha256);
		error_hint(&error, "run: p11bearer app set-cert %s --certificate %s; then deploy the app",
			   shell_word(path, strlen(path), word),
			   shell_word(request->certificate, strlen(request->certificate), file));
		doctor_fail(finding, &error);
	}
}

void doctor_app_certificate(struct doctor *doctor, struct doctor_finding *finding)
{
	const cJSON *certificate = cJSON_GetObjectItemCaseSensitive(doctor->app, "certificate");
	const char *sha256 = text_of(certificate, "sha256");

	if (!cJSON_IsObject(certificate)) {
		doctor_skip(finding, doctor->given->app.path == NULL ? "needs --app-path" :
			     doctor->app == NULL ? "needs app.files" : "needs a certificate in the settings file");
		return;
	}
	doctor_fact_text(finding, "sha256", sha256);
	doctor_fact_text(finding, "subject", text_of(certificate, "subject"));
	doctor_fact_text(finding, "expires", text_of(certificate, "expires"));
	if (doctor->given->request->certificate == NULL)
		doctor_skip(finding, "no --certificate to compare it with");
	else
		compare(doctor, sha256, finding);
}

void doctor_app_close(struct doctor *doctor)
{
	cJSON_Delete(doctor->app);
}
