/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of a module's functions, and the losses they report. */
#ifndef P11BEARER_P11_CALL_H
#define P11BEARER_P11_CALL_H

#include "p11/ckr.h"
#include "p11/watch.h"

#include <p11-kit/pkcs11.h>
#include <stdbool.h>

struct module {
	CK_FUNCTION_LIST *functions;
	char *name;       /* p11-kit's name of the module, or its path */
	char *reserved;   /* the argument for C_Initialize in p11-kit's configuration, or NULL */
	bool initialized;
	bool shared;      /* something else in the process initialized it, and may use it */
	bool locks;       /* it accepted CKF_OS_LOCKING_OK: several threads may call it */
};

/* Calls a C_* function under the watch and shows it with --verbose. The value is the CK_RV. */
#define CALL(module, function, ...)                    \
	(watch_enter((module)->name, #function),       \
	 call_done((module)->name, #function, (module)->functions->function(__VA_ARGS__)))
/* The same for a call that waits for a person at a pin pad: a signal interrupts it. */
#define CALL_FOR_PERSON(module, function, ...)                             \
	(watch_enter((module)->name, #function), watch_for_person(),       \
	 call_done((module)->name, #function, (module)->functions->function(__VA_ARGS__)))
CK_RV call_done(const char *module, const char *function, CK_RV rv);

/* What was lost. After the loss of a token some modules fail until they are restarted. */
enum loss { LOSS_NONE, LOSS_SESSION, LOSS_TOKEN };
enum loss loss_of(CK_RV rv);

/* Whether the error reports a loss, so that the operation may succeed once the key is recovered. */
bool is_loss(const struct error *error);

#endif
