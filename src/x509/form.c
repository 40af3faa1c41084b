/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/form.h"

#include <ctype.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL_MAX = 64 };

#define GIVE_ONE "give a file with the certificate, as PEM, DER, or base64 of DER"

const struct form_text form_texts[FORM_COUNT] = {
	[FORM_UNKNOWN] = { "neither PEM, nor DER, nor base64 of DER", GIVE_ONE },
	[FORM_CERTIFICATE] = { "a certificate", NULL },
	[FORM_EMPTY] = { "empty", GIVE_ONE },
	[FORM_UTF16] = { "text in UTF-16", "convert it: iconv -f UTF-16 -t UTF-8" },
	[FORM_DAMAGED] = { "PEM or base64 that is damaged or cut off", "get the certificate again" },
	[FORM_PRIVATE_KEY] = { "a private key",
			       "give the file with its certificate; keep private keys on the token only" },
	[FORM_PUBLIC_KEY] = { "a public key without a certificate", "make a certificate with \"p11bearer cert\"" },
	[FORM_OPENSSH_KEY] = { "an OpenSSH key", "make a certificate with \"p11bearer cert\"" },
	[FORM_REQUEST] = { "a certificate request (PKCS#10)",
			   "give the certificate that the CA issued for it, or make one with \"p11bearer cert\"" },
	[FORM_CRL] = { "a revocation list (CRL)", GIVE_ONE },
	[FORM_PKCS7] = { "PKCS#7 (.p7b)",
			 "extract the certificate with \"openssl pkcs7 -print_certs\"; "
			 "add -inform DER for the binary form" },
	[FORM_PKCS12] = { "PKCS#12 (.p12, .pfx)", "extract the certificate with \"openssl pkcs12 -clcerts -nokeys\"" },
	[FORM_JAVA_KEYSTORE] = { "a Java keystore", "extract the certificate with \"keytool -exportcert -rfc\"" },
	[FORM_PGP] = { "an OpenPGP block", GIVE_ONE },
	[FORM_BASE64_OF_PEM] = { "base64 of PEM", "decode it once: base64 -d" },
	[FORM_BASE64URL] = { "base64url", "convert it to base64: tr -- -_ +/" },
	[FORM_HEX] = { "hexadecimal", "convert it to DER: xxd -r -p" },
	[FORM_ESCAPED] = { "PEM with \"\\n\" instead of line ends",
			   "restore the line ends: printf %b \"$(cat FILE)\"" },
	[FORM_COMPRESSED] = { "compressed", "unpack it" },
	[FORM_HTML] = { "an HTML page", "save the certificate itself" },
	[FORM_SETTINGS_FILE] = { "an app's settings file", "give the certificate's own file" },
	[FORM_XML] = { "an XML file", "give the certificate's own file" },
	[FORM_JSON] = { "a JSON file", GIVE_ONE },
};

/* --- DER --------------------------------------------------------------------------------------------------------- */

static bool is_item(ASN1_ITEM_EXP *item, const unsigned char *der, size_t length)
{
	const unsigned char *next = der;
	ASN1_VALUE *value = ASN1_item_d2i(NULL, &next, (long)length, ASN1_ITEM_ptr(item));

	ASN1_item_free(value, ASN1_ITEM_ptr(item));
	return value != NULL && next == der + length;
}

/* Recognizes keys by themselves: private keys in PKCS#8 and the older formats of RSA, EC and DSA; public keys in
 * SubjectPublicKeyInfo or RSA's own format. */
static enum form form_of_key(const unsigned char *der, size_t length)
{
	const unsigned char *next = der;
	EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &next, (long)length);
	enum form form = FORM_PRIVATE_KEY;

	if (key == NULL) {
		form = FORM_PUBLIC_KEY;
		next = der;
		key = d2i_PUBKEY(NULL, &next, (long)length);
	}
	if (key == NULL) {
		next = der;
		key = d2i_PublicKey(EVP_PKEY_RSA, NULL, &next, (long)length);
	}
	EVP_PKEY_free(key);
	return key != NULL ? form : FORM_UNKNOWN;
}

enum form form_of_der(const unsigned char *der, size_t length)
{
	static const struct {
		ASN1_ITEM_EXP *item;
		enum form form;
	} items[] = { /* X509_SIG is encrypted PKCS#8 */
		{ ASN1_ITEM_ref(X509), FORM_CERTIFICATE }, { ASN1_ITEM_ref(X509_REQ), FORM_REQUEST },
		{ ASN1_ITEM_ref(X509_CRL), FORM_CRL },     { ASN1_ITEM_ref(PKCS12), FORM_PKCS12 },
		{ ASN1_ITEM_ref(PKCS7), FORM_PKCS7 },      { ASN1_ITEM_ref(X509_SIG), FORM_PRIVATE_KEY },
	};
	enum form form = FORM_UNKNOWN;

	if (length == 0 || *der != (V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED))
		return FORM_UNKNOWN;
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]) && form == FORM_UNKNOWN; i++) {
		if (is_item(items[i].item, der, length))
			form = items[i].form;
	}
	if (form == FORM_UNKNOWN)
		form = form_of_key(der, length);
	ERR_clear_error();
	return form;
}

/* --- text -------------------------------------------------------------------------------------------------------- */

/* Whether the label, without its spaces, ends in `end`. */
static bool label_ends(const char *label, size_t length, const char *end)
{
	size_t left = strlen(end);

	for (; length > 0 && left > 0; length--) {
		if (label[length - 1] != ' ' && label[length - 1] != end[--left])
			return false;
	}
	return left == 0;
}

