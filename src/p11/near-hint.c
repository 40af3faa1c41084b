/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens and keys whose names come close to those in the URI: another case, padding, or a typing error. */
#include "p11/key.h"

#include "base/distance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { KEYS_LOOKED_AT = 64 };

/* The length without padding by blanks or NULs. */
static size_t unpadded(const void *text, size_t length)
{
	const char *bytes = text;

	while (length > 0 && (bytes[length - 1] == ' ' || bytes[length - 1] == '\0'))
		length--;
	return length;
}

/* Whether at most a fourth of the names differs, in any case. */
static bool is_close(const void *wanted, size_t wanted_length, const void *known, size_t known_length)
{
	char one[DISTANCE_MAX + 1], other[DISTANCE_MAX + 1];

	wanted_length = unpadded(wanted, wanted_length);
	known_length = unpadded(known, known_length);
	if (wanted_length == 0 || known_length == 0)
		return false;
	if (wanted_length > DISTANCE_MAX || known_length > DISTANCE_MAX)
		return wanted_length == known_length && strncasecmp(wanted, known, known_length) == 0;
	snprintf(one, sizeof(one), "%.*s", (int)wanted_length, (const char *)wanted);
	snprintf(other, sizeof(other), "%.*s", (int)known_length, (const char *)known);
	return distance(one, other) <= wanted_length / 4;
}

/* How well the token matches: 0 if neither its label nor its serial number comes close to that of the URI. */
static unsigned closeness(const CK_TOKEN_INFO *wanted, const CK_TOKEN_INFO *info)
{
	const struct {
		const CK_UTF8CHAR *wanted, *known;
		size_t size;
		bool names; /* one token, not a kind of token */
	} fields[] = {
		{ wanted->label, info->label, sizeof(info->label), true },
		{ wanted->serialNumber, info->serialNumber, sizeof(info->serialNumber), true },
		{ wanted->manufacturerID, info->manufacturerID, sizeof(info->manufacturerID), false },
		{ wanted->model, info->model, sizeof(info->model), false },
	};
	unsigned points = 0;
	bool is_named = false;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		bool close = is_close(fields[i].wanted, fields[i].size, fields[i].known, fields[i].size);

		is_named |= close && fields[i].names;
		points += close ? 1 : 0;
		points += memcmp(fields[i].wanted, fields[i].known, fields[i].size) == 0 ? 1 : 0;
	}
	return is_named ? points : 0;
}

/* Looks for a token of the module that matches better than the best so far. */
static void closest_of(const struct module *module, const CK_TOKEN_INFO *wanted, unsigned *best, CK_TOKEN_INFO *closest)
{
	CK_SLOT_ID slots[SLOTS_MAX];
	CK_ULONG count = 0;

	if (!module->initialized || slots_list(module, slots, &count) != CKR_OK)
		return;
	for (CK_ULONG i = 0; i < count; i++) {
		CK_TOKEN_INFO info = { .flags = 0 };
		unsigned points;

		if (CALL(module, C_GetTokenInfo, slots[i], &info) != CKR_OK ||
		    (info.flags & CKF_TOKEN_INITIALIZED) == 0)
			continue;
		token_pad(&info);
		points = closeness(wanted, &info);
		if (points > *best) {
			*best = points;
			*closest = info;
		}
	}
}

void token_hint_near(const struct modules *modules, const struct uri *uri, struct error *error)
{
	CK_TOKEN_INFO closest;
	char others[sizeof(error->hint)] = "";
	unsigned best = 0;
	char *text;

	for (size_t i = 0; i < modules->count; i++)
		closest_of(&modules->list[i], p11_kit_uri_get_token_info(uri->parsed), &best, &closest);
	text = best > 0 ? uri_format_token(&closest, NULL) : NULL;
	if (text == NULL)
		return;
	if (modules->failures[0] != '\0') /* the token may be in one of these */
		snprintf(others, sizeof(others), "; %.600s", error->hint);
	error_hint(error, "the token that comes closest is %s%s", text, others);
	free(text);
}

void key_hint_near(const struct session *session, const CK_ATTRIBUTE *label, struct error *error)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_KEY_TYPE type = CKK_RSA;
	CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof(class) }, { CKA_KEY_TYPE, &type, sizeof(type) } };
	CK_OBJECT_HANDLE found[KEYS_LOOKED_AT];
	struct error ignored;
	bool hinted = false;
	size_t count;

	if (objects_match(session, template, 2, found, KEYS_LOOKED_AT, &count, &ignored) < 0)
		return;
	for (size_t i = 0; i < count && !hinted; i++) {
		CK_ATTRIBUTE known = { .pValue = NULL };

		if (object_read(session, found[i], CKA_LABEL, &known, &ignored) == 0 && known.pValue != NULL)
			hinted = is_close(label->pValue, label->ulValueLen, known.pValue, known.ulValueLen);
		free(known.pValue);
		if (hinted) {
			char *uri = object_uri(session, found[i]);

			error_hint(error, "the key whose label comes closest is %s", uri != NULL ? uri : "?");
			free(uri);
		}
	}
}
