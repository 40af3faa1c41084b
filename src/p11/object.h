/* SPDX-License-Identifier: Apache-2.0 */
/* Objects on a token. Only public attributes are read. */
#ifndef P11BEARER_P11_OBJECT_H
#define P11BEARER_P11_OBJECT_H

#include "p11/session.h"

#include <openssl/types.h>

/* --- templates (template.c) -------------------------------------------------------------------------------------- */

/* Call C_FindObjectsInit, and C_GetAttributeValue into the attributes' own room, with copies; *rv is the result. Both
 * fail with ERROR_TOKEN and CODE_BROKEN if the module changes a type or pValue or writes beyond the room. A length
 * beyond the room is ignored with a warning. At most eight attributes. */
int template_find(const struct session *session, const CK_ATTRIBUTE *template, size_t count, CK_RV *rv,
		  struct error *error);
int template_get(const struct session *session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attributes, size_t count,
		 CK_RV *rv, struct error *error);

/* Whether the error is not about this object alone: something was lost, or the module is broken. */
bool template_ends_search(const struct error *error);
#define CODE_BROKEN (CKR_VENDOR_DEFINED | 0x42524f4bUL) /* error->code; no module returns it */

/* --- objects (object.c) ------------------------------------------------------------------------------------------ */

/* Finds objects of a class with the URI's label and id (those it has), and with the key type unless it is
 * ANY_KEY_TYPE: at most `room` handles, *count of them. Fails with ERROR_TOKEN. */
#define ANY_KEY_TYPE CK_UNAVAILABLE_INFORMATION
int objects_find(const struct session *session, const struct uri *uri, CK_OBJECT_CLASS class, CK_KEY_TYPE key_type,
		 CK_OBJECT_HANDLE *found, size_t room, size_t *count, struct error *error);

/* The same with the caller's template. */
int objects_match(const struct session *session, CK_ATTRIBUTE *template, size_t attributes, CK_OBJECT_HANDLE *found,
		  size_t room, size_t *count, struct error *error);

/* Reads one attribute into attribute->pValue, which the caller frees; NULL if the object does not have it. */
int object_read(const struct session *session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
		CK_ATTRIBUTE *attribute, struct error *error);

/* Reads several boolean attributes in one call; *values[i] is 1, 0 or -1 (unknown). Fails with ERROR_TOKEN; all are -1
 * then. */
int object_flags(const struct session *session, CK_OBJECT_HANDLE object, const CK_ATTRIBUTE_TYPE *types, int *values,
		 size_t count, struct error *error);

/* Reads in one call what a signature needs: whether the key needs a login for each one, and its public half; *public is
 * NULL if the object does not have it. Fails with ERROR_TOKEN. */
int object_signing(const struct session *session, CK_OBJECT_HANDLE private, bool *always_authenticate,
		   EVP_PKEY **public, struct error *error);

enum { CURVE_SIZE = 64 };

/* Type and size of a key. */
struct key_type {
	char name[24];          /* RSA, EC or the CKK number */
	char curve[CURVE_SIZE]; /* of an EC key, see object_curve */
	unsigned bits;          /* 0: unknown */
};

/* Reads them (key-type.c). Fails with ERROR_TOKEN. */
int object_key_type(const struct session *session, CK_OBJECT_HANDLE object, struct key_type *type,
		    struct error *error);

/* Reads the curve of an EC key: P-256, else OpenSSL's name, else the object identifier; empty if the object does not
 * show it. Fails with ERROR_TOKEN; it is empty then. */
int object_curve(const struct session *session, CK_OBJECT_HANDLE object, char curve[CURVE_SIZE], struct error *error);

/* The full URI of a key; NULL if it cannot be read. The caller frees it. */
char *object_uri(const struct session *session, CK_OBJECT_HANDLE object);

/* Appends the full URIs of the objects to the error's sentence, one per line, at most ten. */
void object_name_all(const struct session *session, const CK_OBJECT_HANDLE *objects, size_t count, struct error *error);

/* --- public halves (public.c) ------------------------------------------------------------------------------------ */

/* The public key of these numbers; *public is NULL if one of them is 0. */
int public_from_numbers(const CK_ATTRIBUTE *modulus, const CK_ATTRIBUTE *exponent, EVP_PKEY **public,
			struct error *error);

/* The public key of an EC object's attributes; *public is NULL if the curve is unknown to OpenSSL (public-ec.c). */
int public_from_point(const CK_ATTRIBUTE *parameters, const CK_ATTRIBUTE *point, EVP_PKEY **public,
		      struct error *error);

/* OpenSSL's name of the curve that CKA_EC_PARAMS describes, such as prime256v1; NULL if OpenSSL does not know it.
 * Static. */
const char *curve_name(const CK_ATTRIBUTE *parameters);

/* The size of the curve with this name, as RFC 7518 or OpenSSL writes it; 0 if OpenSSL does not know it. */
unsigned curve_bits(const char *name);

/* The public half that an object of this class shows itself; *half is NULL if it shows none, and after a failure. Fails
 * with ERROR_TOKEN. */
int object_half(const struct session *session, CK_OBJECT_CLASS class, CK_OBJECT_HANDLE object, EVP_PKEY **half,
		struct error *error);

/* The certificate that the object holds, which the caller frees; NULL if it holds none that can be parsed, and after a
 * failure. Fails with ERROR_TOKEN. */
int object_x509(const struct session *session, CK_OBJECT_HANDLE object, X509 **certificate, struct error *error);

/* The public half of a private key of that type, RSA or EC, as p11_key_public describes it. */
int object_public(const struct session *session, CK_OBJECT_HANDLE private, CK_KEY_TYPE type, EVP_PKEY **public,
		  struct error *error);

/* --- what belongs together (halves.c) ---------------------------------------------------------------------------- */

/* The public halves of the objects in some searches. Begins zeroed. */
struct halves {
	EVP_PKEY *only;
	bool several; /* they differ */
};

/* Adds the halves of the objects that the template matches; its first attribute is CKA_CLASS. Skips objects that show
 * none. Fails with ERROR_TOKEN. Always call halves_take. */
int halves_add(const struct session *session, CK_ATTRIBUTE *template, size_t attributes, struct halves *halves,
	       struct error *error);

/* The one half that all of them have, which the caller frees; NULL if they have none or several. Clears *halves. */
EVP_PKEY *halves_take(struct halves *halves);

#endif
