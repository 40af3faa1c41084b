/* SPDX-License-Identifier: Apache-2.0 */
/* A record as JSON, and as the journal and the system log take it. */
#include "audit/internal.h"

#include "base/json.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <endian.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

/* Indexed by enum audit_event. The ids are part of the interface: see p11bearer(1). */
static const struct {
	const char *name, *done, *failed;
	const char *message_id; /* sd_journal_print(3); random */
} events[] = {
	[AUDIT_LOGIN] = { "login", "logged in", "login failed", "955d047e6f3e4ec98b5af593c03dd6a2" },
	[AUDIT_SIGNATURE] = { "signature", "signed", "signature failed", "18af1e8a1acc4c35a7edcb6af70f6efd" },
	[AUDIT_TLS_SIGNATURE] = { "tls-signature", "signed a TLS handshake", "signature of a TLS handshake failed",
				  "a6be7b2ce4cd469baccaf63a00c1809e" },
	[AUDIT_BEARER] = { "bearer", "handed out a bearer", "handing out a bearer failed",
			    "9aaec6f686544369a385d226be021695" },
	[AUDIT_ASSERTION] = { "assertion", "handed out an assertion", "handing out an assertion failed",
			    "d17c07c70a744da2815666a8aa374282" },
	[AUDIT_REFUSAL] = { "refusal", "refused", "refused", "1fcebbaddba54a199ade3cd583c6278a" },
	[AUDIT_UNLOCK] = { "unlock", "unlocked", "unlocking failed", "6672826acac74aab8ff683a25d066bab" },
	[AUDIT_LOCK] = { "lock", "locked", "locking failed", "593ac4b23ddb465ab9733f9cb2bfd2fd" },
	[AUDIT_FORGET] = { "forget", "forgot bearers", "forgetting bearers failed",
			    "852296086fcb407f8e0b47bcf1a3a06b" },
	[AUDIT_RELOAD] = { "reload", "reloaded the configuration", "reloading the configuration failed",
			    "215556b88eb842a189b12d23dd24c509" },
};

enum { FIELDS_MAX = 24 };

/* The members of a record, as text. */
struct fields {
	struct field {
		const char *name, *text;
		bool is_number;
	} list[FIELDS_MAX];
	size_t count;
	char time[40], sequence[24], pid[24], peer_uid[24], peer_pid[24], exp[24], status[24], usec[32];
};

static void add(struct fields *fields, const char *name, const char *text, bool is_number)
{
	if (text != NULL)
		fields->list[fields->count++] = (struct field){ name, text, is_number };
}

/* RFC 3339, in UTC. */
static void format_time(char *text, size_t size)
{
	struct timespec now;
	struct tm parts;
	size_t used;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &parts);
	used = strftime(text, size, "%Y-%m-%dT%H:%M:%S", &parts);
	snprintf(text + used, size - used, ".%03ldZ", now.tv_nsec / 1000000);
}

static void add_peer(struct fields *fields, const struct audit_peer *peer)
{
	if (peer == NULL)
		return;
	snprintf(fields->peer_uid, sizeof(fields->peer_uid), "%lu", (unsigned long)peer->uid);
	snprintf(fields->peer_pid, sizeof(fields->peer_pid), "%ld", (long)peer->pid);
	add(fields, "peer_uid", fields->peer_uid, true);
	add(fields, "peer_pid", fields->peer_pid, true);
	add(fields, "peer_unit", peer->unit[0] != '\0' ? peer->unit : NULL, false);
}

static void collect(struct fields *fields, const struct audit_record *record, unsigned long sequence)
{
	const struct error *failure = record->failure;

	fields->count = 0;
	format_time(fields->time, sizeof(fields->time));
	snprintf(fields->sequence, sizeof(fields->sequence), "%lu", sequence);
	snprintf(fields->pid, sizeof(fields->pid), "%ld", (long)getpid());
	snprintf(fields->exp, sizeof(fields->exp), "%lld", record->exp);
	snprintf(fields->status, sizeof(fields->status), "%d", failure != NULL ? (int)failure->class : 0);
	snprintf(fields->usec, sizeof(fields->usec), "%.0f", record->milliseconds * 1e3);
	add(fields, "time", fields->time, false);
	add(fields, "sequence", fields->sequence, true);
	add(fields, "pid", fields->pid, true);
	add(fields, "event", events[record->event].name, false);
	add(fields, "command", record->command, false);
	add(fields, "request", record->request, false);
	add_peer(fields, record->peer);
	add(fields, "profile", record->profile, false);
	add(fields, "token_serial", record->token_serial, false);
	add(fields, "user", record->officer ? "so" : NULL, false);
	add(fields, "key_fingerprint", record->key_fingerprint, false);
	add(fields, "attested", record->attested ? "true" : NULL, true);
	add(fields, "alg", record->alg, false);
	add(fields, "iss", record->iss, false);
	add(fields, "sub", record->sub, false);
	add(fields, "aud", record->aud, false);
	add(fields, "jti", record->jti, false);
	add(fields, "exp", record->exp != 0 ? fields->exp : NULL, true);
	add(fields, "result", failure == NULL ? "ok" : "failed", false);
	add(fields, "status", fields->status, true);
	add(fields, "error", failure != NULL ? failure->text : NULL, false);
	add(fields, "usec", record->milliseconds >= 0 ? fields->usec : NULL, true);
}

/* --- JSON -------------------------------------------------------------------------------------------------------- */

