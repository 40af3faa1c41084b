/* SPDX-License-Identifier: Apache-2.0 */
/* Reads what workers answer. A line begins as a batch writes it, so that nothing in a server's answer can pass for
 * another line's number or ref, or for an error. */
#include "agent/worker.h"

#include "base/json.h"
#include "base/text.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Moves *text past `part`, if it begins with it. */
static bool skip(const char **text, const char *part)
{
	size_t length = strlen(part);

	if (strncmp(*text, part, length) != 0)
		return false;
	*text += length;
	return true;
}

static bool take_number(const char **text, unsigned long *number)
{
	char *end;

	if (**text < '0' || **text > '9')
		return false;
	errno = 0;
	*number = strtoul(*text, &end, 10);
	*text = end;
	return errno == 0 && skip(text, ",");
}

/* A whole number from `low` to `high`, or -1. */
static long get_number(const cJSON *object, const char *name, long low, long high)
{
	const cJSON *number = cJSON_GetObjectItemCaseSensitive(object, name);
	double value = cJSON_IsNumber(number) ? number->valuedouble : -1;

	return value >= (double)low && value <= (double)high && value == (double)(long)value ? (long)value : -1;
}

/* A text of the object, cleaned; NULL if it has none. */
static const char *get_text(const cJSON *object, const char *name)
{
	char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));

	if (text != NULL)
		text_line(text);
	return text;
}

static int read_error(struct answer *answer, const cJSON *object)
{
	struct failure *failure = &answer->failure;
	const char *text = get_text(object, "error"), *hint = get_text(object, "hint");
	const char *code = get_text(object, "code");
	long status = get_number(object, "status", ERROR_UNEXPECTED, ERROR_ANSWER);
	long retry_after = get_number(object, "retry_after", 0, INT_MAX);

	if (text == NULL || status < 0)
		return -1;
	*failure = (struct failure){ .kind = FAILURE_WORKER, .retry_after = retry_after > 0 ? retry_after : 0 };
	error_set(&failure->error, (enum error_class)status, "%s", text);
	if (hint != NULL)
		error_hint(&failure->error, "%s", hint);
	if (code != NULL && strlen(code) < sizeof(failure->code))
		snprintf(failure->code, sizeof(failure->code), "%s", code);
	return 0;
}

int answer_read(struct answer *answer, enum worker_kind kind, const char *text, size_t length)
{
	const char *rest = text, *wanted = kind == WORKER_BEARERS ? "\"jti\":" : "\"assertion\":\"";
	cJSON *object = strlen(text) == length ? cJSON_ParseWithOpts(text, NULL, 1) : NULL;
	int result = cJSON_IsObject(object) && json_is_strict(text) ? 0 : -1;

	answer->members = NULL;
	answer->has_ref = false;
	if (result == 0 && (!skip(&rest, "{\"line\":") || !take_number(&rest, &answer->line)))
		result = -1;
	if (result == 0 && skip(&rest, "\"ref\":")) {
		answer->has_ref = true;
		if (!take_number(&rest, &answer->ref))
			result = -1;
	}
	if (result == 0 && strncmp(rest, "\"error\":", strlen("\"error\":")) == 0) {
		result = read_error(answer, object);
	} else if (result == 0 && answer->has_ref && strncmp(rest, wanted, strlen(wanted)) == 0) {
		answer->members = rest;
		answer->length = length - (size_t)(rest - text);
	} else {
		result = -1;
	}
	cJSON_Delete(object);
	return result;
}
