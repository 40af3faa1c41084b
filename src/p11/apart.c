/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens with the same names, such as those without a serial number: their URIs name the slot, or the module. */
#include "p11/token.h"

#include <stdio.h>
#include <string.h>

bool token_is_same(const CK_TOKEN_INFO *one, const CK_TOKEN_INFO *other)
{
	return memcmp(one->serialNumber, other->serialNumber, sizeof(one->serialNumber)) == 0 &&
	       memcmp(one->label, other->label, sizeof(one->label)) == 0 &&
	       memcmp(one->manufacturerID, other->manufacturerID, sizeof(one->manufacturerID)) == 0;
}

bool token_is_identical(const CK_TOKEN_INFO *one, const CK_TOKEN_INFO *other)
{
	return token_is_same(one, other) && memcmp(one->model, other->model, sizeof(one->model)) == 0;
}

void tokens_tell_apart(struct tokens *tokens)
{
	for (size_t i = 0; i < tokens->count; i++) {
		for (size_t j = 0; j < tokens->count; j++) {
			struct token *token = &tokens->list[i];
			const struct token *other = &tokens->list[j];

			if (i == j || !token_is_identical(&token->info, &other->info))
				continue;
			if (token->module == other->module)
				token->needs_slot = true;
			else
				token->needs_module = true;
		}
	}
}

/* Looks in the module's other slots for tokens with the same names as one of `tokens`. */
static void look_beyond(struct tokens *tokens, const struct module *module)
{
	CK_SLOT_ID slots[SLOTS_MAX];
	CK_ULONG count;

	if (slots_list(module, slots, &count) != CKR_OK)
		return;
	for (CK_ULONG i = 0; i < count; i++) {
		CK_TOKEN_INFO info = { .flags = 0 };

		if (CALL(module, C_GetTokenInfo, slots[i], &info) != CKR_OK)
			continue;
		token_pad(&info);
		for (size_t j = 0; j < tokens->count; j++) {
			struct token *token = &tokens->list[j];

			token->needs_slot |= token->module == module && token->slot != slots[i] &&
					     token_is_identical(&token->info, &info);
		}
	}
}

void tokens_look_beyond(struct tokens *tokens, const struct uri *uri)
{
	if (!uri->has_slot && !uri->has_slot_id)
		return; /* tokens with the same names were found too */
	for (size_t i = 0; i < tokens->count; i++) {
		bool seen = false;

		for (size_t j = 0; j < i; j++)
			seen |= tokens->list[j].module == tokens->list[i].module;
		if (!seen)
			look_beyond(tokens, tokens->list[i].module);
	}
}

void slots_hint(const struct modules *modules, struct error *error)
{
	CK_SLOT_ID slots[SLOTS_MAX];
	char text[512] = "";
	size_t used = 0;

	for (size_t i = 0; i < modules->count; i++) {
		CK_ULONG count = 0;

		if (!modules->list[i].initialized || slots_list(&modules->list[i], slots, &count) != CKR_OK)
			continue;
		for (CK_ULONG j = 0; j < count && used < sizeof(text) / 2; j++)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%lu", used > 0 ? ", " : "",
						 slots[j]);
	}
	if (used > 0)
		error_hint(error,
			   "slots with a token have these ids now: %s; token and serial name one that stays the same",
			   text);
}

static struct uri_place place_of(const struct token *token)
{
	return (struct uri_place){ token->needs_slot ? token->slot : CK_UNAVAILABLE_INFORMATION,
				   token->needs_module ? token->module->name : NULL };
}

char *token_uri(const struct token *token)
{
	struct uri_place place = place_of(token);

	return uri_format_token(&token->info, &place);
}

char *token_key_uri(const struct token *token, CK_ATTRIBUTE *label, CK_ATTRIBUTE *id)
{
	struct uri_place place = place_of(token);

	return uri_format_key(&token->info, &place, label, id);
}
