/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the commands of p11bearer-app. */
#include "cmd/cmd-app.h"

#include "base/message.h"
#include "x509/x509.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>
#include <time.h>

/* Gets the public key or the certificate of --key; the other one is NULL. */
static int from_token(const struct settings *settings, EVP_PKEY **public, X509 **certificate, struct error *error)
{
	struct p11_request request;
	struct p11_key *key = NULL;
	int result = cmd_key_request(settings, NULL, &request, error);

	if (result == 0)
		result = p11_key_open(&key, &request, false, error);
	if (result == 0 && public != NULL)
		result = p11_key_public(key, public, error);
	if (result == 0 && certificate != NULL)
		result = p11_key_certificate(key, certificate, error);
	p11_key_close(&key);
	p11_uri_free(&request.uri);
	return result;
}

int cmd_app_key(const struct settings *settings, EVP_PKEY **public, struct error *error)
{
	return from_token(settings, public, NULL, error);
}

/* Opens the key only if needed: if an option names it, or the file contains several certificates. */
static int from_file(const struct settings *settings, const char *path, X509 **certificate, struct error *error)
{
	bool key_given = settings_is_option(settings, SETTING_KEY);
	struct x509_list list;
	EVP_PKEY *public = NULL;
	int result = x509_read(path, &list, error);

	if (result == 0 && (key_given || (list.count > 1 && settings_text(settings, SETTING_KEY) != NULL)))
		result = cmd_app_key(settings, &public, error);
	if (result == 0)
		result = x509_choose(&list, path, public, certificate, error);
	EVP_PKEY_free(public);
	x509_list_clear(&list);
	return result;
}

int cmd_app_certificate(const struct settings *settings, X509 **certificate, struct error *error)
{
	const char *path = settings_text(settings, SETTING_CERTIFICATE);
	bool only_key_given = settings_is_option(settings, SETTING_KEY) &&
			      !settings_is_option(settings, SETTING_CERTIFICATE);

	*certificate = NULL;
	if (path == NULL && settings_text(settings, SETTING_KEY) == NULL) {
		error_set(error, ERROR_USAGE, "neither --certificate nor --key is set");
		error_hint(error, "give the file of the certificate, or the URI of the key to take its certificate "
				  "from the token");
		return -ERROR_USAGE;
	}
	if (path != NULL && !only_key_given)
		return from_file(settings, path, certificate, error);
	return from_token(settings, NULL, certificate, error);
}

int cmd_app_warn(X509 *certificate, size_t length, struct error *error)
{
	struct appcheck check = { .count = 0 };
	int result = 0;

	if (appcheck_certificate(&check, certificate, length, NULL, time(NULL)) < 0)
		result = error_memory(error);
	for (size_t i = 0; i < check.count; i++)
		message_warn("%s", check.findings[i].text);
	appcheck_clear(&check);
	return result;
}
