/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the extensions of an attestation, and names what they say. */
#include "x509/attestation.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <stdint.h>
#include <string.h>

enum {
	SUBJECT_SIZE = 256,
	FORM_FIPS = 0x80,
	FORM_SKY = 0x40,
};

/* --- extensions -------------------------------------------------------------------------------------------------- */

static bool read_firmware(struct x509_attestation *attestation, const unsigned char *bytes, size_t length)
{
	if (length != sizeof(attestation->firmware))
		return false;
	memcpy(attestation->firmware, bytes, length);
	return true;
}

static bool read_serial(struct x509_attestation *attestation, const unsigned char *bytes, size_t length)
{
	const unsigned char *next = bytes;
	ASN1_INTEGER *number = d2i_ASN1_INTEGER(NULL, &next, (long)length);
	uint64_t value;
	/* OpenSSL also reads BER, of which DER is the shortest form, and ignores what follows. */
	bool fits = number != NULL && i2d_ASN1_INTEGER(number, NULL) == (int)length &&
		    ASN1_INTEGER_get_uint64(&value, number) == 1 && value > 0 && value <= UINT32_MAX;

	ASN1_INTEGER_free(number);
	if (!fits)
		return false;
	attestation->has_serial = true;
	attestation->serial = (unsigned long)value;
	return true;
}

static bool read_policies(struct x509_attestation *attestation, const unsigned char *bytes, size_t length)
{
	if (length != 2)
		return false;
	attestation->pin = bytes[0];
	attestation->touch = bytes[1];
	return true;
}

static bool read_form(struct x509_attestation *attestation, const unsigned char *bytes, size_t length)
{
	if (length != 1)
		return false;
	attestation->has_form = true;
	attestation->form = bytes[0];
	return true;
}

static const struct extension {
	const char *oid, *name;
	bool is_needed;
	bool (*read)(struct x509_attestation *attestation, const unsigned char *bytes, size_t length);
	const char *content;
} extensions[] = {
	{ "1.3.6.1.4.1.41482.3.3", "firmware", true, read_firmware, "three bytes" },
	{ "1.3.6.1.4.1.41482.3.7", "serial number", false, read_serial, "a positive DER INTEGER of at most 32 bits" },
	{ "1.3.6.1.4.1.41482.3.8", "PIN and touch policy", true, read_policies, "two bytes" },
	{ "1.3.6.1.4.1.41482.3.9", "form factor", false, read_form, "one byte" },
};
enum { EXTENSIONS = sizeof(extensions) / sizeof(extensions[0]) };

/* Finds each of the extensions: its first place in `places`, or -1. *fault is one that is there twice, or NULL. */
static int find(X509 *certificate, int places[EXTENSIONS], const struct extension **fault, struct error *error)
{
	*fault = NULL;
	for (size_t i = 0; i < EXTENSIONS; i++) {
		ASN1_OBJECT *object = OBJ_txt2obj(extensions[i].oid, 1);

		if (object == NULL) {
			error_openssl(error, ERROR_UNEXPECTED, "cannot look for an extension");
			return -ERROR_UNEXPECTED;
		}
		places[i] = X509_get_ext_by_OBJ(certificate, object, -1);
		if (places[i] >= 0 && X509_get_ext_by_OBJ(certificate, object, places[i]) >= 0)
			*fault = &extensions[i];
		ASN1_OBJECT_free(object);
	}
	return 0;
}

static bool is_read(X509 *certificate, int place, const struct extension *extension,
		    struct x509_attestation *attestation)
{
	const ASN1_OCTET_STRING *data = X509_EXTENSION_get_data(X509_get_ext(certificate, place));
	int length = ASN1_STRING_length(data);

	return length > 0 && extension->read(attestation, ASN1_STRING_get0_data(data), (size_t)length);
}

static int read_all(X509 *certificate, struct x509_attestation *attestation, struct error *error)
{
	const struct extension *twice;
	char subject[SUBJECT_SIZE];
	int places[EXTENSIONS];
	bool any = false;

	if (find(certificate, places, &twice, error) < 0)
		return error_result(error);
	x509_subject(certificate, subject, sizeof(subject));
	if (twice != NULL)
		return error_set(error, ERROR_NO_KEY, "the attestation %s is malformed: it has the extension %s (%s) "
				 "twice", subject, twice->oid, twice->name);
	for (size_t i = 0; i < EXTENSIONS; i++)
		any |= places[i] >= 0;
	if (!any)
		return error_set(error, ERROR_NO_KEY, "the certificate %s is not an attestation of a YubiKey: it has "
				 "none of the vendor's extensions (1.3.6.1.4.1.41482.3)", subject);
	for (size_t i = 0; i < EXTENSIONS; i++) {
		const struct extension *extension = &extensions[i];

		if (places[i] < 0 && extension->is_needed)
			return error_set(error, ERROR_NO_KEY, "the attestation %s is malformed: it lacks the extension "
					 "%s (%s)", subject, extension->oid, extension->name);
		if (places[i] >= 0 && !is_read(certificate, places[i], extension, attestation))
			return error_set(error, ERROR_NO_KEY, "the attestation %s is malformed: its extension %s (%s) "
					 "is not %s", subject, extension->oid, extension->name, extension->content);
	}
	return 0;
}

int x509_attestation_parse(X509 *certificate, struct x509_attestation *attestation, struct error *error)
{
	int result;

	memset(attestation, 0, sizeof(*attestation));
	result = read_all(certificate, attestation, error);
	if (result < 0)
		memset(attestation, 0, sizeof(*attestation));
	ERR_clear_error();
	return result;
}

/* --- names ------------------------------------------------------------------------------------------------------- */

static const char *name_of(const char *const *names, size_t count, size_t value)
{
	return value < count && names[value] != NULL ? names[value] : "unknown";
}

const char *x509_attestation_pin(const struct x509_attestation *attestation)
{
	/* The last two are of the Bio series: a fingerprint or the PIN. */
	static const char *const names[] = { NULL, "never", "once", "always", "match-once", "match-always" };

	return name_of(names, sizeof(names) / sizeof(names[0]), attestation->pin);
}

const char *x509_attestation_touch(const struct x509_attestation *attestation)
{
	static const char *const names[] = { NULL, "never", "always", "cached" };

	return name_of(names, sizeof(names) / sizeof(names[0]), attestation->touch);
}

const char *x509_attestation_form(const struct x509_attestation *attestation)
{
	static const char *const names[] = { NULL, "USB-A keychain", "USB-A nano", "USB-C keychain", "USB-C nano",
					     "USB-C and Lightning", "USB-A Bio", "USB-C Bio" };
	static const char *const fips[] = { NULL, "USB-A keychain (FIPS)", "USB-A nano (FIPS)",
					    "USB-C keychain (FIPS)", "USB-C nano (FIPS)",
					    "USB-C and Lightning (FIPS)", "USB-A Bio (FIPS)", "USB-C Bio (FIPS)" };
	bool is_fips = (attestation->form & FORM_FIPS) != 0;

	if (!attestation->has_form)
		return "unknown";
	return name_of(is_fips ? fips : names, sizeof(names) / sizeof(names[0]),
		       attestation->form & ~(FORM_FIPS | FORM_SKY) & 0xff);
}
