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
};

enum { FIELDS_MAX = 20 };

/* The members of a record, as text. */
struct fields {
	struct field {
		const char *name, *text;
		bool is_number;
	} list[FIELDS_MAX];
	size_t count;
	char time[40], sequence[24], pid[24], exp[24], status[24], usec[32];
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
	add(fields, "profile", record->profile, false);
	add(fields, "token_serial", record->token_serial, false);
	add(fields, "key_fingerprint", record->key_fingerprint, false);
	add(fields, "alg", record->alg, false);
	add(fields, "iss", record->iss, false);
	add(fields, "sub", record->sub, false);
	add(fields, "aud", record->aud, false);
	add(fields, "jti", record->jti, false);
	add(fields, "exp", record->exp != 0 ? fields->exp : NULL, true);
	add(fields, "result", failure == NULL ? "ok" : "failed", false);
	add(fields, "status", fields->status, true);
	add(fields, "error", failure != NULL ? failure->text : NULL, false);
	add(fields, "usec", fields->usec, true);
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

/* One sentence for a reader of the journal. */
static char *make_message(const struct audit_record *record)
{
	const struct error *failure = record->failure;
	char *text;

	if (asprintf(&text, "%s: %s, token %s%s%s%s%s%s%s", record->command,
		     failure == NULL ? events[record->event].done : events[record->event].failed,
		     record->token_serial, record->sub != NULL ? ", for " : "", record->sub != NULL ? record->sub : "",
		     record->jti != NULL ? ", jti " : "", record->jti != NULL ? record->jti : "",
		     failure != NULL ? ": " : "", failure != NULL ? failure->text : "") < 0)
		return NULL;
	return text;
}

static int priority(const struct audit_record *record)
{
	return record->failure == NULL ? LOG_INFO : LOG_WARNING;
}

int record_journal(struct secret *out, const struct audit_record *record, unsigned long sequence)
{
	char *message = make_message(record), level[8];
	struct fields fields;
	int result;

	if (message == NULL)
		return -1;
	snprintf(level, sizeof(level), "%d", priority(record));
	result = append_field(out, "", "MESSAGE", message);
	free(message);
	if (result < 0 || append_field(out, "", "MESSAGE_ID", events[record->event].message_id) < 0 ||
	    append_field(out, "", "PRIORITY", level) < 0 || append_field(out, "", "SYSLOG_FACILITY", "10") < 0 ||
	    append_field(out, "", "SYSLOG_IDENTIFIER", "p11bearer") < 0)
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
