/* SPDX-License-Identifier: Apache-2.0 */
/* Fills findings. */
#include "doctor/doctor.h"

#include "base/text.h"

#include <cjson/cJSON.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Text from tokens and servers may contain any byte. */
static void put(char *text, size_t size, const char *format, va_list arguments) __attribute__((format(printf, 3, 0)));
static void put(char *text, size_t size, const char *format, va_list arguments)
{
	vsnprintf(text, size, format, arguments);
	text_line(text);
}

static void set(struct doctor_finding *finding, enum doctor_status status, const char *step)
{
	finding->status = status;
	finding->class = ERROR_NONE;
	snprintf(finding->step, sizeof(finding->step), "%s", step);
	text_line(finding->step);
}

void doctor_ok(struct doctor_finding *finding, const char *format, ...)
{
	va_list arguments;

	set(finding, DOCTOR_OK, "");
	va_start(arguments, format);
	put(finding->text, sizeof(finding->text), format, arguments);
	va_end(arguments);
}

void doctor_warn(struct doctor_finding *finding, const char *step, const char *format, ...)
{
	va_list arguments;

	set(finding, DOCTOR_WARNING, step);
	va_start(arguments, format);
	put(finding->text, sizeof(finding->text), format, arguments);
	va_end(arguments);
}

void doctor_skip(struct doctor_finding *finding, const char *format, ...)
{
	va_list arguments;

	set(finding, DOCTOR_SKIPPED, "");
	va_start(arguments, format);
	put(finding->text, sizeof(finding->text), format, arguments);
	va_end(arguments);
}

/* Copies a text, and joins its lines: "a:", "b" and "c" become "a: b; c". */
static void join_lines(char *text, size_t size, const char *from)
{
	size_t used = 0;

	for (; *from != '\0' && used + 3 < size; from++) {
		if (*from != '\n') {
			text[used++] = *from;
			continue;
		}
		from += strspn(from + 1, " ");
		if (used > 0 && text[used - 1] != ':')
			text[used++] = ';';
		text[used++] = ' ';
	}
	text[used] = '\0';
	text_line(text);
}

/* What to do next if the error does not say so. */
static const char *usual_step(enum error_class class)
{
	switch (class) {
	case ERROR_TOKEN:
		return "plug the token in again, or restart its service; if that does not help, update the module";
	case ERROR_NETWORK:
		return "try again; if it fails again, look for a firewall or a proxy that ends the connection";
	case ERROR_ORG:
		return "wait and try again; if it fails again, ask whoever runs the server";
	case ERROR_ANSWER:
		return "check the address: something other than what it should be may answer there";
	default:
		return "";
	}
}

void doctor_fail(struct doctor_finding *finding, const struct error *error)
{
	set(finding, DOCTOR_FAILURE, error->hint[0] != '\0' ? error->hint : usual_step(error->class));
	finding->class = error->class != ERROR_NONE ? error->class : ERROR_UNEXPECTED;
	finding->signal = error->signal;
	join_lines(finding->text, sizeof(finding->text), error->text);
}

/* If memory is exhausted, the fact is missing. */
static cJSON *facts(struct doctor_finding *finding)
{
	if (finding->facts == NULL)
		finding->facts = cJSON_CreateObject();
	return finding->facts;
}

void doctor_fact_text(struct doctor_finding *finding, const char *name, const char *value)
{
	cJSON_AddStringToObject(facts(finding), name, value);
}

void doctor_fact_number(struct doctor_finding *finding, const char *name, double value)
{
	cJSON_AddNumberToObject(facts(finding), name, value);
}

void doctor_fact_flag(struct doctor_finding *finding, const char *name, bool value)
{
	cJSON_AddBoolToObject(facts(finding), name, value);
}

void doctor_fact_item(struct doctor_finding *finding, const char *name, const char *item)
{
	cJSON *array = cJSON_GetObjectItemCaseSensitive(facts(finding), name);

	if (array == NULL)
		array = cJSON_AddArrayToObject(facts(finding), name);
	cJSON_AddItemToArray(array, cJSON_CreateString(item));
}

void doctor_fact(struct doctor_finding *finding, const char *name, cJSON *value)
{
	if (!cJSON_AddItemToObject(facts(finding), name, value))
		cJSON_Delete(value);
}
