/* SPDX-License-Identifier: Apache-2.0 */
/* Lists tokens and their private keys. */
#include "p11/list.h"

#include "base/message.h"
#include "base/text.h"
#include "p11/object.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS_MOST = 4096 };

static int read_key(const struct session *session, CK_OBJECT_HANDLE object, struct p11_key_info *info,
		    struct error *error)
{
	static const CK_ATTRIBUTE_TYPE types[] = { CKA_LOCAL, CKA_SENSITIVE, CKA_NEVER_EXTRACTABLE,
						   CKA_ALWAYS_AUTHENTICATE, CKA_SIGN };
	CK_ATTRIBUTE label = { .pValue = NULL }, id = { .pValue = NULL };
	int flags[5] = { -1, -1, -1, -1, -1 };
	struct key_type type;
	int result = object_read(session, object, CKA_LABEL, &label, error);

	if (result == 0)
		result = object_read(session, object, CKA_ID, &id, error);
	if (result == 0) {
		info->uri = token_key_uri(session->token, &label, &id);
		if (info->uri == NULL)
			result = error_memory(error);
		snprintf(info->label, sizeof(info->label), "%.*s", (int)label.ulValueLen,
			 label.pValue != NULL ? (const char *)label.pValue : "");
		text_clean(info->label, "");
	}
	if (result == 0) {
		struct error ignored;

		/* A flag that cannot be read is unknown. */
		(void)object_flags(session, object, types, flags, 5, &ignored);
		info->local = flags[0];
		info->sensitive = flags[1];
		info->never_extractable = flags[2];
		info->always_authenticate = flags[3];
		info->sign = flags[4];
	}
	if (result == 0)
		result = object_key_type(session, object, &type, error);
	if (result == 0) {
		snprintf(info->type, sizeof(info->type), "%s", type.name);
		snprintf(info->curve, sizeof(info->curve), "%s", type.curve);
		info->bits = type.bits;
	}
	free(label.pValue);
	free(id.pValue);
	return result;
}

static bool is_listed(const struct p11_token_info *info, const char *uri)
{
	for (size_t i = 0; i < info->key_count; i++) {
		if (strcmp(info->keys[i].uri, uri) == 0)
			return true;
	}
	return false;
}

/* Adds the keys that are objects of the class. Of two with one name, the first is listed. */
static int read_keys(const struct session *session, const struct uri *uri, CK_OBJECT_CLASS class,
		     struct p11_token_info *info, struct error *error)
{
	CK_OBJECT_HANDLE *found = calloc(KEYS_MOST, sizeof(*found));
	struct p11_key_info *keys;
	size_t count = 0;
	int result;

	if (found == NULL)
		return error_memory(error);
	result = objects_find(session, uri, class, ANY_KEY_TYPE, found, KEYS_MOST, &count, error);
	if (result < 0)
		goto out;
	keys = realloc(info->keys, (info->key_count + count + 1) * sizeof(*keys));
	if (keys == NULL) {
		result = error_memory(error);
		goto out;
	}
	info->keys = keys;
	for (size_t i = 0; i < count; i++) {
		struct p11_key_info key = { .uri = NULL };

		/* One key that cannot be read does not hide the others. */
		if (read_key(session, found[i], &key, error) < 0 || key.uri == NULL) {
			message_warn("skipping a key: %s", error->text);
			free(key.uri);
		} else if (class == CKO_PUBLIC_KEY && is_listed(info, key.uri)) {
			free(key.uri);
		} else {
			keys[info->key_count++] = key;
		}
	}
out:
	free(found);
	return result;
}

static int read_token(struct token *token, const struct p11_request *request, const struct uri *uri,
		      unsigned more, bool alone, struct p11_token_info *info, struct error *error)
{
	bool with_login = request->pin_from.type != SOURCE_NONE;
	struct session session;
	int result;

	token_field(info->label, token->info.label, sizeof(token->info.label));
	token_field(info->manufacturer, token->info.manufacturerID, sizeof(token->info.manufacturerID));
	token_field(info->model, token->info.model, sizeof(token->info.model));
	token_field(info->serial, token->info.serialNumber, sizeof(token->info.serialNumber));
	info->module = strdup(token->module->name);
	info->initialized = (token->info.flags & CKF_TOKEN_INITIALIZED) != 0;
	info->login_required = (token->info.flags & CKF_LOGIN_REQUIRED) != 0;
	info->uri = token_uri(token);
	if (info->module != NULL)
		text_line(info->module);
	if (info->uri == NULL || info->module == NULL)
		return error_memory(error);
	if (!info->initialized)
		return 0;
	result = session_open(&session, token, false, error);
	if (result == 0 && with_login && info->login_required) {
		result = session_login(&session, request, error);
		info->logged_in = result == 0;
	}
	if (result == 0)
		result = read_keys(&session, uri, CKO_PRIVATE_KEY, info, error);
	if (result == 0 && (more & P11_LIST_HALVES) != 0)
		result = read_keys(&session, uri, CKO_PUBLIC_KEY, info, error);
	if (result == 0 && info->key_count == 0 && with_login && alone && session_may_login(&session, request)) {
		result = session_login_anyway(&session, request, error);
		info->logged_in = result == 0;
		if (result == 0)
			result = read_keys(&session, uri, CKO_PRIVATE_KEY, info, error);
	}
	if (result < 0 && error->code == CKR_USER_NOT_LOGGED_IN && !with_login) {
		info->login_required = true; /* it hides everything until login */
		result = 0;
	}
	session_close(&session);
	return result;
}

