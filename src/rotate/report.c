/* SPDX-License-Identifier: Apache-2.0 */
/* What a rotation would do, and what it has done. */
#include "rotate/internal.h"

#include "base/message.h"
#include "process/output.h"
#include "rotate/key.h"
#include "salesforce/release.h"
#include "x509/x509.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void report_destroy(const char *uri, char command[DESTROY_SIZE])
{
	/* The full URI of a key names the token's model. */
	const char *officer = strstr(uri, "model=YubiKey") != NULL ? " --so-pin-from SRC" : "";

	/* A URI has no quotes: they are percent-encoded, see RFC 7512 section 2.3. */
	if (strchr(uri, '\'') != NULL ||
	    snprintf(command, DESTROY_SIZE, "p11bearer destroy '%s' --yes%s", uri, officer) >= DESTROY_SIZE)
		snprintf(command, DESTROY_SIZE, "p11bearer destroy URI --yes");
}

static cJSON *key_json(const char *uri, const char *path, X509 *certificate)
{
	char fingerprint[X509_FINGERPRINT_SIZE], expiry[32];
	cJSON *object = cJSON_CreateObject();

	x509_fingerprint(certificate, fingerprint);
	x509_expiry(certificate, expiry, sizeof(expiry));
	cJSON_AddStringToObject(object, "key", uri);
	if (path != NULL)
		cJSON_AddStringToObject(object, "certificate", path);
	else
		cJSON_AddNullToObject(object, "certificate");
	cJSON_AddStringToObject(object, "sha256", fingerprint);
	cJSON_AddStringToObject(object, "expires", expiry);
	return object;
}

static int print_json(const struct rotation *rotation, const char *command, struct error *error)
{
	const struct rotate_record *record = rotation->record;
	cJSON *root = cJSON_CreateObject(), *seconds = cJSON_CreateObject();
	char *text;
	int result;

	cJSON_AddStringToObject(root, "profile", record->profile);
	if (record->app != NULL)
		cJSON_AddStringToObject(root, "app", record->app);
	cJSON_AddStringToObject(root, "user", record->user);
	cJSON_AddItemToObject(root, "old", key_json(record->old_key, record->old_certificate, rotation->old));
	cJSON_AddItemToObject(root, "new", key_json(record->new_key, record->new_certificate, rotation->new));
	for (size_t i = 0; i < ROTATE_STEPS; i++) /* whole milliseconds */
		cJSON_AddNumberToObject(seconds, rotate_steps[i].name,
					(double)(long long)(record->seconds[i] * 1e3 + .5) / 1e3);
	cJSON_AddItemToObject(root, "seconds", seconds);
	cJSON_AddStringToObject(root, "destroy", command);
	text = cJSON_Print(root);
	result = output_json(text, error);
	free(text);
	cJSON_Delete(root);
	return result;
}

int report_print(const struct rotation *rotation, struct error *error)
{
	const struct rotate *with = rotation->with;
	const struct rotate_record *record = rotation->record;
	char command[DESTROY_SIZE];

	report_destroy(record->old_key, command);
	release_certificate("old certificate", rotation->old);
	release_certificate("new certificate", rotation->new);
	for (size_t i = 0; i < ROTATE_STEPS; i++)
		message_step("%s: %.1f s", rotate_steps[i].name, record->seconds[i]);
	message_note("profile \"%s\" names the new key: %s", record->profile, record->new_key);
	if (with->tls_certificate != NULL && (with->tls_key == NULL || strcmp(with->tls_key, record->old_key) == 0))
		message_warn("the old key is still the TLS client's key (--tls-key): keep it until the TLS certificate "
			     "is replaced too");
	message_note("once nothing else uses the old key, destroy it: %s", command);
	return print_json(rotation, command, error);
}

/* What an unfinished rotation would do. */
static int plan_rest(const struct rotate *rotate, struct journal *journal, struct error *error)
{
	const struct rotate_record *record = journal_record(journal);
	const struct step *step = &rotate_steps[record->next];

	if (steps_check_journal(journal, error) < 0)
		return error_result(error);
	message_note("a rotation began with profile \"%s\" of %s: see %s", record->profile, record->config,
		     journal_path(journal));
	message_note("the old key: %s", record->old_key);
	message_note("the new key: %s, with its certificate in %s", record->new_key, record->new_certificate);
	if (rotate->abort || record->aborting)
		message_note("would go back to the old key from step %d of 8", step->number);
	else
		message_note("would continue with step %d of 8: %s", step->number, step->title);
	return 0;
}

static int plan_all(const struct rotate *rotate, const char *app, const char *path, struct error *error)
{
	const char *given = rotate->new_key != NULL ? rotate->new_key : rotate->next_key;
	char *key = NULL, *certificate = NULL;
	struct error ignored;
	int result = rotate_name_certificate(rotate->certificate, rotate->config, rotate->profile, time(NULL),
					     &certificate, error);

	if (result < 0)
		return result;
	if (given == NULL)
		(void)rotate_name_key(rotate->key, time(NULL), &key, &ignored);
	message_note("step 1 of 8: would get a bearer with the old key, %s", rotate->key);
	if (given != NULL) /* a query may have a PIN */
		message_note("step 2 of 8: would use the key %.*s", (int)strcspn(given, "?"), given);
	else
		message_note("step 2 of 8: would make a new key%s%s", key != NULL ? ", such as " : "",
			     key != NULL ? key : "");
	message_note("step 3 of 8: would write its certificate to %s, and store it on the token", certificate);
	message_note("step 4 of 8: would set next-key and next-certificate in %s, section [%s], and make the agent "
		     "read it", rotate->config, rotate->profile);
	message_note("step 5 of 8: would put the certificate into %s, and deploy %s%s", path,
		     app != NULL ? "the app " : "the app", app != NULL ? app : "");
	message_note("step 6 of 8: would get %d bearers in a row with the new key, over %ld s, within %ld s",
		     (int)PROOFS, rotate->settle, rotate->accept_within);
	message_note("step 7 of 8: would compare the user of the new key with that of the old one");
	message_note("step 8 of 8: would set key and certificate in %s, section [%s], to the new ones, and remove "
		     "next-key and next-certificate", rotate->config, rotate->profile);
	free(key);
	free(certificate);
	return 0;
}

int report_plan(const struct rotate *rotate, const char *app, const char *path, struct error *error)
{
	struct journal *journal;
	int result = journal_look(&journal, path, error);

	if (result == 0 && journal_exists(journal))
		result = plan_rest(rotate, journal, error);
	else if (result == 0 && rotate->abort)
		result = error_set(error, ERROR_CONFIG, "there is no rotation of this app to abort: %s does not exist",
				   journal_path(journal));
	else if (result == 0)
		result = plan_all(rotate, app, path, error);
	if (result == 0)
		message_note("nothing was changed");
	journal_close(&journal);
	return result;
}
