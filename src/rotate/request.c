/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of a rotation: one login for their names, and requests that sign with them. */
#include "rotate/internal.h"

#include "bearer/identity.h"
#include "rotate/key.h"
#include "x509/x509.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_MAX = 99 }; /* labels of one day */

static int copy(char **to, const char *from, struct error *error)
{
	free(*to);
	*to = from != NULL ? strdup(from) : NULL;
	return from == NULL || *to != NULL ? 0 : error_memory(error);
}

/* Fails if the server does not accept the algorithm of the new key (`other`), unless it is that of the old one. */
static int check_alg(const struct rotation *rotation, const struct p11_key *key, const struct p11_key *other,
		     struct error *error)
{
	const struct server *server = rotation->with->request->server;
	enum alg alg = p11_key_alg(other);

	if (alg == p11_key_alg(key) || (server->algs & 1U << (unsigned)alg) != 0)
		return 0;
	error_set(error, ERROR_CONFIG, "%s does not accept %s, with which the new key signs", server->title,
		  alg_info(alg)->name);
	error_hint(error, "nothing was changed; give a key of the old one's type with --new-key");
	return -ERROR_CONFIG;
}

/* The full URI of the key that `text` names, which must be on the old key's token. */
static int name_given(const struct rotation *rotation, struct p11_key *key, const char *text, char **full,
		      struct error *error)
{
	struct p11_key *other = NULL;
	struct uri *uri = NULL;
	int result = p11_uri_parse_beside(&uri, text, rotation->again.uri, error);

	if (result == 0)
		result = p11_key_open_beside(&other, key, uri, error);
	if (result == 0)
		result = check_alg(rotation, key, other, error);
	if (result == 0)
		result = p11_key_uri(other, full, error);
	p11_key_close(&other);
	p11_uri_free(&uri);
	return result;
}

/* The way back is to deploy the settings file, so the certificate in it must be the old key's. */
static int check_certificate(struct rotation *rotation, struct p11_key *key, struct error *error)
{
	struct rotate_record *record = rotation->record;
	EVP_PKEY *public = NULL;
	int result = p11_key_public(key, &public, error);

	if (result == 0)
		result = app_read(record->settings_file, &record->app_certificate, error);
	if (result == 0)
		result = app_parse(record->settings_file, record->app_certificate, &rotation->old, error);
	if (result == 0 && EVP_PKEY_eq(public, X509_get0_pubkey(rotation->old)) != 1) {
		result = error_set(error, ERROR_CONFIG, "the certificate in %s is not that of the key %s",
				   record->settings_file, record->old_key);
		error_hint(error, "nothing was changed; put the certificate that the org has into the file, with "
				  "\"p11bearer app set-cert\": rotate deploys it if it has to go back");
	}
	EVP_PKEY_free(public);
	return result;
}

/* Which slot of a YubiKey may be overwritten is the user's decision. */
static int refuse_slots(const struct p11_key *key, struct error *error)
{
	const char *type = p11_key_alg(key) == ALG_ES256 || p11_key_alg(key) == ALG_ES384 ? " --type ec" : "";

	error_set(error, ERROR_CONFIG, "rotate cannot make a key on a YubiKey, because it does not choose a slot");
	error_hint(error, "nothing was changed; make the new key in another slot of the same YubiKey, with \"p11bearer "
			  "keygen 'pkcs11:…;id=%%…'%s --so-pin-from SRC\", and give its URI with --new-key", type);
	return -ERROR_CONFIG;
}

/* A rotation that went back may have left a key of the same day. */
static int name_new(struct rotation *rotation, struct p11_key *key, struct error *error)
{
	struct rotate_record *record = rotation->record;
	char *label = NULL, *counted = NULL;
	bool taken = false;
	int result = p11_key_is_in_slot(key) ? refuse_slots(key, error) :
					       rotate_name_key(record->old_key, record->began, &record->new_key, error);

	if (result == 0)
		result = p11_uri_label(record->new_key, &label, error);
	if (result == 0)
		result = p11_label_is_taken(key, label, &taken, error);
	for (int count = 2; result == 0 && taken && count <= NAMES_MAX; count++) {
		free(counted);
		if (asprintf(&counted, "%s-%d", label, count) < 0) {
			counted = NULL;
			result = error_memory(error);
		} else {
			result = p11_label_is_taken(key, counted, &taken, error);
		}
	}
	if (result == 0 && counted != NULL) {
		free(record->new_key);
		record->new_key = NULL;
		result = p11_uri_rename(record->old_key, counted, &record->new_key, error);
	}
	free(counted);
	free(label);
	return result;
}

/* Whether the URI names a key, not only its token. */
static bool names_key(const char *uri)
{
	return uri == NULL || strstr(uri, ":object=") != NULL || strstr(uri, ";object=") != NULL ||
	       strstr(uri, ":id=") != NULL || strstr(uri, ";id=") != NULL;
}

/* While there are two keys, a URI that names only a token matches both, so that no program could use the profile. */
static int check_names(const struct rotation *rotation, struct error *error)
{
	const struct rotate *with = rotation->with;
	bool is_key = !names_key(with->key); /* otherwise the TLS key is to blame */

	if (!is_key && names_key(with->tls_key))
		return 0;
	error_set(error, ERROR_CONFIG, "the profile's %s names a token and not one key on it, so that it would match "
		  "the new key too", is_key ? "key" : "tls-key");
	error_append(error, "; the lines to set are:");
	error_append(error, "\n  [%s]", with->profile);
	error_append(error, "\n  %s = %s", is_key ? "key" : "tls-key", is_key ? rotation->record->old_key : "…");
	error_hint(error, "nothing was changed; set the key's full URI in %s", with->config);
	return -ERROR_CONFIG;
}

