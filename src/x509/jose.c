/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/jose.h"

#include "base/base64url.h"

#include <cjson/cJSON.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

int jose_x5t(X509 *certificate, bool sha256, char **text, struct error *error)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned length;

	*text = NULL;
	if (X509_digest(certificate, sha256 ? EVP_sha256() : EVP_sha1(), digest, &length) != 1)
		return error_openssl(error, ERROR_UNEXPECTED, "cannot compute the certificate's thumbprint");
	*text = malloc(base64url_length(length) + 1);
	if (*text == NULL)
		return error_memory(error);
	base64url_encode(digest, length, *text);
	return 0;
}

/* Returns NULL if memory is exhausted. */
static char *base64(const unsigned char *data, size_t length)
{
	char *text = malloc((length + 2) / 3 * 4 + 1);

	if (text != NULL)
		EVP_EncodeBlock((unsigned char *)text, data, (int)length);
	return text;
}

/* Returns the certificate in the list that issued this one, or NULL. */
static X509 *find_issuer(X509 *certificate, const struct x509_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		X509 *issuer = list->list[i];

		if (X509_cmp(issuer, certificate) != 0 && X509_check_issued(issuer, certificate) == X509_V_OK &&
		    X509_verify(certificate, X509_get0_pubkey(issuer)) == 1)
			return issuer;
	}
	return NULL;
}

static bool add_certificate(cJSON *array, X509 *certificate)
{
	unsigned char *der = NULL;
	int length = i2d_X509(certificate, &der);
	char *text = length > 0 ? base64(der, (size_t)length) : NULL;
	bool added = text != NULL && cJSON_AddItemToArray(array, cJSON_CreateString(text)) != 0;

	OPENSSL_free(der);
	free(text);
	return added;
}

int jose_x5c(X509 *certificate, const struct x509_list *list, char **text, struct error *error)
{
	cJSON *array = cJSON_CreateArray();
	bool added = array != NULL;

	/* As many as there are, in case two of them issued each other. */
	for (size_t i = 0; i < list->count && certificate != NULL && added; i++) {
		added = add_certificate(array, certificate);
		certificate = find_issuer(certificate, list);
	}
	ERR_clear_error();
	*text = added ? cJSON_PrintUnformatted(array) : NULL;
	cJSON_Delete(array);
	return *text != NULL ? 0 : error_memory(error);
}

int jose_spki(EVP_PKEY *public, char **text, struct error *error)
{
	unsigned char digest[EVP_MAX_MD_SIZE], *der = NULL;
	unsigned digest_length;
	int length = i2d_PUBKEY(public, &der);
	bool done = length > 0 && EVP_Digest(der, (size_t)length, digest, &digest_length, EVP_sha256(), NULL) == 1;

	*text = NULL;
	OPENSSL_free(der);
	if (!done)
		return error_openssl(error, ERROR_UNEXPECTED, "cannot compute the public key's fingerprint");
	*text = base64(digest, digest_length);
	return *text != NULL ? 0 : error_memory(error);
}
