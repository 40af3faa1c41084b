/* SPDX-License-Identifier: Apache-2.0 */
/* Reads certificates from text or a file. */
#include "x509/form.h"
#include "x509/x509.h"

#include "base/file.h"
#include "base/secret.h"

#include <ctype.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1 << 20 };

static const char begin[] = "-----BEGIN", end[] = "-----END", dashes[] = "-----";

/* --- the list ---------------------------------------------------------------------------------------------------- */

int x509_list_add(struct x509_list *list, X509 *certificate, struct error *error)
{
	X509 **grown;

	for (size_t i = 0; i < list->count; i++) {
		if (X509_cmp(list->list[i], certificate) == 0) {
			X509_free(certificate);
			list->repeated = list->list[i];
			return 0;
		}
	}
	grown = realloc(list->list, (list->count + 1) * sizeof(X509 *));
	if (grown == NULL) {
		X509_free(certificate);
		return error_memory(error);
	}
	list->list = grown;
	grown[list->count++] = certificate;
	return 0;
}

int x509_list_copy(const struct x509_list *list, struct x509_list *copy, struct error *error)
{
	memset(copy, 0, sizeof(*copy));
	for (size_t i = 0; i < list->count; i++) {
		X509_up_ref(list->list[i]);
		if (x509_list_add(copy, list->list[i], error) < 0)
			return error_result(error);
	}
	return 0;
}

void x509_list_clear(struct x509_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		X509_free(list->list[i]);
	free(list->list);
	memset(list, 0, sizeof(*list));
}

/* --- reading ----------------------------------------------------------------------------------------------------- */

static int refuse(const char *name, enum form form, struct error *error)
{
	error_set(error, ERROR_CONFIG, "%s holds no X.509 certificate: it is %s", name, form_texts[form].name);
	error_hint(error, "%s", form_texts[form].hint);
	return -ERROR_CONFIG;
}

static X509 *take_der(const unsigned char **next, size_t left)
{
	const unsigned char *aux = *next;
	X509 *certificate = d2i_X509(NULL, next, (long)left), *trusted;

	/* OpenSSL's "TRUSTED CERTIFICATE" is followed by trust settings. */
	if (certificate != NULL && (trusted = d2i_X509_AUX(NULL, &aux, (long)left)) != NULL) {
		*next = aux;
		X509_free(trusted);
	}
	ERR_clear_error();
	return certificate;
}

/* Reads concatenated certificates. If the data does not begin with one, sets *form to its format. */
static int read_der(const unsigned char *der, size_t length, struct x509_list *list, enum form *form,
		    struct error *error)
{
	const unsigned char *next = der, *past = der + length;

	*form = FORM_CERTIFICATE;
	while (next < past) {
		X509 *certificate = take_der(&next, (size_t)(past - next));

		if (certificate == NULL) {
			*form = next == der ? form_of_der(der, length) : FORM_DAMAGED;
			return 0;
		}
		if (x509_list_add(list, certificate, error) < 0)
			return error_result(error);
		/* An editor may have added a line end. */
		while (next < past && isspace(*next))
			next++;
	}
	return 0;
}

static int read_base64(const char *text, size_t length, struct x509_list *list, enum form *form, struct error *error)
{
	unsigned char *bytes = malloc(length + 3);
	size_t size;
	int result = 0;

	if (bytes == NULL)
		return error_memory(error);
	*form = FORM_DAMAGED;
	if (form_decode(text, length, bytes, &size) && size > 0) {
		if (size > strlen(begin) && memcmp(bytes, begin, strlen(begin)) == 0)
			*form = FORM_BASE64_OF_PEM;
		else
			result = read_der(bytes, size, list, form, error);
	}
	wipe_free(bytes);
	return result;
}

/* Reads one PEM block, and advances *text. */
static int read_block(const char **text, struct x509_list *list, enum form *form, struct error *error)
{
	const char *label = *text + strlen(begin), *body = strstr(label, dashes), *tail;

	*text = label;
	*form = FORM_DAMAGED;
	if (body == NULL)
		return 0;
	*form = form_of_label(label, (size_t)(body - label));
	body += strlen(dashes);
	tail = strstr(body, dashes);
	*text = tail != NULL ? tail : body;
	if (*form != FORM_CERTIFICATE)
		return 0;
	*form = FORM_DAMAGED;
	if (tail == NULL || strncmp(tail, end, strlen(end)) != 0)
		return 0;
	return read_base64(body, (size_t)(tail - body), list, form, error);
}

/* Skips other blocks, such as a key's parameters. If there is no certificate, the message names the first block. */
static int read_pem(const char *name, const char *text, struct x509_list *list, struct error *error)
{
	enum form first = FORM_UNKNOWN, form;

	while ((text = strstr(text, begin)) != NULL) {
		if (read_block(&text, list, &form, error) < 0)
			return error_result(error);
		if (form == FORM_DAMAGED)
			return refuse(name, form, error);
		if (first == FORM_UNKNOWN)
			first = form;
	}
	return list->count > 0 ? 0 : refuse(name, first, error);
}

/* Reads data that is DER or base64 as a whole. */
static int read_whole(const char *data, size_t length, struct x509_list *list, enum form *form, struct error *error)
{
	*form = FORM_UNKNOWN;
	if (length > 0 && *data == (V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED) &&
	    read_der((const unsigned char *)data, length, list, form, error) < 0)
		return error_result(error);
	if (*form == FORM_UNKNOWN && form_is_base64(data, length))
		return read_base64(data, length, list, form, error);
	return 0;
}

int x509_parse(const char *name, const char *data, size_t length, struct x509_list *list, struct error *error)
{
	static const char mark[] = "\xef\xbb\xbf"; /* byte-order mark */
	enum form form;
	int result = 0;

	memset(list, 0, sizeof(*list));
	if (strncmp(data, mark, strlen(mark)) == 0) {
		data += strlen(mark);
		length -= strlen(mark);
	}
	/* Text around PEM is fine, but a file of another kind that contains a certificate was given by mistake. */
	form = form_of_text(data, length);
	if (form == FORM_UNKNOWN && strstr(data, begin) != NULL) {
		result = read_pem(name, data, list, error);
	} else {
		if (form == FORM_UNKNOWN)
			result = read_whole(data, length, list, &form, error);
		if (result == 0 && form != FORM_CERTIFICATE)
			result = refuse(name, form, error);
	}
	if (result < 0)
		x509_list_clear(list);
	return result;
}

int x509_read(const char *path, struct x509_list *list, struct error *error)
{
	size_t length;
	char *data;
	int result;

	memset(list, 0, sizeof(*list));
	if (file_read(path, FILE_MAX, &data, &length, error) < 0)
		return error_result(error);
	result = x509_parse(path, data, length, list, error);
	wipe_free(data); /* it may be a private key, given by mistake */
	return result;
}
