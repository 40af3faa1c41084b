/* SPDX-License-Identifier: Apache-2.0 */
/* The way back to the old key. */
#include "rotate/internal.h"

#include "base/message.h"
#include "base/shell-word.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The org accepts neither key, or not the old one on every host: only the user can deploy the old certificate now. */
static int stuck(const struct rotation *rotation, struct error *error)
{
	char path[SHELL_WORD_SIZE];

	shell_word(rotation->with->path, strlen(rotation->with->path), path);
	error_hint(error, "%s has the old certificate again: deploy it by other means, such as \"sf project deploy "
		   "start --source-dir %s\", then run \"p11bearer rotate %s --abort\" again",
		   rotation->record->settings_file, path, path);
	return -ERROR_ORG;
}

/* Deploys the old certificate with whichever key the org accepts, and proves that the old key works everywhere. */
static int restore_org(const struct rotation *rotation, struct error *error)
{
	const struct proof either = { "the old or the new key", 1, 0 };
	const struct proof old = { "the old key", PROOFS, rotation->with->settle };
	int result = accept_await(rotation, ROTATE_BOTH, &either, error);

	if (result == 0) {
		result = deploy_app(rotation, false, error);
		/* The org may refuse every deployment, so that it never got the new certificate. */
		if (result == GO_BACK) {
			message_warn("%s", error->text);
			result = 0;
		}
	}
	if (result == 0)
		result = accept_await(rotation, ROTATE_OLD, &old, error);
	return result == GO_BACK ? stuck(rotation, error) : result;
}

/* Nothing was deployed, so one exchange proves that the old key still works. */
static int prove_old(const struct rotation *rotation, struct error *error)
{
	const struct proof once = { "the old key", 1, 0 };
	int result = accept_await(rotation, ROTATE_OLD, &once, error);

	return result == GO_BACK ? -ERROR_ORG : result;
}

static int remove_certificate(const struct rotate_record *record, struct error *error)
{
	if (unlink(record->new_certificate) == 0 || errno == ENOENT)
		return 0;
	return error_set(error, ERROR_UNEXPECTED, "cannot remove %s: %s", record->new_certificate, strerror(errno));
}

static void name_new_key(const struct rotate_record *record)
{
	char command[DESTROY_SIZE];

	if (record->next < ROTATE_KEY)
		return;
	report_destroy(record->new_key, command);
	message_note("the new key is left on the token%s; nothing uses it; to destroy it: %s",
		     record->next == ROTATE_KEY && !record->given ? ", if it was made" : "", command);
}

int back_run(struct rotation *rotation, struct error *error)
{
	struct rotate_record *record = rotation->record;
	enum rotate_step next = record->next;
	int result;

	message_note("going back to the old key");
	record->aborting = true;
	result = journal_save(rotation->journal, error);
	/* The profile may name the new key alone. */
	if (result == 0 && next >= ROTATE_DEPLOY)
		result = steps_set_keys(rotation, ROTATE_BOTH, error);
	if (result == 0 && next >= ROTATE_APP)
		result = app_put_old(rotation, error);
	if (result == 0)
		result = next >= ROTATE_DEPLOY ? restore_org(rotation, error) : prove_old(rotation, error);
	if (result == 0)
		result = steps_interrupted(error);
	if (result == 0 && next >= ROTATE_CONFIGURE)
		result = steps_set_keys(rotation, ROTATE_OLD, error);
	if (result == 0 && next >= ROTATE_CERTIFICATE)
		result = remove_certificate(record, error);
	if (result == 0) {
		name_new_key(record);
		message_note("the old key is in use: %s", record->old_key);
		result = journal_remove(rotation->journal, error);
	}
	if (result < 0)
		message_note("the way back is not complete; the same command continues it; its journal is %s",
			     journal_path(rotation->journal));
	return result;
}