/* Names all that the rotation will make, so that a later run finds it. */
static int fill(struct rotation *rotation, struct p11_key *key, const char *given, struct error *error)
{
	const struct rotate *with = rotation->with;
	struct rotate_record *record = rotation->record;
	int result = check_names(rotation, error);

	record->began = time(NULL);
	if (result == 0)
		result = copy(&record->profile, with->profile, error);
	if (result == 0)
		result = copy(&record->config, with->config, error);
	if (result == 0)
		result = copy(&record->old_certificate, with->certificate, error);
	if (result == 0)
		result = check_certificate(rotation, key, error);
	record->given = given != NULL;
	if (result == 0 && given != NULL)
		result = copy(&record->new_key, given, error);
	else if (result == 0)
		result = name_new(rotation, key, error);
	if (result == 0)
		result = rotate_name_certificate(with->certificate, with->config, with->profile, record->began,
						 &record->new_certificate, error);
	if (result == 0 && strcmp(record->old_key, record->new_key) == 0) {
		result = error_set(error, ERROR_CONFIG, "the new key is the profile's key already: %s",
				   record->new_key);
		error_hint(error, "nothing was changed; name another key of the token with --new-key");
	}
	return result == 0 ? with->rehearse(with->context, record, error) : result;
}

/* Fails if the profile names another key than the journal, or --new-key another one. */
static int compare(const struct rotation *rotation, const char *current, const char *given, struct error *error)
{
	const struct rotate_record *record = rotation->record;

	if (strcmp(current, record->old_key) != 0 && strcmp(current, record->new_key) != 0) {
		error_set(error, ERROR_CONFIG, "the profile \"%s\" names a key that is neither the old nor the new one "
			  "of the rotation in %s: %s", record->profile, journal_path(rotation->journal), current);
		error_hint(error, "set its key to the old one again, then continue or go back with --abort: %s",
			   record->old_key);
		return -ERROR_CONFIG;
	}
	if (given != NULL && strcmp(given, record->new_key) != 0)
		error_set(error, ERROR_CONFIG, "the rotation in %s has another new key than --new-key: %s",
			  journal_path(rotation->journal), record->new_key);
	else
		return 0;
	error_hint(error, "continue with what it began with, or go back to the old key with --abort");
	return -ERROR_CONFIG;
}

/* Without --tls-key, the profile's key is the identity's too: for the identity, it stays the old key throughout. */
static int keep_identity(struct rotation *rotation, struct error *error)
{
	const struct rotate *with = rotation->with;
	struct uri *uri = NULL;

	if (with->tls_certificate == NULL || with->tls_key != NULL)
		return 0;
	if (p11_uri_parse(&uri, rotation->record->old_key, error) < 0)
		return error_result(error);
	return identity_open(&rotation->identity, with->tls_certificate, uri, error);
}

static int take_names(struct rotation *rotation, struct p11_key *key, struct error *error)
{
	struct rotate_record *record = rotation->record;
	const char *new = rotation->with->new_key;
	char *current = NULL, *given = NULL;
	int result = p11_key_again(key, &rotation->again, error);

	if (result == 0)
		result = p11_key_uri(key, &current, error);
	/* The profile has a next key from a rotation by hand, or from one whose journal was lost. */
	if (new == NULL && !journal_exists(rotation->journal))
		new = rotation->with->next_key;
	if (result == 0 && new != NULL)
		result = name_given(rotation, key, new, &given, error);
	if (result == 0 && journal_exists(rotation->journal)) {
		result = compare(rotation, current, given, error);
		if (result == 0)
			result = app_parse(record->settings_file, record->app_certificate, &rotation->old, error);
	} else if (result == 0) {
		result = copy(&record->old_key, current, error);
		if (result == 0)
			result = fill(rotation, key, given, error);
	}
	free(current);
	free(given);
	return result;
}

int rotation_open(struct rotation *rotation, struct error *error)
{
	struct p11_key *key = NULL;
	int result = p11_key_open(&key, &rotation->with->request->key, false, error);

	if (result == 0)
		result = take_names(rotation, key, error);
	p11_key_close(&key);
	return result == 0 ? keep_identity(rotation, error) : result;
}

int request_make(const struct rotation *rotation, enum rotate_keys keys, struct bearer_request *request,
		 struct error *error)
{
	const struct rotate_record *record = rotation->record;
	bool new = keys == ROTATE_NEW;

	*request = *rotation->with->request;
	request->key = rotation->again;
	request->key.uri = NULL;
	request->certificate = new ? record->new_certificate : record->old_certificate;
	request->next_certificate = keys == ROTATE_BOTH ? record->new_certificate : NULL;
	request->warn_days = 0; /* the old certificate is about to be replaced */
	if (rotation->identity != NULL)
		request->identity = rotation->identity;
	request->http.identity = identity_http(request->identity);
	if (p11_uri_parse_beside(&request->key.uri, new ? record->new_key : record->old_key, rotation->again.uri,
				 error) < 0)
		return error_result(error);
	if (keys != ROTATE_BOTH)
		return 0;
	return p11_uri_parse_beside(&request->next_key, record->new_key, rotation->again.uri, error);
}

void request_clear(struct bearer_request *request)
{
	p11_uri_free(&request->key.uri);
	p11_uri_free(&request->next_key);
}
