/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of a rotation. Each finds out what an interrupted run has done, and does the rest. */
#include "rotate/internal.h"

#include "base/clock.h"
#include "base/message.h"
#include "process/interrupt.h"
#include "rotate/key.h"
#include "x509/x509.h"

#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

static int prove_old(struct rotation *rotation, struct error *error)
{
	struct rotate_record *record = rotation->record;

	free(record->user);
	return accept_user(rotation, ROTATE_OLD, &record->user, error);
}

static int make_key(struct rotation *rotation, struct error *error)
{
	const char *uri = rotation->record->new_key;
	int result = 0;

	/* rotate_make_key removes half a pair, and a key that was given may lack its public half on the token. */
	if (!rotation->record->given)
		result = rotate_make_key(&rotation->again, uri, X509_get0_pubkey(rotation->old), error);
	if (result == 0)
		message_note("the new key: %s", uri);
	return result;
}

static int make_certificate(struct rotation *rotation, struct error *error)
{
	const struct rotate_record *record = rotation->record;

	return rotate_make_certificate(&rotation->again, record->new_key, rotation->old, record->new_certificate,
				       rotation->with->request->recorder, &rotation->new, error);
}

/* Reads what an earlier run has made. A certificate that is made now would not be the one that the org has. */
static int read_certificate(struct rotation *rotation, struct error *error)
{
	const char *path = rotation->record->new_certificate;
	struct x509_list list = { .count = 0 };
	int result = x509_read(path, &list, error);

	if (result == 0)
		result = x509_choose(&list, path, NULL, &rotation->new, error);
	x509_list_clear(&list);
	if (result < 0)
		error_hint(error, "restore the file, or go back to the old key with --abort");
	return result;
}

int steps_set_keys(const struct rotation *rotation, enum rotate_keys keys, struct error *error)
{
	const struct rotate *with = rotation->with;
	int result = with->configure(with->context, rotation->record, keys, error);

	return result == 0 ? with->reload(with->context, p11_uri_pin(rotation->again.uri), error) : result;
}

static int configure(struct rotation *rotation, struct error *error)
{
	int result = steps_set_keys(rotation, ROTATE_BOTH, error);

	if (result == 0)
		message_note("batches that started earlier know only the old key: start them again now");
	return result;
}

static int change_app(struct rotation *rotation, struct error *error)
{
	int result = app_put_new(rotation, error);

	return result == 0 ? deploy_app(rotation, true, error) : result;
}

static int deploy(struct rotation *rotation, struct error *error)
{
	int result = app_put_new(rotation, error);

	return result == 0 ? deploy_app(rotation, false, error) : result;
}

static int await_new(struct rotation *rotation, struct error *error)
{
	const struct proof proof = { "the new key", PROOFS, rotation->with->settle };

	return accept_await(rotation, ROTATE_NEW, &proof, error);
}

static int compare_user(struct rotation *rotation, struct error *error)
{
	char *user;
	int result = accept_user(rotation, ROTATE_NEW, &user, error);

	if (result == 0 && strcmp(user, rotation->record->user) != 0) {
		error_set(error, ERROR_ORG, "the new key's bearer belongs to user %s, the old key's to %s", user,
			  rotation->record->user);
		result = GO_BACK;
	}
	free(user);
	return result;
}

static int finish(struct rotation *rotation, struct error *error)
{
	return steps_set_keys(rotation, ROTATE_NEW, error);
}

const struct step rotate_steps[ROTATE_STEPS] = {
	[ROTATE_PROVE_OLD] = { 1, "prove-old-key", "the old key gets a bearer", prove_old },
	[ROTATE_KEY] = { 2, "make-key", "the new key", make_key },
	[ROTATE_CERTIFICATE] = { 3, "make-certificate", "its certificate", make_certificate },
	[ROTATE_CONFIGURE] = { 4, "configure-both", "the profile names both keys", configure },
	[ROTATE_APP] = { 5, "change-app", "the app's file, and a deployment that the org only checks", change_app },
	[ROTATE_DEPLOY] = { 5, "deploy", "the deployment", deploy },
	[ROTATE_ACCEPT] = { 6, "await-new-key", "every host of the org accepts the new key", await_new },
	[ROTATE_USER] = { 7, "compare-user", "the new key's user is the old key's", compare_user },
	[ROTATE_FINISH] = { 8, "configure-new", "the profile names the new key alone", finish },
};

int steps_check_journal(struct journal *journal, struct error *error)
{
	const struct rotate_record *record = journal_record(journal);

	if (record->new_key != NULL && record->new_certificate != NULL && record->app_certificate != NULL &&
	    record->next < ROTATE_STEPS && (record->user != NULL || record->next == ROTATE_PROVE_OLD))
		return 0;
	error_set(error, ERROR_CONFIG, "the journal %s is damaged", journal_path(journal));
	error_hint(error, "find out which key the org accepts and which one the profile names, then remove the "
		   "journal");
	return -ERROR_CONFIG;
}

int steps_interrupted(struct error *error)
{
	if (interrupt_signal() == 0)
		return 0;
	error_set(error, ERROR_UNEXPECTED, "interrupted");
	error->signal = interrupt_signal();
	return -ERROR_UNEXPECTED;
}

static int run_one(struct rotation *rotation, struct error *error)
{
	struct rotate_record *record = rotation->record;
	const struct step *step = &rotate_steps[record->next];
	double began = clock_ms();
	struct error ignored;
	int result;

	message_note("step %d of 8: %s", step->number, step->title);
	result = step->run(rotation, error);
	record->seconds[record->next] += (clock_ms() - began) / 1e3;
	if (result != 0) {
		(void)journal_save(rotation->journal, &ignored);
		return result;
	}
	record->next++;
	/* After the last step, the journal is removed; until then that step can be run again. */
	return record->next < ROTATE_STEPS ? journal_save(rotation->journal, error) : 0;
}

int steps_run(struct rotation *rotation, struct error *error)
{
	struct rotate_record *record = rotation->record;
	int result = 0;

	if (record->next > ROTATE_CERTIFICATE)
		result = read_certificate(rotation, error);
	while (result == 0 && record->next < ROTATE_STEPS) {
		result = steps_interrupted(error);
		if (result == 0)
			result = run_one(rotation, error);
	}
	return result;
}
