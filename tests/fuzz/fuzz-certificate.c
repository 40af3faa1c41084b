/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes what reads certificates in all forms, and what looks for private keys. A certificate that is read can be written as
 * PEM and read again, and is never taken for a private key. */
#include "fuzz.h"

#include "x509/x509.h"

#include <openssl/x509.h>

static void write_and_read(X509 *certificate)
{
	struct x509_list list;
	struct error error;
	size_t length;
	char *pem;

	if (x509_certificate_pem(certificate, &pem, &length, &error) < 0)
		return;
	expect(x509_parse("again", pem, length, &list, &error) == 0, "what was written can be read");
	expect(list.count == 1 && X509_cmp(list.list[0], certificate) == 0, "it is the same");
	x509_list_clear(&list);
	free(pem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct x509_list list;
	struct error error;

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	x509_has_private_key(data, size);
	if (x509_parse("file", text, size, &list, &error) == 0) {
		expect(list.count > 0, "there is a certificate");
		for (size_t i = 0; i < list.count; i++)
			write_and_read(list.list[i]);
	} else {
		expect(list.count == 0 && error.class == ERROR_CONFIG && error.text[0] != '\0', "a refusal says why");
	}
	x509_list_clear(&list);
	free(text);
	return 0;
}
