/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes URIs both ways. The first byte picks one: a text is taken, or refused with a sentence that shows no PIN; what a token
 * says of itself and of a key becomes a URI, and that one names the same. */
#include "fuzz.h"

#include "p11/p11.h"
#include "p11/token.h"
#include "p11/uri.h"

static void read_uri(const char *text)
{
	static const char marker[] = "pin-value=Qzebra";
	struct error error = { .class = 0 };
	struct uri uri;
	int result = uri_parse(&uri, text, &error);

	if (result == 0) {
		p11_uri_hint_id(text, &error);
		expect(strncasecmp(text, "pkcs11:", 7) == 0 && strpbrk(text, " \t\r\n") == NULL, "what is taken is a URI");
		error_set(&error, ERROR_CONFIG, "%s", uri_shown(&uri));
		expect(strstr(error.text, marker) == NULL, "a message shows no PIN");
	} else {
		expect(result == -ERROR_CONFIG && error.text[0] != '\0', "a URI that is none has a sentence");
		expect(strstr(error.text, marker) == NULL, "nor is it in a refusal");
	}
	uri_free(&uri);
}

/* The bytes of a field, as many as there are, and blanks. */
static void take(CK_UTF8CHAR *field, size_t width, const uint8_t **data, size_t *size)
{
	size_t length = *size < width ? *size : width;

	memset(field, ' ', width);
	if (length > 0)
		memcpy(field, *data, length);
	*data += length;
	*size -= length;
}

static void expect_attribute(const struct uri *uri, const CK_ATTRIBUTE *written)
{
	const CK_ATTRIBUTE *attribute = p11_kit_uri_get_attribute(uri->parsed, written->type);

	expect(attribute != NULL && attribute->ulValueLen == written->ulValueLen &&
	       memcmp(attribute->pValue, written->pValue, written->ulValueLen) == 0, "label and id are the same");
}

static void write_uri(const uint8_t *data, size_t size)
{
	CK_TOKEN_INFO info = { .flags = CKF_TOKEN_INITIALIZED };
	CK_ATTRIBUTE label = { .type = CKA_LABEL }, id = { .type = CKA_ID };
	struct error error;
	struct uri uri;
	uint8_t *copy;
	char *text;

	take(info.label, sizeof(info.label), &data, &size);
	take(info.manufacturerID, sizeof(info.manufacturerID), &data, &size);
	take(info.model, sizeof(info.model), &data, &size);
	take(info.serialNumber, sizeof(info.serialNumber), &data, &size);
	copy = malloc(size + 1);
	if (copy == NULL)
		return;
	if (size > 0)
		memcpy(copy, data, size);
	label.pValue = copy;
	label.ulValueLen = size / 2;
	id.pValue = copy + size / 2;
	id.ulValueLen = size - size / 2;
	text = uri_format_key(&info, NULL, &label, &id);
	expect(text != NULL, "every key has a URI");
	expect(uri_parse(&uri, text, &error) == 0, "a URI that is written can be read");
	token_pad(&info);
	expect(p11_kit_uri_match_token_info(uri.parsed, &info) == 1, "it names the token");
	if (label.ulValueLen > 0)
		expect_attribute(&uri, &label);
	if (id.ulValueLen > 0)
		expect_attribute(&uri, &id);
	uri_free(&uri);
	free(text);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size == 0)
		return 0;
	if (data[0] % 2 == 1) {
		write_uri(data + 1, size - 1);
		return 0;
	}
	text = strndup((const char *)data + 1, size - 1);
	if (text != NULL)
		read_uri(text);
	free(text);
	return 0;
}