/* A PIN goes to one token: if several need one, the user must choose. */
static int check_one_login(const struct tokens *tokens, struct error *error)
{
	size_t count = 0;

	error_set(error, ERROR_NO_KEY, "a PIN is for one token, but several need one:");
	for (size_t i = 0; i < tokens->count; i++) {
		const CK_TOKEN_INFO *info = &tokens->list[i].info;
		char *uri;

		if ((info->flags & CKF_LOGIN_REQUIRED) == 0 || (info->flags & CKF_TOKEN_INITIALIZED) == 0)
			continue;
		uri = token_uri(&tokens->list[i]);
		error_append(error, "\n  %s", uri != NULL ? uri : "?");
		free(uri);
		count++;
	}
	if (count <= 1)
		return 0;
	error_hint(error, "no login was tried; give one of these URIs");
	return -ERROR_NO_KEY;
}

static void token_info_clear(struct p11_token_info *info)
{
	for (size_t i = 0; i < info->key_count; i++)
		free(info->keys[i].uri);
	free(info->keys);
	free(info->uri);
	free(info->module);
	memset(info, 0, sizeof(*info));
}

static int read_all(const struct tokens *tokens, const struct p11_request *request, const struct uri *uri,
		    unsigned more, struct p11_listing *listing, struct error *error)
{
	listing->tokens = calloc(tokens->count + 1, sizeof(*listing->tokens));
	if (listing->tokens == NULL)
		return error_memory(error);
	for (size_t i = 0; i < tokens->count; i++) {
		struct p11_token_info *info = &listing->tokens[listing->token_count];
		bool hides;

		listing->token_count++;
		if (read_token(&tokens->list[i], request, uri, more, tokens->count == 1, info, error) < 0) {
			/* One broken token does not hide the others, unless the user asked for it. */
			if (error->class != ERROR_TOKEN || tokens->count == 1 || request->pin_from.type != SOURCE_NONE)
				return error_result(error);
			message_warn("%s", error->text);
		}
		hides = info->login_required && !info->logged_in;
		if ((more & P11_LIST_ALL) == 0 && info->key_count == 0 && !hides) {
			token_info_clear(info);
			listing->token_count--;
		}
	}
	return 0;
}

static int name_modules(const struct modules *modules, struct p11_listing *listing, struct error *error)
{
	listing->modules = calloc(modules->count + 1, sizeof(*listing->modules));
	if (listing->modules == NULL)
		return error_memory(error);
	for (; listing->module_count < modules->count; listing->module_count++) {
		char *name = strdup(modules->list[listing->module_count].name);

		if (name == NULL)
			return error_memory(error);
		text_line(name);
		listing->modules[listing->module_count] = name;
	}
	return 0;
}

/* No token is listed: hints at the reason, or at a token that comes close. */
static void hint_nothing(const struct modules *modules, const struct tokens *tokens, const struct uri *uri,
			 struct p11_listing *listing)
{
	struct error why = { .hint = "" };

	modules_hint(modules, &why);
	if (tokens->count == 0)
		token_hint_near(modules, uri, &why);
	snprintf(listing->hint, sizeof(listing->hint), "%s", why.hint);
}

int p11_list(const struct p11_request *request, unsigned more, struct p11_listing *listing, struct error *error)
{
	struct modules modules = { .list = NULL };
	struct tokens tokens = { .list = NULL };
	const struct uri *uri = request->uri;
	bool all = (more & P11_LIST_ALL) != 0;
	int result;

	memset(listing, 0, sizeof(*listing));
	result = modules_open(&modules, request, error);
	if (result == 0) {
		token_note_slot_id(uri);
		result = tokens_find(&tokens, &modules, uri, all, error);
	}
	if (result == 0)
		tokens_look_beyond(&tokens, uri);
	if (result == 0 && request->pin_from.type != SOURCE_NONE)
		result = check_one_login(&tokens, error);
	if (result == 0)
		result = name_modules(&modules, listing, error);
	if (result == 0)
		result = read_all(&tokens, request, uri, more, listing, error);
	if (result == 0 && listing->token_count == 0)
		hint_nothing(&modules, &tokens, uri, listing);
	else if (result == 0 && modules.failures[0] != '\0' && all)
		message_warn("modules that could not be used: %s%s", modules.failures, modules.advice);
	tokens_free(&tokens);
	modules_close(&modules);
	return result;
}

void p11_listing_free(struct p11_listing *listing)
{
	for (size_t i = 0; i < listing->token_count; i++)
		token_info_clear(&listing->tokens[i]);
	for (size_t i = 0; i < listing->module_count; i++)
		free(listing->modules[i]);
	free(listing->tokens);
	free(listing->modules);
	memset(listing, 0, sizeof(*listing));
}
