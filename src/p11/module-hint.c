/* SPDX-License-Identifier: Apache-2.0 */
/* Hints for modules that do not start or do not find their tokens. */
#include "p11/module.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char softhsm[] = "softhsm";

/* Writes the path of the configuration that SoftHSM reads; an empty one stands for the system's. */
static void softhsm_configuration(char *path, size_t size)
{
	const char *set = getenv("SOFTHSM2_CONF"), *home = getenv("HOME");

	if (set != NULL && *set != '\0') {
		snprintf(path, size, "%s", set);
		return;
	}
	snprintf(path, size, "%s/.config/softhsm2/softhsm2.conf", home != NULL ? home : "");
	if (access(path, F_OK) < 0)
		*path = '\0';
}

/* SoftHSM returns CKR_GENERAL_ERROR for any configuration or store that it cannot read. */
static void advise_softhsm(char *text, size_t size)
{
	char path[PATH_MAX];

	softhsm_configuration(path, sizeof(path));
	if (*path == '\0')
		snprintf(text, size,
			 "set SOFTHSM2_CONF to the configuration that the token was made with (each new terminal needs "
			 "it); without it SoftHSM uses the system's store, which is for the group softhsm: \"sudo "
			 "usermod -aG softhsm USER\", then log in again");
	else if (access(path, R_OK) < 0)
		snprintf(text, size,
			 "SoftHSM cannot read its configuration %s (%s); set SOFTHSM2_CONF to the one that the token "
			 "was made with",
			 path, strerror(errno));
	else
		snprintf(text, size,
			 "SoftHSM's configuration is %s: it must have a line \"directories.tokendir = FOLDER\", and "
			 "you must be allowed to read and write that folder; SOFTHSM2_CONF names another one",
			 path);
}

/* Modules that use the service pcscd, by a part of their file's name. */
static bool uses_pcscd(const char *name)
{
	static const char *const parts[] = {
		"ykcs11",  "opensc", "cackey", "coolkey", "etpkcs11", "etoken",
		"idprime", "gclib",  "cvp11",  "aetpkss", "pcsc",
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (strcasestr(name, parts[i]) != NULL)
			return true;
	}
	return false;
}

/* Writes the advice for the module or the error; *text is empty without one. */
static void advise(const char *name, const char *function, CK_RV rv, char *text, size_t size)
{
	bool starts = strcmp(function, "C_Initialize") == 0;

	*text = '\0';
	if (starts && rv == CKR_ARGUMENTS_BAD)
		snprintf(text, size,
			 "the module's own configuration may be missing: see its manual for the file or variable that "
			 "it needs. If the module needs an argument, set x-init-reserved in its file for p11-kit and "
			 "omit --module");
	else if (starts && strcasestr(name, softhsm) != NULL)
		advise_softhsm(text, size);
	else if (uses_pcscd(name) &&
		 (starts || ckr_is_about_device(rv) || rv == CKR_GENERAL_ERROR || rv == CKR_FUNCTION_FAILED))
		snprintf(text, size,
			 "check that the card or YubiKey is plugged in, that the service pcscd runs (\"systemctl "
			 "status pcscd.socket\"), and that no other program holds the card");
	else if (starts && strcasestr(name, "tpm2") != NULL)
		snprintf(text, size,
			 "check that you may open /dev/tpmrm0 (on Debian, as a member of the group tss), or that "
			 "TPM2_PKCS11_TCTI names the TPM");
	else if (ckr_is_about_device(rv))
		snprintf(text, size, DEVICE_ADVICE);
}

void module_hint(const char *name, const char *function, CK_RV rv, struct error *error)
{
	char text[sizeof(error->hint)];

	advise(name, function, rv, text, sizeof(text));
	if (text[0] != '\0')
		error_hint(error, "%s", text);
	else if (strcmp(function, "C_Initialize") == 0)
		error_hint(error, "check what the module's manual says it needs: a configuration file, a variable, a "
				  "service or a device");
}

void modules_advise(struct modules *modules, const struct module *module, const char *function, CK_RV rv)
{
	char text[sizeof(modules->advice)];

	if (modules->advice[0] != '\0')
		return;
	advise(module->name, function, rv, text, sizeof(text));
	if (text[0] != '\0') /* names the module: it may be one of several */
		snprintf(modules->advice, sizeof(modules->advice), "; %.60s: %.430s", module->name, text);
}

/* For members of the group softhsm, SoftHSM starts with the system's store, which has no token. */
static bool lacks_softhsm_store(const struct modules *modules)
{
	for (size_t i = 0; i < modules->count; i++) {
		if (strcasestr(modules->list[i].name, softhsm) != NULL && getenv("SOFTHSM2_CONF") == NULL)
			return true;
	}
	return false;
}

void modules_hint(const struct modules *modules, struct error *error)
{
	if (modules->failures[0] != '\0')
		error_hint(error, "modules that could not be used: %.*s%s", modules->advice[0] != '\0' ? 450 : 1000,
			   modules->failures, modules->advice);
	else if (modules->count == 1 && uses_pcscd(modules->list[0].name))
		error_hint(error, "\"p11bearer keys --all\" lists all that is there; if that is nothing, check that "
				  "the card is plugged in and that the service pcscd runs");
	else if (lacks_softhsm_store(modules))
		error_hint(error, "\"p11bearer keys --all\" lists all that is there; if the token is one of SoftHSM, "
				  "set SOFTHSM2_CONF to the configuration that it was made with");
	else
		error_hint(error, "\"p11bearer keys --all\" lists all that is there");
}
