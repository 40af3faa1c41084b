/* SPDX-License-Identifier: Apache-2.0 */
/* Finds private keys by the first bytes of their DER, and so finds truncated and embedded ones too. */
#include "x509/form.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <string.h>

/* Sizes in bytes of the first integer of an RSA or DSA key, and of a key on a curve. */
enum { INTEGER_MIN = 32, CURVE_MIN = 20, CURVE_MAX = 72 };

/* Enters an item with this tag. A truncated one counts as complete. */
static bool enter(const unsigned char **next, const unsigned char *past, int wanted, long *length)
{
	int tag = -1, class = 0;

	if (*next >= past)
		return false;
	ASN1_get_object(next, length, &tag, &class, past - *next);
	return tag == wanted;
}

/* Whether the object identifier here begins with these bytes of its encoding. */
static bool has_oid(const unsigned char *next, const unsigned char *past, const char *beginning)
{
	size_t size = strlen(beginning);
	long length;

	return enter(&next, past, V_ASN1_OBJECT, &length) && (size_t)(past - next) >= size &&
	       memcmp(next, beginning, size) == 0;
}

/* PKCS#8 (RFC 5958): an algorithm, then the key in an OCTET STRING, unlike certificates and CRLs. */
static bool is_pkcs8(const unsigned char *next, const unsigned char *past)
{
	long length;

	if (!enter(&next, past, V_ASN1_SEQUENCE, &length) || !has_oid(next, past, ""))
		return false;
	return length >= past - next || next[length] == V_ASN1_OCTET_STRING;
}

/* PKCS#1 (RFC 8017, appendix A.1.2), or a DSA key as written by OpenSSL: large integers after the version. */
static bool is_pkcs1(const unsigned char *next, const unsigned char *past)
{
	long length;

	return enter(&next, past, V_ASN1_INTEGER, &length) && length >= INTEGER_MIN;
}

/* A key on a curve (RFC 5915): an OCTET STRING, then nothing, or the curve or the public key. */
static bool is_sec1(const unsigned char *next, const unsigned char *past)
{
	long length;

	if (!enter(&next, past, V_ASN1_OCTET_STRING, &length) || length < CURVE_MIN || length > CURVE_MAX)
		return false;
	return length >= past - next || next[length] == 0xa0 || next[length] == 0xa1;
}

/* PKCS#12 (RFC 7292): it contains data or signed data of PKCS#7. */
static bool is_pkcs12(const unsigned char *next, const unsigned char *past)
{
	long length;

	return enter(&next, past, V_ASN1_SEQUENCE, &length) && has_oid(next, past, "\x2a\x86\x48\x86\xf7\x0d\x01\x07");
}

/* An encrypted key (RFC 5958, section 3): an algorithm of PKCS#5 or PKCS#12. */
static bool is_encrypted(const unsigned char *next, const unsigned char *past)
{
	long length;

	return enter(&next, past, V_ASN1_SEQUENCE, &length) &&
	       (has_oid(next, past, "\x2a\x86\x48\x86\xf7\x0d\x01\x05") ||
		has_oid(next, past, "\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01"));
}

/* Whether a key starts at the SEQUENCE here. All but encrypted keys start with a version. */
static bool is_key(const unsigned char *next, const unsigned char *past)
{
	long length;

	if (!enter(&next, past, V_ASN1_SEQUENCE, &length))
		return false;
	if (past - next < 3 || next[0] != V_ASN1_INTEGER || next[1] != 1)
		return is_encrypted(next, past);
	switch (next[2]) {
	case 0:
		return is_pkcs8(next + 3, past) || is_pkcs1(next + 3, past);
	case 1:
		return is_pkcs8(next + 3, past) || is_sec1(next + 3, past);
	case 3:
		return is_pkcs12(next + 3, past);
	default:
		return false;
	}
}

bool form_has_private_der(const unsigned char *bytes, size_t length)
{
	static const char openssh[] = "openssh-key-v1"; /* and a NUL */
	const unsigned char *past = bytes + length, *next = bytes;
	bool found = memmem(bytes, length, openssh, sizeof(openssh)) != NULL;

	while (!found && next < past) {
		next = memchr(next, V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED, (size_t)(past - next));
		if (next == NULL)
			break;
		found = is_key(next, past);
		next++;
	}
	ERR_clear_error();
	return found;
}
