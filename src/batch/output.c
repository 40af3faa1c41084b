/* SPDX-License-Identifier: Apache-2.0 */
/* Output lines, and progress. */
#include "batch/internal.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/message.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* Begins an object with what every one has. */
static int begin(struct item *item)
{
	const char *ref = item->line.ref;

	secret_truncate(item->output, 0);
	if (secret_printf(item->output, "{\"line\":%lu,", item->number) < 0)
		return -1;
	if (ref == NULL)
		return 0;
	if (secret_printf(item->output, "\"ref\":") < 0 || json_line(item->output, ref) < 0)
		return -1;
	return secret_append(item->output, ",", 1);
}

/* Adds what the org said besides the sentence. */
static bool add_refusal(cJSON *object, const struct item *item)
{
	if (item->error.class != ERROR_ORG)
		return true;
	if (item->code[0] != '\0' && cJSON_AddStringToObject(object, "code", item->code) == NULL)
		return false;
	return item->retry_after < 0 ||
	       cJSON_AddNumberToObject(object, "retry_after", (double)item->retry_after) != NULL;
}

int output_error(struct item *item)
{
	cJSON *object = cJSON_CreateObject();
	const char *hint = item->error.hint;
	bool made;
	char *text;
	int result = -1;

	text_clean(item->error.text, "\n"); /* it may end within a character */
	text_clean(item->error.hint, "");
	made = cJSON_AddStringToObject(object, "error", item->error.text) != NULL &&
	       (hint[0] != '\0' ? cJSON_AddStringToObject(object, "hint", hint) :
				  cJSON_AddNullToObject(object, "hint")) != NULL &&
	       cJSON_AddNumberToObject(object, "status", item->error.class) != NULL && add_refusal(object, item);
	text = made ? cJSON_PrintUnformatted(object) : NULL;
	/* Skip the opening brace. */
	if (text != NULL && begin(item) == 0 && json_line(item->output, text + 1) == 0)
		result = secret_append(item->output, "\n", 1);
	cJSON_free(text);
	cJSON_Delete(object);
	return result;
}

int output_assertion(struct item *item, bool json)
{
	static const char name[] = "\"assertion\":\"", end[] = "\"}\n";
	const struct secret *text = item->assertion.text;

	secret_truncate(item->output, 0);
	if (json && (begin(item) < 0 || secret_append(item->output, name, strlen(name)) < 0))
		return -1;
	if (secret_append(item->output, secret_data(text), secret_length(text)) < 0)
		return -1;
	return json ? secret_append(item->output, end, strlen(end)) : secret_append(item->output, "\n", 1);
}

/* Returns the answer without its "line", "ref" and, `with_jti`, "jti", which would hide ours; numbers in it may lose
 * digits. Returns NULL if the answer has none of them, escaped or not. */
static char *without_ours(const char *json, bool with_jti)
{
	static const char *const ours[] = { "line", "ref", "jti" };
	bool may_have = strstr(json, "\"line\"") != NULL || strstr(json, "\"ref\"") != NULL ||
			strstr(json, "\"jti\"") != NULL || strstr(json, "\\u") != NULL;
	cJSON *object = may_have ? cJSON_Parse(json) : NULL;
	char *text = NULL;
	bool found = false;

	for (size_t i = 0; i < (with_jti ? 3 : 2); i++) {
		cJSON *member = cJSON_DetachItemFromObjectCaseSensitive(object, ours[i]);

		found |= member != NULL;
		cJSON_Delete(member);
	}
	if (found)
		text = cJSON_PrintUnformatted(object);
	cJSON_Delete(object);
	return text;
}

/* Appends the jti of the assertion; null if it has none that is a string. */
static int append_jti(struct item *item)
{
	cJSON *claims = cJSON_Parse(item->assertion.claims);
	const cJSON *jti = cJSON_GetObjectItemCaseSensitive(claims, "jti");
	char *text = cJSON_IsString(jti) ? cJSON_PrintUnformatted(jti) : NULL;
	int result = claims != NULL && (text != NULL || !cJSON_IsString(jti)) ? 0 : -1;

	if (result == 0)
		result = secret_printf(item->output, "\"jti\":");
	if (result == 0)
		result = json_line(item->output, text != NULL ? text : "null");
	if (result == 0)
		result = secret_append(item->output, ",", 1);
	cJSON_free(text);
	cJSON_Delete(claims);
	return result;
}

int output_answer(struct item *item, const struct oauth_answer *answer)
{
	bool with_jti = item->line.ref != NULL;
	const char *json = secret_data(answer->json);
	char *other = without_ours(json, with_jti);
	int result = begin(item);

	if (result == 0 && with_jti)
		result = append_jti(item);

	/* Skip the opening brace. */
	if (result == 0 && other != NULL)
		result = json_line(item->output, other + 1);
	else if (result == 0)
		result = secret_append(item->output, json + 1, secret_length(answer->json) - 1);
	if (result == 0)
		result = secret_append(item->output, "\n", 1);
	cJSON_free(other);
	return result;
}

/* --- progress ---------------------------------------------------------------------------------------------------- */

static const double SHOWN_MS = 250;

double report_progress(struct report *report, const struct input *input)
{
	double now = clock_ms(), seconds = (now - report->began) / 1e3;
	double rate = seconds > 0 ? (double)(report->done + report->failed) / seconds : 0;
	char left[64] = "";

	if (!report->on_terminal)
		return -1;
	if (now - report->shown < SHOWN_MS)
		return report->shown + SHOWN_MS - now;
	report->shown = now;
	if (report->done + report->failed == 0)
		return SHOWN_MS;
	if (input->size > 0 && input->consumed > 0) {
		double share = (double)input->consumed / (double)input->size;

		snprintf(left, sizeof(left), ", %.0f s left", seconds * (1 - share) / share);
	}
	message_progress("%lu done, %lu failed, %.0f per second%s", report->done, report->failed, rate, left);
	return SHOWN_MS;
}
