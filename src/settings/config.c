/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the configuration files (OpenSSL's CONF format, config(5)). */
#include "settings/config.h"

#include "base/descriptor.h"
#include "base/file.h"
#include "base/trust.h"
#include "settings/servers.h"

#include <errno.h>
#include <limits.h>
#include <openssl/conf.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool setting_is_key(const struct setting *setting)
{
	/* A file cannot choose the file or the profile. */
	return !setting->option_only && setting->id != SETTING_PROFILE && setting->id != SETTING_CONFIG;
}

/* The setting of a key, or NULL. *pair is NAME for claim.NAME and header.NAME, else NULL. */
static const struct setting *key_find(const char *key, const char **pair)
{
	for (int id = 1; id < SETTING_COUNT; id++) {
		const struct setting *setting = &settings_table[id];
		size_t length = strlen(setting->name);

		if (!setting_is_key(setting))
			continue;
		*pair = NULL;
		if (setting->type != TYPE_PAIRS && strcmp(key, setting->name) == 0)
			return setting;
		if (setting->type == TYPE_PAIRS && strncmp(key, setting->name, length) == 0 && key[length] == '.' &&
		    key[length + 1] != '\0') {
			*pair = key + length + 1;
			return setting;
		}
	}
	return NULL;
}

static int unknown_key(const char *path, const char *section, const char *key, struct error *error)
{
	const char *words[SETTING_COUNT];
	const char *nearest;
	size_t count = 0;

	for (int id = 1; id < SETTING_COUNT; id++) {
		if (setting_is_key(&settings_table[id]))
			words[count++] = settings_table[id].name;
	}
	words[count] = NULL;
	if (*key == '\0')
		return error_set(error, ERROR_CONFIG, "%s, section [%s]: no key before the =", path, section);
	error_set(error, ERROR_CONFIG, "%s, section [%s]: unknown key %s", path, section, key);
	nearest = settings_nearest(key, words);
	if (nearest != NULL && strcmp(nearest, key) == 0)
		error_hint(error, "write %s.NAME", key);
	else if (nearest != NULL)
		error_hint(error, "did you mean %s?", nearest);
	return -ERROR_CONFIG;
}

/* Sets *setting to that of the key, and *pair to the name of a pair. *setting is NULL if the key has no effect. */
static int entry_find(const struct settings *settings, const char *path, const char *section, const char *key,
		      const struct setting **setting, const char **pair, struct error *error)
{
	*setting = key_find(key, pair);
	if (settings->only_tightening && (*setting == NULL || !(*setting)->only_tightens)) {
		*setting = NULL;
		return 0;
	}
	if (*setting == NULL)
		return unknown_key(path, section, key, error);
	if (!(*setting)->default_only || strcmp(section, "default") == 0)
		return 0;
	*setting = NULL;
	return error_set(error, ERROR_CONFIG, "%s, section [%s], key %s: only the section [default] can set it", path,
			 section, key);
}

static int entry_set(struct settings *settings, const struct setting *setting, const char *pair, const char *text,
		     enum layer layer, const char *origin, struct error *error)
{
	struct url url;
	long number;

	if (layer == LAYER_NONE)
		return value_parse(setting, text, origin, layer, &number, &url, error);
	return settings_set(settings, setting, pair, text, layer, origin, error);
}

/* Sets the section's values; with LAYER_NONE, only checks them. */
static int section_read(struct settings *settings, const char *path, const CONF *conf, const char *section,
			enum layer layer, struct error *error)
{
	STACK_OF(CONF_VALUE) *entries = NCONF_get_section(conf, section);

	if (layer == LAYER_NONE && profile_note(settings, section, NULL, error) < 0)
		return error_result(error);
	for (int i = 0; i < sk_CONF_VALUE_num(entries); i++) {
		const CONF_VALUE *entry = sk_CONF_VALUE_value(entries, i);
		const struct setting *setting;
		char origin[PATH_MAX + 256];
		const char *pair;
		int result = entry_find(settings, path, section, entry->name, &setting, &pair, error);

		if (fault_keep(settings, SETTINGS_KEY, result, error) < 0)
			return error_result(error);
		if (setting == NULL)
			continue;
		if (layer == LAYER_NONE && profile_note(settings, section, setting, error) < 0)
			return error_result(error);
		snprintf(origin, sizeof(origin), "%s, section [%s], key %s", path, section, entry->name);
		result = entry_set(settings, setting, pair, entry->value, layer, origin, error);
		if (fault_keep(settings, SETTINGS_VALUE, result, error) < 0)
			return error_result(error);
	}
	return 0;
}

/* Reads [default], the profile's section and the servers. Checks all other profiles, so that a mistake in one shows
 * before it is needed. `layer` is that of [default]; the profile's is the next. */
static int sections_read(struct settings *settings, const char *path, const CONF *conf, const char *profile,
			 enum layer layer, bool *found, struct error *error)
{
	STACK_OF(OPENSSL_CSTRING) *sections = NCONF_get_section_names(conf);
	int result = 0;

	for (int i = 0; i < sk_OPENSSL_CSTRING_num(sections) && result == 0; i++) {
		const char *section = sk_OPENSSL_CSTRING_value(sections, i);
		bool server = server_section(section);
		bool chosen = profile != NULL && strcmp(section, profile) == 0 && !server;
		bool common = strcmp(section, "default") == 0;

		if (settings->only_tightening && !chosen && !common)
			continue;
		if (server) {
			result = server_note(&settings->servers, path, section, conf, error);
			result = fault_keep(settings, SETTINGS_KEY, result, error);
			continue;
		}
		*found |= chosen;
		result = section_read(settings, path, conf, section,
				      chosen ? layer + 1 : common ? layer : LAYER_NONE, error);
	}
	sk_OPENSSL_CSTRING_free(sections);
	return result;
}

/* Anyone who can write the file decides where assertions go. */
static int check_writers(int fd, const char *path, struct error *error)
{
	int descriptor;

	if (descriptor_path(path, &descriptor))
		return trust_check_descriptor(fd, path, ERROR_CONFIG, error);
	return trust_check(path, fd, ERROR_CONFIG, error);
}

/* Reads one file. On failure, *missing is whether the file does not exist. */
static int config_read(struct settings *settings, const char *path, const char *profile, enum layer layer,
		       bool *missing, bool *found, struct error *error)
{
	int fd = file_open(path, error);
	CONF *conf = NULL;
	char *text = NULL;
	size_t length = 0;
	int result;

	*missing = fd < 0 && access(path, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR);
	result = file_note(settings, path, fd, error);
	if (fd < 0)
		return error_result(error);
	if (result == 0)
		result = check_writers(fd, path, error);
	if (result == 0)
		result = file_read_descriptor(fd, path, CONFIG_MAX, &text, &length, error);
	if (result == 0)
		result = config_parse(path, text, length, &conf, error);
	if (result == 0)
		result = sections_read(settings, path, conf, profile, layer, found, error);
	config_free(conf);
	if (text != NULL)
		OPENSSL_cleanse(text, length);
	free(text);
	close(fd);
	return result;
}

/* The user's file is $XDG_CONFIG_HOME/p11bearer.conf, else ~/.config/p11bearer.conf. */
bool config_user_path(const struct settings *settings, char *path, size_t size)
{
	const char *only = settings_text(settings, SETTING_CONFIG);
	const char *folder = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");

	if (only != NULL)
		return (size_t)snprintf(path, size, "%s", only) < size;
	/* The XDG specification says to ignore a relative path. */
	if (folder != NULL && folder[0] == '/')
		return (size_t)snprintf(path, size, "%s/p11bearer.conf", folder) < size;
	if (home != NULL && home[0] == '/')
		return (size_t)snprintf(path, size, "%s/.config/p11bearer.conf", home) < size;
	return false;
}

int files_read(struct settings *settings, struct error *error)
{
	const char *profile = settings_text(settings, SETTING_PROFILE);
	const char *only = settings_text(settings, SETTING_CONFIG);
	char user[PATH_MAX];
	const struct {
		const char *path;
		enum layer layer;
	} files[] = { { CONFIG_SYSTEM_PATH, LAYER_SYSTEM },
		      { config_user_path(settings, user, sizeof(user)) ? user : NULL, LAYER_USER } };
	bool found = false;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		const char *path = files[i].path;
		bool missing, ignored = false;
		int result;

		if (path == NULL)
			continue;
		/* --config replaces the system's file, but cannot loosen it. */
		settings->only_tightening = i == 0 && only != NULL;
		result = config_read(settings, path, profile, files[i].layer, &missing,
				     settings->only_tightening ? &ignored : &found, error);
		/* A worker has what the agent has read of this file, which may be broken by now. */
		if (result < 0 && i == 0 && descriptor_is_sealed(only))
			continue;
		if (result < 0 && missing && (i == 0 || only == NULL))
			continue;
		if (fault_keep(settings, SETTINGS_FILE, result, error) < 0)
			return error_result(error);
	}
	if (profile != NULL && !found && !settings_use_agent(settings))
		return fault_keep(settings, SETTINGS_PROFILE, profile_missing(settings, profile, error), error);
	return 0;
}