enum form form_of_label(const char *label, size_t length)
{
	static const struct {
		const char *end; /* without spaces */
		enum form form;
	} labels[] = {
		{ "NEWCERTIFICATEREQUEST", FORM_REQUEST },
		{ "CERTIFICATEREQUEST", FORM_REQUEST },
		{ "ATTRIBUTECERTIFICATE", FORM_UNKNOWN },
		{ "CERTIFICATE", FORM_CERTIFICATE },
		{ "OPENSSHPRIVATEKEY", FORM_PRIVATE_KEY },
		{ "PRIVATEKEY", FORM_PRIVATE_KEY },
		{ "PGPPRIVATEKEYBLOCK", FORM_PRIVATE_KEY },
		{ "PGPPUBLICKEYBLOCK", FORM_PGP },
		{ "PGPMESSAGE", FORM_PGP },
		{ "SSH2PUBLICKEY", FORM_OPENSSH_KEY },
		{ "PUBLICKEY", FORM_PUBLIC_KEY },
		{ "X509CRL", FORM_CRL },
		{ "PKCS7", FORM_PKCS7 },
		{ "PKCS#7SIGNEDDATA", FORM_PKCS7 },
		{ "CMS", FORM_PKCS7 },
		{ "PKCS12", FORM_PKCS12 },
	};

	if (length > LABEL_MAX || memchr(label, '\n', length) != NULL)
		return FORM_DAMAGED;
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		if (label_ends(label, length, labels[i].end))
			return labels[i].form;
	}
	return FORM_UNKNOWN;
}

static bool begins(const char *text, const char *beginning)
{
	return strncasecmp(text, beginning, strlen(beginning)) == 0;
}

/* Whether the text has the `beginning` of DER in some notation, only `digits` of that notation, and a `telling` one. */
static bool is_written(const char *text, const char *beginning, const char *digits, const char *telling)
{
	return begins(text, beginning) && strpbrk(text, telling) != NULL && text[strspn(text, digits)] == '\0';
}

/* Recognizes notations that are refused but are close to an accepted one. */
static enum form form_of_digits(const char *text)
{
	static const char hex[] = "0123456789abcdefABCDEF: \t\r\n";
	static const char url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_= \t\r\n";

	if (is_written(text, "3082", hex, "3") || is_written(text, "30:82", hex, ":") ||
	    is_written(text, "30 82", hex, " "))
		return FORM_HEX;
	if (is_written(text, "MII", url, "-_"))
		return FORM_BASE64URL;
	if (begins(text, "-----BEGIN") && (strstr(text, "-----\\n") != NULL || strstr(text, "-----\\r") != NULL))
		return FORM_ESCAPED;
	return FORM_UNKNOWN;
}

static bool is_utf16(const char *text, size_t length)
{
	size_t nuls = 0;

	for (size_t i = 0; i < length; i++)
		nuls += text[i] == '\0' ? 1 : 0;
	if (length < 2)
		return false;
	return memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0 ||
	       (nuls == length / 2 && (text[0] == '\0') != (text[1] == '\0'));
}

enum form form_of_text(const char *text, size_t length)
{
	static const struct {
		const char *beginning;
		enum form form;
	} beginnings[] = {
		{ "ssh-", FORM_OPENSSH_KEY },
		{ "ecdsa-sha2-", FORM_OPENSSH_KEY },
		{ "sk-ssh-", FORM_OPENSSH_KEY },
		{ "---- BEGIN SSH2", FORM_OPENSSH_KEY },
		{ "PuTTY-User-Key-File", FORM_PRIVATE_KEY },
		{ "\xfe\xed\xfe\xed", FORM_JAVA_KEYSTORE },
		{ "<!doctype html", FORM_HTML },
		{ "<html", FORM_HTML },
		{ "{", FORM_JSON },
		{ "\x1f\x8b", FORM_COMPRESSED },
		{ "PK\x03\x04", FORM_COMPRESSED },
	};

	if (is_utf16(text, length))
		return FORM_UTF16;
	for (; length > 0 && isspace((unsigned char)*text); length--)
		text++;
	if (length == 0)
		return FORM_EMPTY;
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
		if (begins(text, beginnings[i].beginning))
			return beginnings[i].form;
	}
	if (*text != '<')
		return form_of_digits(text);
	if (strcasestr(text, "<html") != NULL)
		return FORM_HTML;
	return strstr(text, "ExtlClntApp") != NULL ? FORM_SETTINGS_FILE : FORM_XML;
}

/* --- base64 ------------------------------------------------------------------------------------------------------ */

bool form_is_digit(char c)
{
	return isalnum((unsigned char)c) || c == '+' || c == '/';
}

bool form_is_base64(const char *text, size_t length)
{
	size_t digits = 0;

	for (size_t i = 0; i < length; i++) {
		if (!form_is_digit(text[i]) && text[i] != '=' && !isspace((unsigned char)text[i]))
			return false;
		digits += form_is_digit(text[i]) ? 1 : 0;
	}
	return digits > 0;
}

bool form_decode(const char *text, size_t length, unsigned char *bytes, size_t *size)
{
	char quad[4];
	size_t held = 0, padding = 0;

	*size = 0;
	for (size_t i = 0; i < length; i++) {
		if (isspace((unsigned char)text[i]))
			continue;
		if (!form_is_digit(text[i]) && (text[i] != '=' || held < 2))
			return false;
		if (form_is_digit(text[i]) && padding > 0)
			return false;
		padding += text[i] == '=' ? 1 : 0;
		quad[held++] = text[i];
		if (held < sizeof(quad))
			continue;
		if (EVP_DecodeBlock(bytes + *size, (const unsigned char *)quad, sizeof(quad)) != 3)
			return false;
		*size += 3 - padding;
		held = padding = 0;
	}
	return held == 0;
}
