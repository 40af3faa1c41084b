/* SPDX-License-Identifier: Apache-2.0 */
#include "p11/mechanism.h"

#include <openssl/evp.h>
#include <string.h>

enum {
	MECHANISMS_MAX = 3,     /* of an algorithm */
	DIGEST_INFO_START = 19, /* bytes of DigestInfo before the digest */
};

#define M(TYPE, INPUT) { TYPE, #TYPE, INPUT }

static const struct mechanism table[ALG_COUNT][MECHANISMS_MAX + 1] = {
	[ALG_RS256] = { M(CKM_SHA256_RSA_PKCS, INPUT_DATA), M(CKM_RSA_PKCS, INPUT_DIGEST_INFO) },
	[ALG_RS384] = { M(CKM_SHA384_RSA_PKCS, INPUT_DATA), M(CKM_RSA_PKCS, INPUT_DIGEST_INFO) },
	[ALG_RS512] = { M(CKM_SHA512_RSA_PKCS, INPUT_DATA), M(CKM_RSA_PKCS, INPUT_DIGEST_INFO) },
	[ALG_PS256] = { M(CKM_SHA256_RSA_PKCS_PSS, INPUT_DATA), M(CKM_RSA_PKCS_PSS, INPUT_DIGEST),
			M(CKM_RSA_X_509, INPUT_ENCODED) },
	[ALG_PS384] = { M(CKM_SHA384_RSA_PKCS_PSS, INPUT_DATA), M(CKM_RSA_PKCS_PSS, INPUT_DIGEST),
			M(CKM_RSA_X_509, INPUT_ENCODED) },
	[ALG_PS512] = { M(CKM_SHA512_RSA_PKCS_PSS, INPUT_DATA), M(CKM_RSA_PKCS_PSS, INPUT_DIGEST),
			M(CKM_RSA_X_509, INPUT_ENCODED) },
	[ALG_ES256] = { M(CKM_ECDSA_SHA256, INPUT_DATA), M(CKM_ECDSA, INPUT_DIGEST) },
	[ALG_ES384] = { M(CKM_ECDSA_SHA384, INPUT_DATA), M(CKM_ECDSA, INPUT_DIGEST) },
	[ALG_ES512] = { M(CKM_ECDSA_SHA512, INPUT_DATA), M(CKM_ECDSA, INPUT_DIGEST) },
};

/* The hash's identifiers, by its size in bytes. */
static const struct hash {
	size_t size;
	CK_MECHANISM_TYPE mechanism;
	CK_RSA_PKCS_MGF_TYPE mgf;
	unsigned char arc; /* the last number of its object identifier */
} hashes[] = {
	{ 32, CKM_SHA256, CKG_MGF1_SHA256, 1 },
	{ 48, CKM_SHA384, CKG_MGF1_SHA384, 2 },
	{ 64, CKM_SHA512, CKG_MGF1_SHA512, 3 },
};

static const struct hash *hash_of(enum alg alg)
{
	const struct hash *hash = hashes;

	while (hash->size != alg_info(alg)->digest_size)
		hash++;
	return hash;
}

const struct mechanism *mechanisms_of(enum alg alg)
{
	return table[alg];
}

int mechanism_bits_min(enum alg alg)
{
	int digest = (int)alg_info(alg)->digest_size;

	/* RFC 8017 section 9.2, step 3, and section 9.1.1, step 3 */
	return alg_info(alg)->family == ALG_PKCS1 ? (digest + DIGEST_INFO_START + 11) * 8 : (2 * digest + 1) * 8 + 2;
}

int mechanism_find(const struct token *token, enum alg alg, const struct mechanism **mechanism, struct error *error)
{
	const struct mechanism *each;
	bool denied = true;

	*mechanism = NULL;
	for (each = table[alg]; each->name != NULL; each++) {
		CK_MECHANISM_INFO info = { .flags = 0 };
		CK_RV rv = CALL(token->module, C_GetMechanismInfo, token->slot, each->type, &info);

		if (rv == CKR_OK && (info.flags & CKF_SIGN) != 0) {
			*mechanism = each;
			return 0;
		}
		/* Some modules return CKR_OK and zeros for what they do not know; others fail for all mechanisms. */
		denied &= rv == CKR_MECHANISM_INVALID || (rv == CKR_OK && info.flags != 0);
	}
	if (!denied)
		return 0;
	error_set(error, ERROR_NO_KEY, "token \"%s\" cannot make %s signatures: it has none of", token_label(token),
		  alg_info(alg)->name);
	for (each = table[alg]; each->name != NULL; each++)
		error_append(error, "%s %s", each == table[alg] ? "" : ",", each->name);
	error_hint(error, "nothing was signed; choose another algorithm with --alg, or another token");
	return -ERROR_NO_KEY;
}

int mechanism_choose(const struct token *token, enum alg alg, const struct mechanism **mechanism, struct error *error)
{
	int result = alg != ALG_RS256 ? mechanism_find(token, alg, mechanism, error) : 0;

	if (alg == ALG_RS256 || *mechanism == NULL)
		*mechanism = table[alg];
	return result;
}

CK_RV mechanism_begin(const struct session *session, CK_OBJECT_HANDLE private, enum alg alg,
		      const struct mechanism *mechanism)
{
	CK_RSA_PKCS_PSS_PARAMS pss;
	CK_MECHANISM call = { mechanism->type, NULL, 0 };

	if (alg_info(alg)->family == ALG_PSS && mechanism->input != INPUT_ENCODED) {
		const struct hash *hash = hash_of(alg);

		pss = (CK_RSA_PKCS_PSS_PARAMS){ hash->mechanism, hash->mgf, hash->size };
		call.pParameter = &pss;
		call.ulParameterLen = sizeof(pss);
	}
	return CALL(session->token->module, C_SignInit, session->handle, &call, private);
}

/* RFC 8017 section 9.2, note 1. */
static size_t make_digest_info(enum alg alg, unsigned char *info)
{
	static const unsigned char start[DIGEST_INFO_START] = { 0x30, 0x11, 0x30, 0x0d, 0x06, 0x09, 0x60,
								0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
								0x00, 0x05, 0x00, 0x04, 0x00 };
	const struct hash *hash = hash_of(alg);

	memcpy(info, start, sizeof(start));
	info[1] = (unsigned char)(info[1] + hash->size);
	info[14] = hash->arc;
	info[18] = (unsigned char)hash->size;
	return sizeof(start);
}

int mechanism_input(enum alg alg, enum mechanism_input kind, int bits, const void *data, size_t size,
		    unsigned char room[SIGNATURE_MAX], const void **input, size_t *length, struct error *error)
{
	const struct alg_info *info = alg_info(alg);
	size_t start = kind == INPUT_DIGEST_INFO ? make_digest_info(alg, room) : 0;
	unsigned char digest[EVP_MAX_MD_SIZE];

	*input = data;
	*length = size;
	if (kind == INPUT_DATA)
		return 0;
	*input = room;
	*length = start + info->digest_size;
	if (EVP_Q_digest(NULL, info->digest, NULL, data, size, digest, NULL) <= 0)
		return error_openssl(error, ERROR_UNEXPECTED, "cannot compute the hash of the data to be signed");
	if (kind == INPUT_ENCODED)
		return pss_encode(alg, bits, digest, room, length, error);
	memcpy(room + start, digest, info->digest_size);
	return 0;
}
