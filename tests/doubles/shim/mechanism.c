/* SPDX-License-Identifier: Apache-2.0 */
/* Which mechanisms the token has, what they take, and the forms that signatures have in some modules. */
#include "shim.h"

#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <string.h>

enum { MECHANISMS_MAX = 32, LIST_MAX = 512, DER_MAX = 256 };

/* What the shim makes of the module's CKM_ECDSA. */
static const struct {
	CK_MECHANISM_TYPE type;
	const char *digest;
} combined[] = {
	{CKM_ECDSA_SHA256, "SHA256"}, {CKM_ECDSA_SHA384, "SHA384"}, {CKM_ECDSA_SHA512, "SHA512"},
};

/* What CKM_…_PSS has to be given. `type`: the mechanism that digests by itself. */
static const struct {
	CK_MECHANISM_TYPE type, hash;
	CK_RSA_PKCS_MGF_TYPE mgf;
	CK_ULONG size;
} pss[] = {
	{CKM_SHA256_RSA_PKCS_PSS, CKM_SHA256, CKG_MGF1_SHA256, 32}, {CKM_SHA384_RSA_PKCS_PSS, CKM_SHA384, CKG_MGF1_SHA384, 48},
	{CKM_SHA512_RSA_PKCS_PSS, CKM_SHA512, CKG_MGF1_SHA512, 64},
};

static CK_MECHANISM_TYPE hidden[MECHANISMS_MAX], added[MECHANISMS_MAX];
static size_t hidden_count, added_count;
static CK_MECHANISM_TYPE in_hardware[MECHANISMS_MAX];
static size_t in_hardware_count;
static CK_FLAGS flags;
static enum { GOOD, FLIP, STRIP, CUT, HUGE_LENGTH, NOTHING, DER } form;
static CK_MECHANISM_TYPE form_mechanism = CK_UNAVAILABLE_INFORMATION; /* the only one with this form; none: all have it */
static _Thread_local CK_MECHANISM_TYPE current = CK_UNAVAILABLE_INFORMATION; /* of a session, which no two threads share */

static bool contains(const CK_MECHANISM_TYPE *list, size_t count, CK_MECHANISM_TYPE type)
{
	for (size_t i = 0; i < count; i++) {
		if (list[i] == type) {
			return true;
		}
	}
	return false;
}

/* The digest of a mechanism that the shim provides, else NULL. */
static const char *own_digest(CK_MECHANISM_TYPE type)
{
	for (size_t i = 0; i < sizeof combined / sizeof *combined; i++) {
		if (combined[i].type == type && contains(added, added_count, type)) {
			return combined[i].digest;
		}
	}
	return NULL;
}

static bool is_ecdsa(void)
{
	return current == CKM_ECDSA || own_digest(current) != NULL;
}

/* --- reading ----------------------------------------------------------------------------------------------------- */

/* The text after `prefix`, or NULL if it does not begin with that. */
static const char *after(const char *text, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

static bool parse_mechanism(const char *text, CK_MECHANISM_TYPE *list, size_t *count)
{
	return *count < MECHANISMS_MAX && name_value(mechanisms, true, text, &list[(*count)++]);
}

static bool parse_form(const char *text)
{
	static const char *const words[] = {"", "flip", "strip", "cut", "huge", "nothing", "der"};
	size_t length = strcspn(text, "@");

	if (text[length] == '@' && !name_value(mechanisms, true, text + length + 1, &form_mechanism)) {
		return false;
	}
	for (unsigned i = 1; i < sizeof words / sizeof *words; i++) {
		if (strlen(words[i]) == length && strncmp(words[i], text, length) == 0) {
			form = i;
			return true;
		}
	}
	return false;
}

enum parsed mechanism_parse(char *text)
{
	const char *value;
	bool good;

	if ((value = after(text, "mechanism-=")) != NULL) {
		good = parse_mechanism(value, hidden, &hidden_count);
	} else if ((value = after(text, "mechanism+=")) != NULL) {
		good = parse_mechanism(value, added, &added_count) && own_digest(added[added_count - 1]) != NULL;
	} else if (strcmp(text, "mechanism-flags+=CKF_HW") == 0) {
		flags = CKF_HW;
		good = true;
	} else if ((value = after(text, "hardware=")) != NULL) {
		good = parse_mechanism(value, in_hardware, &in_hardware_count);
	} else if ((value = after(text, "signature=")) != NULL) {
		good = parse_form(value);
	} else {
		return NOT_MINE;
	}
	return good ? PARSED : WRONG;
}

/* --- what the token has ------------------------------------------------------------------------------------------ */

CK_RV mechanism_list(CK_SLOT_ID slot, CK_MECHANISM_TYPE *list, CK_ULONG *count)
{
	CK_MECHANISM_TYPE all[LIST_MAX];
	CK_ULONG had = LIST_MAX, shown = 0, room = *count;
	CK_RV rv = shim_module()->C_GetMechanismList(slot, all, &had);

	if (rv != CKR_OK) {
		return rv;
	}
	for (size_t i = 0; i < added_count && had < LIST_MAX; i++) {
		all[had++] = added[i];
	}
	for (CK_ULONG i = 0; i < had; i++) {
		if (!contains(hidden, hidden_count, all[i])) {
			all[shown++] = all[i];
		}
	}
	*count = shown;
	if (list != NULL && room < shown) {
		return CKR_BUFFER_TOO_SMALL;
	}
	if (list != NULL) {
		memcpy(list, all, shown * sizeof *all);
	}
	return CKR_OK;
}

CK_RV mechanism_info(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info)
{
	CK_RV rv = CKR_MECHANISM_INVALID;

	if (!contains(hidden, hidden_count, type)) {
		rv = shim_module()->C_GetMechanismInfo(slot, own_digest(type) != NULL ? CKM_ECDSA : type, info);
	}
	if (rv == CKR_OK) {
		info->flags |= contains(in_hardware, in_hardware_count, type) ? CKF_HW : flags;
	}
	return rv;
}

/* --- what they take ---------------------------------------------------------------------------------------------- */

/* Whether the parameters of a CKM_…_PSS are those of JWS: one hash for all, and a salt as long. */
static bool takes(const CK_MECHANISM *mechanism)
{
	const CK_RSA_PKCS_PSS_PARAMS *given = mechanism->pParameter;
	bool is_pss = mechanism->mechanism == CKM_RSA_PKCS_PSS;

	for (size_t i = 0; i < sizeof pss / sizeof *pss; i++) {
		is_pss |= mechanism->mechanism == pss[i].type;
		if (mechanism->mechanism != pss[i].type && (mechanism->mechanism != CKM_RSA_PKCS_PSS || given == NULL ||
				given->hashAlg != pss[i].hash)) {
			continue;
		}
		return given != NULL && mechanism->ulParameterLen == sizeof *given && given->hashAlg == pss[i].hash &&
				given->mgf == pss[i].mgf && given->sLen == pss[i].size;
	}
	/* All others have none. */
	return !is_pss && given == NULL && mechanism->ulParameterLen == 0;
}

CK_RV mechanism_sign_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	CK_MECHANISM ecdsa = {CKM_ECDSA, NULL, 0};
	CK_RV rv;

	if (mechanism == NULL || contains(hidden, hidden_count, mechanism->mechanism)) {
		return CKR_MECHANISM_INVALID;
	}
	if (!takes(mechanism)) {
		return CKR_MECHANISM_PARAM_INVALID;
	}
	rv = shim_module()->C_SignInit(session, own_digest(mechanism->mechanism) != NULL ? &ecdsa : mechanism, key);
	if (rv == CKR_OK) {
		current = mechanism->mechanism;
	}
	return rv;
}

