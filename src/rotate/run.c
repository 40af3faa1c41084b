/* SPDX-License-Identifier: Apache-2.0 */
/* A rotation from its journal to its report. */
#include "rotate/internal.h"

#include "base/message.h"
#include "bearer/identity.h"
#include "process/interrupt.h"
#include "salesforce/package.h"
#include "salesforce/release.h"

#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

/* Fails if the journal was begun with another profile. */
static int compare_profile(const struct rotation *rotation, struct error *error)
{
	const struct rotate *with = rotation->with;
	const struct rotate_record *record = rotation->record;

	if (strcmp(record->profile, with->profile) == 0 && strcmp(record->config, with->config) == 0)
		return 0;
	error_set(error, ERROR_CONFIG, "a rotation of this app began with profile \"%s\" of %s, not with \"%s\" of "
		  "%s: see %s", record->profile, record->config, with->profile, with->config,
		  journal_path(rotation->journal));
	error_hint(error, "continue it with --profile %s --config %s", record->profile, record->config);
	return -ERROR_CONFIG;
}

/* A package may lack the file: because the path is another file of the app, or because of .forceignore. */
static bool has_file(const struct package *package, const char *path)
{
	const char *file, *data;
	bool found = false;
	size_t length;

	for (size_t i = 0; !found && (file = package_file(package, i, &data, &length)) != NULL; i++) {
		char *real = realpath(file, NULL);

		found = real != NULL && strcmp(real, path) == 0;
		free(real);
	}
	return found;
}

/* Checks before the login whether the files can be deployed. */
static int check_files(const struct rotate *rotate, const char *path, struct error *error)
{
	const struct release_rules rules = { .allow_unfit = rotate->allow_unfit, .allow_expired = true };
	struct package *package = NULL;
	char *bytes = NULL;
	int result = app_read(path, &bytes, error);

	if (result == 0)
		result = package_make(rotate->path, rotate->app, rotate->api_version, &package, error);
	if (result == 0 && !has_file(package, path)) {
		result = error_set(error, ERROR_CONFIG, "what would be deployed of %s does not include %s, which has "
				   "the certificate", rotate->path, path);
		error_hint(error, "give that file, or the folder of the app");
	}
	if (result == 0)
		result = release_check(package, &rules, error);
	package_free(&package);
	free(bytes);
	return result;
}

static int begin(struct rotation *rotation, char **app, const char *path, struct error *error)
{
	const struct rotate *with = rotation->with;
	struct rotate_record *record;
	int result = journal_open(&rotation->journal, path, error);

	if (result < 0)
		return result;
	record = rotation->record = journal_record(rotation->journal);
	if (journal_exists(rotation->journal)) {
		result = steps_check_journal(rotation->journal, error);
		return result == 0 ? compare_profile(rotation, error) : result;
	}
	if (with->abort) {
		error_set(error, ERROR_CONFIG, "there is no rotation of this app to abort: %s does not exist",
			  journal_path(rotation->journal));
		return -ERROR_CONFIG;
	}
	free(record->app);
	free(record->settings_file);
	record->app = *app;
	*app = NULL;
	record->settings_file = strdup(path);
	return record->settings_file != NULL ? check_files(with, path, error) : error_memory(error);
}

/* Goes back to the old key. The failure that led here is the one to report. */
static int go_back(struct rotation *rotation, struct error *error)
{
	const struct error why = *error;
	int result = back_run(rotation, error);

	if (result < 0) {
		error_append(error, "; it was going back to the old key because: %.1000s", why.text);
		return result;
	}
	error_set(error, ERROR_ORG, "%.3000s; the old key is in use again, and works", why.text);
	if (why.hint[0] != '\0')
		error_hint(error, "%s", why.hint);
	return -ERROR_ORG;
}

static int carry_on(struct rotation *rotation, struct error *error)
{
	struct rotate_record *record = rotation->record;
	bool first = record->next == ROTATE_PROVE_OLD;
	struct error ignored;
	int result;

	if (rotation->with->abort || record->aborting)
		return back_run(rotation, error);
	result = journal_save(rotation->journal, error);
	if (result == 0)
		result = steps_run(rotation, error);
	if (result == GO_BACK)
		return go_back(rotation, error);
	if (result == 0)
		result = report_print(rotation, error);
	if (result == 0)
		return journal_remove(rotation->journal, error);
	if (record->next == ROTATE_STEPS)
		message_note("the new key is in use; the same command prints the report");
	else if (first && record->next == ROTATE_PROVE_OLD)
		(void)journal_remove(rotation->journal, &ignored); /* nothing has changed */
	else
		message_note("the rotation stops in step %d of 8; the same command continues it, and --abort goes back "
			     "to the old key", rotate_steps[record->next].number);
	return result;
}

int rotate_run(const struct rotate *rotate, struct error *error)
{
	struct rotation rotation = { .with = rotate };
	char *app, *path;
	int result = app_find(rotate, &app, &path, error);

	if (result == 0 && rotate->dry_run) {
		result = report_plan(rotate, app, path, error);
	} else if (result == 0) {
		result = begin(&rotation, &app, path, error);
		if (result == 0)
			result = rotation_open(&rotation, error);
		if (result == 0) {
			interrupt_begin("p11bearer: interrupted; the same command continues later; signal again to "
					"stop immediately\n");
			result = carry_on(&rotation, error);
			interrupt_end();
		}
	}
	X509_free(rotation.old);
	X509_free(rotation.new);
	identity_close(&rotation.identity);
	p11_uri_free(&rotation.again.uri);
	journal_close(&rotation.journal);
	free(app);
	free(path);
	return result;
}