int record_json(struct secret *out, const struct audit_record *record, unsigned long sequence)
{
	cJSON *object = cJSON_CreateObject();
	struct fields fields;
	bool made = object != NULL;
	char *text;
	int result = -1;

	collect(&fields, record, sequence);
	for (size_t i = 0; i < fields.count && made; i++) {
		const struct field *field = &fields.list[i];

		made = (field->is_number ? cJSON_AddRawToObject(object, field->name, field->text) :
					   cJSON_AddStringToObject(object, field->name, field->text)) != NULL;
	}
	text = made ? cJSON_PrintUnformatted(object) : NULL;
	if (text != NULL)
		result = json_escape(out, text);
	cJSON_free(text);
	cJSON_Delete(object);
	return result;
}

/* --- the journal ------------------------------------------------------------------------------------------------- */

/* Appends the text, in which control characters, and others that mislead, are escaped as in JSON. */
static int append_escaped(struct secret *out, const char *text)
{
	char *escaped = malloc(6 * strlen(text) + 1), *end = escaped;
	int result;

	if (escaped == NULL)
		return -1;
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < ' ')
			end += sprintf(end, "\\u%04x", (unsigned)*text);
		else
			*end++ = *text;
	}
	*end = '\0';
	result = json_escape(out, escaped);
	free(escaped);
	return result;
}

/* Appends a field in the form that allows any byte in its value: name, line end, length in 64 bits, value, line end. */
static int append_field(struct secret *out, const char *prefix, const char *name, const char *value)
{
	char upper[64];
	uint64_t length;
	size_t at;
	int result;

	snprintf(upper, sizeof(upper), "%s%s\n", prefix, name);
	for (char *c = upper; *c != '\0'; c++)
		*c = (char)toupper((unsigned char)*c);
	if (secret_append(out, upper, strlen(upper)) < 0)
		return -1;
	at = secret_length(out);
	if (secret_append(out, &(uint64_t){ 0 }, sizeof(length)) < 0)
		return -1;
	result = append_escaped(out, value);
	length = htole64(secret_length(out) - at - sizeof(length));
	memcpy((char *)secret_data(out) + at, &length, sizeof(length));
	return result == 0 ? secret_append(out, "\n", 1) : result;
}

static int append_part(struct secret *message, const char *before, const char *text)
{
	return text != NULL && text[0] != '\0' ? secret_printf(message, "%s%s", before, text) : 0;
}

/* One sentence for a reader of the journal. NULL if memory is exhausted. */
static struct secret *make_message(const struct audit_record *record)
{
	const struct error *failure = record->failure;
	struct secret *message = secret_new(512);

	if (message == NULL)
		return NULL;
	if (secret_printf(message, "%s: %s", record->command,
			  failure == NULL ? events[record->event].done : events[record->event].failed) < 0 ||
	    append_part(message, ", request ", record->request) < 0 ||
	    append_part(message, ", token ", record->token_serial) < 0 ||
	    (record->peer != NULL && (append_part(message, ", profile ", record->profile) < 0 ||
		secret_printf(message, ", peer uid %lu", (unsigned long)record->peer->uid) < 0 ||
		append_part(message, " ", record->peer->unit) < 0)) ||
	    append_part(message, ", for ", record->sub) < 0 || append_part(message, ", jti ", record->jti) < 0 ||
	    append_part(message, ": ", failure != NULL ? failure->text : NULL) < 0)
		secret_free(&message);
	return message;
}

static int priority(const struct audit_record *record)
{
	return record->failure == NULL ? LOG_INFO : LOG_WARNING;
}

/* Journald adds what it knows of the peer, if the agent runs as root; see systemd.journal-fields(7). */
static int append_object(struct secret *out, const struct audit_peer *peer)
{
	char pid[24];

	if (peer == NULL)
		return 0;
	snprintf(pid, sizeof(pid), "%ld", (long)peer->pid);
	return append_field(out, "", "OBJECT_PID", pid);
}

int record_journal(struct secret *out, const struct audit_record *record, unsigned long sequence)
{
	struct secret *message = make_message(record);
	struct fields fields;
	char level[8];
	int result;

	if (message == NULL)
		return -1;
	snprintf(level, sizeof(level), "%d", priority(record));
	result = append_field(out, "", "MESSAGE", secret_data(message));
	secret_free(&message);
	if (result < 0 || append_field(out, "", "MESSAGE_ID", events[record->event].message_id) < 0 ||
	    append_field(out, "", "PRIORITY", level) < 0 || append_field(out, "", "SYSLOG_FACILITY", "10") < 0 ||
	    append_field(out, "", "SYSLOG_IDENTIFIER", "p11bearer") < 0 || append_object(out, record->peer) < 0)
		return -1;
	collect(&fields, record, sequence);
	for (size_t i = 0; i < fields.count; i++) {
		if (append_field(out, "P11BEARER_", fields.list[i].name, fields.list[i].text) < 0)
			return -1;
	}
	return 0;
}

/* --- the system log ---------------------------------------------------------------------------------------------- */

/* The form that syslog(3) sends (RFC 3164 section 4.1, without the host), which tells no failure. */
int record_syslog(struct secret *out, const struct audit_record *record, unsigned long sequence)
{
	time_t now = time(NULL);
	char date[32] = "";
	struct tm parts;

	if (localtime_r(&now, &parts) != NULL)
		(void)strftime(date, sizeof(date), "%b %e %H:%M:%S", &parts);
	if (secret_printf(out, "<%d>%s p11bearer[%ld]: ", LOG_AUTHPRIV | priority(record), date, (long)getpid()) < 0)
		return -1;
	return record_json(out, record, sequence);
}
