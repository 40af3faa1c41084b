/* SPDX-License-Identifier: Apache-2.0 */
/* Another token in the slot: what C_GetTokenInfo reports after the card was exchanged, or while the user types a PIN. The other
 * token is the real one with other names, so that only the names differ. */
#include "shim.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static CK_TOKEN_INFO other; /* its names; only those that are set */
static bool other_label, other_manufacturer, other_model, other_serial;
static CK_FLAGS event_flags;
static bool event_swaps, cached;
static atomic_bool swapped, noticed, told;

static bool parse_name(const char *text, CK_UTF8CHAR *field, size_t size, bool *set)
{
	size_t length = strlen(text);

	if (length > size) {
		return false;
	}
	for (size_t i = 0; i < size; i++)
		field[i] = i < length ? (CK_UTF8CHAR)text[i] : ' ';
	return *set = true;
}

enum parsed swap_parse(const char *text)
{
	static const char label[] = "other-label=", manufacturer[] = "other-manufacturer=", model[] = "other-model=",
			serial[] = "other-serial=", flags[] = "event-flags+=";
	CK_FLAGS flag;
	bool good;

	if (strncmp(text, label, sizeof label - 1) == 0) {
		good = parse_name(text + sizeof label - 1, other.label, sizeof other.label, &other_label);
	} else if (strncmp(text, manufacturer, sizeof manufacturer - 1) == 0) {
		good = parse_name(text + sizeof manufacturer - 1, other.manufacturerID, sizeof other.manufacturerID,
				&other_manufacturer);
	} else if (strncmp(text, model, sizeof model - 1) == 0) {
		good = parse_name(text + sizeof model - 1, other.model, sizeof other.model, &other_model);
	} else if (strncmp(text, serial, sizeof serial - 1) == 0) {
		good = parse_name(text + sizeof serial - 1, other.serialNumber, sizeof other.serialNumber, &other_serial);
	} else if (strncmp(text, flags, sizeof flags - 1) == 0) {
		good = name_value(token_flags, false, text + sizeof flags - 1, &flag);
		event_flags |= good ? flag : 0;
	} else if (strcmp(text, "event-swap") == 0) {
		good = event_swaps = true;
	} else if (strcmp(text, "cached-info") == 0) {
		good = cached = true;
	} else {
		return NOT_MINE;
	}
	return good ? PARSED : WRONG;
}

static bool event_happened(void)
{
	const char *path = getenv("P11SHIM_EVENT");

	return path != NULL && access(path, F_OK) == 0;
}

void swap_token(void)
{
	swapped = true;
}

void swap_notice(void)
{
	noticed = swapped || (event_swaps && event_happened());
}

void swap_info(CK_TOKEN_INFO *info)
{
	bool event = event_happened();

	info->flags |= event ? event_flags : 0;
	if (cached ? !noticed : !swapped && !(event_swaps && event)) {
		return;
	}
	if (!atomic_exchange(&told, true)) {
		log_swapped();
	}
	if (other_label) {
		memcpy(info->label, other.label, sizeof info->label);
	}
	if (other_manufacturer) {
		memcpy(info->manufacturerID, other.manufacturerID, sizeof info->manufacturerID);
	}
	if (other_model) {
		memcpy(info->model, other.model, sizeof info->model);
	}
	if (other_serial) {
		memcpy(info->serialNumber, other.serialNumber, sizeof info->serialNumber);
	}
}
