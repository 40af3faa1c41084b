/* SPDX-License-Identifier: Apache-2.0 */
/* The key as an EVP_PKEY, by libp11, for where OpenSSL itself must sign: X509_sign and the like. libp11 enters the module
 * that is already initialised and logged in to, so no second C_Login is spent. */
#undef OPENSSL_NO_DEPRECATED /* libp11.h names types that OpenSSL 3 deprecates */
#include "p11/internal.h"

#include <libp11.h>
#include <openssl/err.h>
#include <openssl/ui.h>
#include <stdlib.h>
#include <string.h>

struct evp {
	PKCS11_CTX *context;
	PKCS11_SLOT *slots;
	unsigned slot_count;
	bool loaded;
	EVP_PKEY *key;
	UI_METHOD *method;
};

/* libp11 asks for the PIN of an always-authenticate key through OpenSSL's UI: hand it the one that was accepted. */
static int answer_pin(UI *ui, UI_STRING *string)
{
	const struct session *session = UI_get0_user_data(ui);

	if (UI_get_string_type(string) != UIT_PROMPT || session->pin == NULL)
		return 0;
	return UI_set_result(ui, string, secret_data(session->pin)) == 0;
}

/* libp11 leaves a module's CKR in OpenSSL's error queue; its own texts for them do not name it. */
static void name_errors(void)
{
	static ERR_STRING_DATA strings[96];
	size_t count = 0;
	const char *name;
	CK_RV rv;

	for (size_t i = 0; count + 1 < sizeof(strings) / sizeof(strings[0]) && (name = ckr_name(i, &rv)) != NULL; i++) {
		if (rv != CKR_OK) /* 0 ends the list */
			strings[count++] = (ERR_STRING_DATA){ ERR_PACK(0, 0, rv), name };
	}
	ERR_load_strings(ERR_get_CKR_code(), strings);
}

static PKCS11_SLOT *find_slot(const struct evp *evp, CK_SLOT_ID slot)
{
	for (unsigned i = 0; i < evp->slot_count; i++) {
		if (PKCS11_get_slotid_from_slot(&evp->slots[i]) == slot)
			return &evp->slots[i];
	}
	return NULL;
}

/* The key with our key's id and label; the search by URI has made sure that there is one only. */
static EVP_PKEY *find_key(PKCS11_KEY *keys, unsigned count, const CK_ATTRIBUTE *label, const CK_ATTRIBUTE *id)
{
	for (unsigned i = 0; i < count; i++) {
		const char *name = keys[i].label != NULL ? keys[i].label : "";
		EVP_PKEY *key;

		if (keys[i].id_len == id->ulValueLen &&
		    (id->ulValueLen == 0 || memcmp(keys[i].id, id->pValue, id->ulValueLen) == 0) &&
		    strlen(name) == label->ulValueLen &&
		    (label->ulValueLen == 0 || memcmp(name, label->pValue, label->ulValueLen) == 0)) {
			key = PKCS11_get_private_key(&keys[i]);
			if (key != NULL && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
				return key;
			EVP_PKEY_free(key);
		}
	}
	return NULL;
}

static int load(struct evp *evp, struct session *session, const char *module, const CK_ATTRIBUTE *label,
		const CK_ATTRIBUTE *id, struct error *error)
{
	PKCS11_SLOT *slot;
	PKCS11_KEY *keys;
	unsigned count;

	evp->context = PKCS11_CTX_new();
	evp->method = UI_create_method("p11bearer");
	if (evp->context == NULL || evp->method == NULL)
		return error_memory(error);
	UI_method_set_reader(evp->method, answer_pin);
	PKCS11_set_ui_method(evp->context, evp->method, session);
	if (PKCS11_CTX_load(evp->context, module) < 0)
		return error_openssl(error, ERROR_TOKEN, "libp11 cannot use the module");
	evp->loaded = true;
	name_errors();
	if (PKCS11_enumerate_slots(evp->context, &evp->slots, &evp->slot_count) < 0)
		return error_openssl(error, ERROR_TOKEN, "libp11 cannot list the slots");
	slot = find_slot(evp, session->token->slot);
	if (slot == NULL || slot->token == NULL)
		return error_set(error, ERROR_TOKEN, "libp11 does not see token \"%s\"", token_label(session->token));
	if (PKCS11_enumerate_keys(slot->token, &keys, &count) < 0) {
		error_openssl(error, ERROR_TOKEN, "libp11 cannot list the keys");
		error_hint(error, "a key of a kind that libp11 does not know, such as Ed25519, is one reason");
		return -ERROR_TOKEN;
	}
	evp->key = find_key(keys, count, label, id);
	if (evp->key == NULL)
		return error_openssl(error, ERROR_TOKEN, "libp11 does not find the key");
	return 0;
}

void evp_free(struct evp **evp)
{
	struct evp *old = *evp;

	if (old == NULL)
		return;
	watch_leave(); /* in case p11_key_evp_done was not reached */
	EVP_PKEY_free(old->key);
	if (old->slots != NULL)
		PKCS11_release_all_slots(old->context, old->slots, old->slot_count);
	if (old->loaded)
		PKCS11_CTX_unload(old->context);
	if (old->context != NULL)
		PKCS11_CTX_free(old->context);
	if (old->method != NULL)
		UI_destroy_method(old->method);
	ERR_clear_error();
	free(old);
	*evp = NULL;
}

int p11_key_evp(struct p11_key *key, EVP_PKEY **evp, struct error *error)
{
	CK_ATTRIBUTE label = { .pValue = NULL }, id = { .pValue = NULL };
	char *module = p11_kit_module_get_filename(key->session.token->module->functions);
	int result;

	*evp = NULL;
	key->evp = calloc(1, sizeof(*key->evp));
	if (module == NULL) {
		result = error_set(error, ERROR_TOKEN, "libp11 cannot use the remote module %s",
				   key->session.token->module->name);
		error_hint(error, "name a module on this machine with --module, such as p11-kit-client.so");
		goto out;
	}
	if (key->evp == NULL) {
		result = error_memory(error);
		goto out;
	}
	result = object_read(&key->session, key->handle, CKA_LABEL, &label, error);
	if (result == 0)
		result = object_read(&key->session, key->handle, CKA_ID, &id, error);
	if (result == 0) {
		watch_enter(key->session.token->module->name, "what libp11 asks");
		result = load(key->evp, &key->session, module, &label, &id, error);
		watch_leave();
	}
	if (result == 0) {
		*evp = key->evp->key;
		watch_enter(key->session.token->module->name, "C_Sign by libp11");
	}
out:
	free(label.pValue);
	free(id.pValue);
	free(module);
	return result;
}

void p11_key_evp_done(struct p11_key *key)
{
	(void)key;
	watch_leave();
}