CK_RV mechanism_sign(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG size, CK_BYTE *signature, CK_ULONG *length)
{
	const char *digest = own_digest(current);
	unsigned char hash[EVP_MAX_MD_SIZE];
	size_t hash_size = sizeof hash;

	if (digest != NULL && EVP_Q_digest(NULL, digest, NULL, data, size, hash, &hash_size) <= 0) {
		return CKR_FUNCTION_FAILED;
	}
	return digest != NULL ? shim_module()->C_Sign(session, hash, hash_size, signature, length) :
			shim_module()->C_Sign(session, data, size, signature, length);
}

void mechanism_abandon(CK_SESSION_HANDLE session)
{
	CK_BYTE data[1] = {0}, signature[4096];
	CK_ULONG length = sizeof signature;

	state_begin();
	shim_module()->C_Sign(session, data, sizeof data, signature, &length);
	state_end();
}

CK_MECHANISM_TYPE mechanism_current(void)
{
	return current;
}

/* --- signatures -------------------------------------------------------------------------------------------------- */

static CK_ULONG zeros(const CK_BYTE *bytes, CK_ULONG length)
{
	CK_ULONG count = 0;

	while (count < length && bytes[count] == 0) {
		count++;
	}
	return count;
}

/* Leaves leading zeros out: of R and S, which stay equally long, so many as both have. */
static void strip(CK_BYTE *bytes, CK_ULONG *length)
{
	CK_ULONG count = is_ecdsa() ? 2 : 1, size = *length / count, cut = zeros(bytes, size);

	if (count == 2 && zeros(bytes + size, size) < cut) {
		cut = zeros(bytes + size, size);
	}
	for (CK_ULONG i = 0; i < count; i++) {
		memmove(bytes + i * (size - cut), bytes + i * size + cut, size - cut);
	}
	*length = count * (size - cut);
}

/* Makes of R and S the Ecdsa-Sig-Value of X.509, which some modules return instead. */
static void encode(CK_BYTE *bytes, CK_ULONG *length)
{
	unsigned char der[DER_MAX], *end = der;
	ECDSA_SIG *pair = ECDSA_SIG_new();
	int half = (int)(*length / 2);

	if (pair != NULL && ECDSA_SIG_set0(pair, BN_bin2bn(bytes, half, NULL), BN_bin2bn(bytes + half, half, NULL)) > 0 &&
			i2d_ECDSA_SIG(pair, &end) > 0) {
		*length = (CK_ULONG)(end - der);
		memcpy(bytes, der, *length);
	}
	ECDSA_SIG_free(pair);
}

void mechanism_signature(CK_BYTE *bytes, CK_ULONG *length)
{
	if (form_mechanism != CK_UNAVAILABLE_INFORMATION && form_mechanism != current) {
		return;
	}
	switch (form) {
	case FLIP:
		bytes[*length - 1] ^= 1;
		break;
	case STRIP:
		strip(bytes, length);
		break;
	case CUT:
		(*length)--;
		break;
	case HUGE_LENGTH:
		*length = 1UL << 40;
		break;
	case NOTHING:
		*length = 0;
		break;
	case DER:
		if (is_ecdsa()) {
			encode(bytes, length);
		}
		break;
	case GOOD:
		break;
	}
}
