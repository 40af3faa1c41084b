/* SPDX-License-Identifier: Apache-2.0 */
/* What is different on a YubiKey, as libykcs11 shows it: keys are in slots, which CKA_ID names; labels are fixed; a
 * slot holds one certificate; a private key can be overwritten, but not destroyed; the security officer's PIN is the
 * management key. Facts: vendor's documentation and public source of yubico-piv-tool 2.2 to 2.7. */
#ifndef P11BEARER_P11_YUBIKEY_H
#define P11BEARER_P11_YUBIKEY_H

#include "p11/token.h"

/* Whether the token is a YubiKey's PIV application: manufacturer "Yubico …", model "YubiKey …". A YubiHSM is not. Makes
 * no call. */
bool yubikey_is(const struct token *token);

/* The slot that the id names: "9a" for %01, to "95" for %18; "f9" for %19, the attestation key. NULL: none. Static. */
const char *yubikey_slot(const CK_ATTRIBUTE *id);

/* Which id names which slot, for hints. */
extern const char yubikey_slots[];

/* Checks that it is a management key in hexadecimal: 32, 48 or 64 digits (AES-128; 3DES or AES-192; AES-256). The
 * message never shows it. Fails with ERROR_PIN. */
int yubikey_check_management_key(const struct secret *key, struct error *error);

/* The hint for a blocked PIN: the PUK, and what a reset destroys. */
extern const char yubikey_blocked[];

/* Whether the slot may hold the new key although the call that makes or stores it returned `rv`: libykcs11 makes the
 * key first, and may fail, or lose the device, when it stores the certificate. Makes no call. */
bool yubikey_may_have_made(CK_RV rv);

#define CKA_YUBICO_TOUCH_POLICY (CKA_VENDOR_DEFINED | 0x59554201UL)
#define CKA_YUBICO_PIN_POLICY (CKA_VENDOR_DEFINED | 0x59554202UL)

#endif
