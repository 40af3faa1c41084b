/* SPDX-License-Identifier: Apache-2.0 */
/* Attestations on a token that makes none: session objects of the real module, as those of libykcs11 are, in a session of
 * the shim's own, which stays open. */
#include "shim.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ATTESTATIONS 8

enum { SIZE_MAX_OF_FILE = 8192 };

/* A file, read at the time of the fault's first use: a test may replace it between runs. */
static struct {
	char path[112];
	CK_BYTE id;
} attestations[MAX_ATTESTATIONS];
static size_t count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static enum parsed add(const char *path, size_t length, unsigned long id)
{
	if (count == MAX_ATTESTATIONS || length == 0 || length >= sizeof attestations->path || id == 0 || id > 0xff) {
		return WRONG;
	}
	memcpy(attestations[count].path, path, length);
	attestations[count++].id = (CK_BYTE)id;
	return PARSED;
}

/* attestation=FILE:ID, device=FILE */
enum parsed attestation_parse(char *text)
{
	static const char attestation[] = "attestation=", device[] = "device=";
	char *end = NULL;

	if (strncmp(text, device, sizeof device - 1) == 0) {
		text += sizeof device - 1;
		return add(text, strlen(text), 0x19);
	}
	if (strncmp(text, attestation, sizeof attestation - 1) != 0) {
		return NOT_MINE;
	}
	text += sizeof attestation - 1;
	const char *colon = strrchr(text, ':');
	if (colon == NULL || strlen(colon) != 3) {
		return WRONG;
	}
	unsigned long id = strtoul(colon + 1, &end, 16);
	return *end == '\0' ? add(text, (size_t)(colon - text), id) : WRONG;
}

static bool create(CK_SESSION_HANDLE session, size_t i)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_CERTIFICATE_TYPE type = CKC_X_509;
	CK_BBOOL no = CK_FALSE;
	CK_BYTE subject[] = {0x30, 0}, value[SIZE_MAX_OF_FILE];
	CK_OBJECT_HANDLE object;
	FILE *file = fopen(attestations[i].path, "re");
	size_t size = file != NULL ? fread(value, 1, sizeof value, file) : 0;
	CK_ATTRIBUTE template[] = {
		{CKA_CLASS, &class, sizeof class}, {CKA_CERTIFICATE_TYPE, &type, sizeof type},
		{CKA_TOKEN, &no, sizeof no}, {CKA_PRIVATE, &no, sizeof no}, {CKA_SUBJECT, subject, sizeof subject},
		{CKA_ID, &attestations[i].id, 1}, {CKA_VALUE, value, size},
	};

	if (file != NULL) {
		fclose(file);
	}
	return size > 0 && shim_module()->C_CreateObject(session, template, sizeof template / sizeof *template, &object) == CKR_OK;
}

/* Whether the attestations are there; a loss of all sessions takes them away. */
static bool are_there(CK_SESSION_HANDLE session)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_BBOOL no = CK_FALSE;
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof class}, {CKA_TOKEN, &no, sizeof no}};
	CK_OBJECT_HANDLE found;
	CK_ULONG n = 0;

	if (shim_module()->C_FindObjectsInit(session, template, 2) != CKR_OK) {
		return false;
	}
	(void)shim_module()->C_FindObjects(session, &found, 1, &n);
	(void)shim_module()->C_FindObjectsFinal(session);
	return n > 0;
}

void attestation_session(CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE own;

	if (count == 0) {
		return;
	}
	pthread_mutex_lock(&lock);
	if (shim_module()->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &own) != CKR_OK) {
		shim_complain("no session for attestations");
	} else if (are_there(own)) {
		shim_module()->C_CloseSession(own);
	} else {
		for (size_t i = 0; i < count; i++) {
			if (!create(own, i)) {
				shim_complain("cannot show %s", attestations[i].path);
			}
		}
	}
	pthread_mutex_unlock(&lock);
}
