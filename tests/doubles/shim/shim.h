/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the shim share: the record of one call on its way through, the tables of names, the faults and the
 * log. What P11SHIM_* mean stands at the head of shim.c.
 */
#ifndef P11BEARER_SHIM_H
#define P11BEARER_SHIM_H

#include <p11-kit/pkcs11.h>
#include <stdbool.h>
#include <stddef.h>

/* C_GetFunctionList alone is exported: a name of ours must never stand in for the real module's. */
#pragma GCC visibility push(hidden)

struct call {
	const char *function;
	CK_MECHANISM_TYPE mechanism; /* of C_SignInit */
	CK_RV rv;
	size_t used;
	char detail[4096]; /* what the log says after the rv: never data, never a PIN */
};

/* shim.c: the name as the function table spells it, or NULL if there is no such function. */
const char *shim_function(const char *name);
void shim_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* names.c: tables end in a NULL name. */
struct name {
	const char *name;
	CK_ULONG value;
};
extern const struct name boolean_attributes[], other_attributes[], mechanisms[], return_values[], token_flags[],
		users[];
const char *name_of(const struct name *table, CK_ULONG value);
/* Reads a name of the table or, where `hex`, 0x…; false if it is neither. */
bool name_value(const struct name *table, bool hex, const char *text, CK_ULONG *value);

/* faults.c */
bool faults_load(void);
void faults_start(void); /* once the module is loaded */
bool faults_answer(struct call *call); /* sleeps if told to; true if call->rv is already the answer */
void faults_attributes(CK_ATTRIBUTE *attributes, CK_ULONG count);
void faults_signature(CK_BYTE *signature, CK_ULONG length);
void faults_slots(CK_ULONG *count);
void faults_token(CK_TOKEN_INFO *info);

/* log.c */
bool log_open(void);
void log_call(const struct call *call);
void detail(struct call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));
void detail_name(struct call *call, const char *key, const struct name *table, CK_ULONG value);
void detail_types(struct call *call, const char *key, bool values, const CK_ATTRIBUTE *attributes, CK_ULONG count);

#pragma GCC visibility pop
#endif
