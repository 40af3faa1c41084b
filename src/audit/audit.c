/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/internal.h"

#include "base/message.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#define SYSLOG_SOCKET "/dev/log"

/* Nothing is kept open between records: the file may be rotated, and the journal restarted, at any time. */
struct audit {
	const char *file;   /* path; NULL: `socket` */
	const char *socket; /* path */
	int (*encode)(struct secret *out, const struct audit_record *record, unsigned long sequence);
	bool required;
	atomic_ulong lost;
	atomic_bool unsure; /* the file's last line may be cut off */
};

/* Of the last record of this process, whichever audit it went to. */
static atomic_ulong last_sequence;

static int check(const struct audit *audit, struct error *error)
{
	int fd;

	if (audit->file == NULL)
		return deliver_send(audit->socket, NULL, false, error);
	if (deliver_open_file(audit->file, &fd, error) < 0)
		return error_result(error);
	close(fd);
	return 0;
}

static void require_hint(struct error *error)
{
	if (error->hint[0] == '\0')
		error_hint(error, "see to it that records can be written: with audit-required, no signature is used, "
				  "and nothing handed out, without its record");
}

int audit_open(struct audit **audit, const struct audit_options *options, struct error *error)
{
	static const char file[] = "file:";
	const char *target = options->target;
	struct audit *new;

	*audit = NULL;
	if (strcmp(target, "off") == 0)
		return 0;
	*audit = new = calloc(1, sizeof(*new));
	if (new == NULL)
		return error_memory(error);
	new->required = options->required;
	atomic_init(&new->unsure, true);
	if (strcmp(target, "journal") == 0) {
		new->socket = JOURNAL_SOCKET;
		new->encode = record_journal;
	} else if (strcmp(target, "syslog") == 0) {
		new->socket = SYSLOG_SOCKET;
		new->encode = record_syslog;
	} else if (strncmp(target, file, sizeof(file) - 1) == 0) {
		new->file = target + sizeof(file) - 1;
		new->encode = record_json;
	} else {
		return error_set(error, ERROR_CONFIG, "\"%s\" is no target for the audit", target);
	}
	if (!new->required || check(new, error) == 0)
		return 0;
	require_hint(error);
	return error_result(error);
}

static int write_record(struct audit *audit, const struct audit_record *record, unsigned long sequence,
			struct error *error)
{
	struct secret *text = secret_new(2048); /* records are no secrets, but this grows */
	int result;

	if (text == NULL || audit->encode(text, record, sequence) < 0)
		result = error_memory(error);
	else if (audit->file != NULL)
		result = deliver_append(audit->file, text, atomic_exchange(&audit->unsure, false), error);
	else
		result = deliver_send(audit->socket, text, audit->required || atomic_load(&audit->lost) == 0, error);
	secret_free(&text);
	if (result < 0)
		atomic_store(&audit->unsure, true);
	return result;
}

/* Warns of the first record that is lost. */
static void lose(struct audit *audit, const struct error *why)
{
	if (atomic_fetch_add(&audit->lost, 1) > 0)
		return;
	message_warn("%s", why->text);
	if (why->hint[0] != '\0')
		message_note("%s", why->hint);
}

int audit_write(struct audit *audit, const struct audit_record *record, struct error *error)
{
	struct error why;

	if (audit == NULL)
		return 0;
	if (write_record(audit, record, atomic_fetch_add(&last_sequence, 1) + 1, &why) == 0)
		return 0;
	if (audit->required && record->failure == NULL) {
		*error = why;
		require_hint(error);
		return error_result(error);
	}
	lose(audit, &why);
	return 0;
}

void audit_close(struct audit **audit)
{
	unsigned long lost = *audit != NULL ? atomic_load(&(*audit)->lost) : 0;

	if (lost > 1)
		message_warn("%lu audit records were not written", lost);
	free(*audit);
	*audit = NULL;
}
