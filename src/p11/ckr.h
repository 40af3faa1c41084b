/* SPDX-License-Identifier: Apache-2.0 */
/* Return values of PKCS#11 as sentences. */
#ifndef P11BEARER_P11_CKR_H
#define P11BEARER_P11_CKR_H

#include "base/error.h"

#include <p11-kit/pkcs11.h>
#include <stdbool.h>

/* Of key_is_missing and slots_list; no module returns them. */
#define CODE_NO_KEY (CKR_VENDOR_DEFINED | 0x4b4559UL)
#define CODE_MANY_SLOTS (CKR_VENDOR_DEFINED | 0x534c4f54UL)

#define DEVICE_ADVICE "check that the device is connected and that its service runs; cards and YubiKeys need pcscd"

/* The CKR's name with p11-kit's sentence, such as "CKR_PIN_LOCKED (The PIN is locked)". Each thread has four such
 * texts, which it reuses in turn. */
const char *ckr_text(CK_RV rv);

/* Fills `error` with "<what failed>: <CKR>", and with DEVICE_ADVICE if the code is about the device. `format` says what
 * failed, on which object. Returns -class. */
int ckr_error(struct error *error, enum error_class class, CK_RV rv, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Whether the code says that the device or the token does not answer. */
bool ckr_is_about_device(CK_RV rv);

#endif
