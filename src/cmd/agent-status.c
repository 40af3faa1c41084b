/* SPDX-License-Identifier: Apache-2.0 */
/* p11bearer agent status: shows the profiles of the agent. */
#include "cmd/agent-client.h"

#include "base/json.h"
#include "base/text.h"
#include "process/output.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { COLUMNS = 8, CELL_SIZE = 512, MINUTE = 60, HOUR = 3600, DAY = 86400 };

static const char *const titles[COLUMNS] = {
	"PROFILE", "STATE", "BEARERS", "EXPIRES", "RENEWED", "REQUESTER", "DAYS LEFT", "KEY",
};

struct row {
	char cells[COLUMNS][CELL_SIZE];
	char reason[CELL_SIZE];
};

/* --- cells ------------------------------------------------------------------------------------------------------- */

static void take_text(const cJSON *profile, const char *name, char cell[CELL_SIZE])
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(profile, name));

	snprintf(cell, CELL_SIZE, "%s", text != NULL ? text : "");
	text_line(cell);
}

static void take_number(const cJSON *profile, const char *name, char cell[CELL_SIZE])
{
	const cJSON *number = cJSON_GetObjectItemCaseSensitive(profile, name);

	if (cJSON_IsNumber(number))
		snprintf(cell, CELL_SIZE, "%.0f", number->valuedouble);
	else
		snprintf(cell, CELL_SIZE, "-");
}

/* A time as its distance from now, in one unit. */
static void take_time(const cJSON *profile, const char *name, bool past, char cell[CELL_SIZE])
{
	const cJSON *number = cJSON_GetObjectItemCaseSensitive(profile, name);
	double seconds = cJSON_IsNumber(number) ? number->valuedouble - (double)time(NULL) : 0;

	if (past)
		seconds = -seconds;
	if (seconds < 0)
		seconds = 0;
	if (!cJSON_IsNumber(number))
		snprintf(cell, CELL_SIZE, "-");
	else
		snprintf(cell, CELL_SIZE, "%s%.0f %s%s", past ? "" : "in ",
			 seconds < 2 * MINUTE ? seconds : seconds < 2 * HOUR ? seconds / (double)MINUTE :
			 seconds < 2 * DAY ? seconds / (double)HOUR : seconds / (double)DAY,
			 seconds < 2 * MINUTE ? "s" : seconds < 2 * HOUR ? "min" : seconds < 2 * DAY ? "h" : "days",
			 past ? " ago" : "");
}

/* The days left on the certificate, and on that of the next key if there is one. */
static void take_days(const cJSON *profile, char cell[CELL_SIZE])
{
	char next[CELL_SIZE];
	size_t length;

	take_number(profile, "certificate_days", cell);
	if (!cJSON_IsString(cJSON_GetObjectItemCaseSensitive(profile, "next_key")))
		return;
	take_number(profile, "next_certificate_days", next);
	length = strlen(cell);
	snprintf(cell + length, CELL_SIZE - length, ", next %.20s", next);
}

static void fill_row(struct row *row, const cJSON *profile)
{
	take_text(profile, "name", row->cells[0]);
	take_text(profile, "state", row->cells[1]);
	take_number(profile, "bearers", row->cells[2]);
	take_time(profile, "expires_at", false, row->cells[3]);
	take_time(profile, "renewed_at", true, row->cells[4]);
	take_text(profile, "requester", row->cells[5]);
	take_days(profile, row->cells[6]);
	take_text(profile, "key", row->cells[7]);
	take_text(profile, "reason", row->reason);
	for (size_t i = 0; i < COLUMNS; i++) {
		if (row->cells[i][0] == '\0')
			snprintf(row->cells[i], CELL_SIZE, "-");
	}
}

/* --- table ------------------------------------------------------------------------------------------------------- */

/* Characters of UTF-8 text. */
static int width(const char *text)
{
	int count = 0;

	for (; *text != '\0'; text++)
		count += ((unsigned char)*text & 0xc0U) != 0x80U;
	return count;
}

/* The last column is not padded. */
static void print_row(FILE *stream, const char *const *cells, const int *widths)
{
	for (size_t i = 0; i < COLUMNS - 1; i++)
		fprintf(stream, "%s%*s", cells[i], widths[i] - width(cells[i]) + 2, "");
	fprintf(stream, "%s\n", cells[COLUMNS - 1]);
}

static void print_rows(FILE *stream, const struct row *rows, size_t count)
{
	int widths[COLUMNS];

	for (size_t i = 0; i < COLUMNS; i++) {
		widths[i] = width(titles[i]);
		for (size_t j = 0; j < count; j++)
			widths[i] = width(rows[j].cells[i]) > widths[i] ? width(rows[j].cells[i]) : widths[i];
	}
	print_row(stream, titles, widths);
	for (size_t j = 0; j < count; j++) {
		const char *cells[COLUMNS];

		for (size_t i = 0; i < COLUMNS; i++)
			cells[i] = rows[j].cells[i];
		print_row(stream, cells, widths);
		if (rows[j].reason[0] != '\0')
			fprintf(stream, "  %s\n", rows[j].reason);
	}
}

static int print_table(const cJSON *profiles, struct error *error)
{
	size_t count = (size_t)cJSON_GetArraySize(profiles), length = 0;
	struct row *rows = calloc(count + 1, sizeof(*rows));
	char *text = NULL;
	FILE *stream = rows != NULL ? open_memstream(&text, &length) : NULL;
	size_t i = 0;
	int result;

	if (stream != NULL) {
		for (const cJSON *profile = profiles->child; profile != NULL; profile = profile->next)
			fill_row(&rows[i++], profile);
		print_rows(stream, rows, count);
	}
	if (stream == NULL || fclose(stream) != 0)
		result = error_memory(error);
	else
		result = output_write(text, length, error);
	free(text);
	free(rows);
	return result;
}

static int print_json(const struct secret *answer, struct error *error)
{
	struct secret *text = secret_new(4096);
	int result;

	if (text == NULL || json_indent(text, secret_data(answer), NULL) < 0 || secret_append(text, "\n", 1) < 0)
		result = error_memory(error);
	else
		result = output_write(secret_data(text), secret_length(text), error);
	secret_free(&text);
	return result;
}

static int run(const struct settings *settings, struct error *error)
{
	struct oauth_agent agent;
	struct secret *answer = NULL;
	cJSON *json = NULL;
	int result = cmd_agent_named(settings, &agent, error);

	agent.profile = NULL; /* all */
	if (result == 0)
		result = cmd_agent_status(&agent, &answer, &json, error);
	if (result == 0 && settings_flag(settings, SETTING_JSON))
		result = print_json(answer, error);
	else if (result == 0)
		result = print_table(cJSON_GetObjectItemCaseSensitive(json, "profiles"), error);
	cJSON_Delete(json);
	secret_free(&answer);
	return result;
}

static const struct settings_usage usage = {
	.command = "agent status",
	.operands = "",
	.summary = "Shows the profiles of the agent, and how they are.",
	.details = "Shows those that you may use; root and the agent's user see all. Days left are\n"
		   "those of the key's certificate, and of the next key's.",
	.example = "p11bearer agent status",
	.own = { SETTING_AGENT, SETTING_JSON },
};
const struct command command_agent_status = { &usage, run, NULL };
