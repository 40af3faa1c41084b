/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/format.h"

#include "base/json.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LIFETIME_MAX = 10 * 366 * 86400 }; /* seconds; a longer one is nonsense */

static int append_line(struct secret *text, const char *before, const char *token)
{
	if (secret_append(text, before, strlen(before)) < 0 || secret_append(text, token, strlen(token)) < 0)
		return -1;
	return secret_append(text, "\n", 1);
}

/* A line `export NAME='value'` for a POSIX shell; '\'' escapes a quote. */
static int append_export(struct secret *text, const char *name, const char *value)
{
	int result = secret_printf(text, "export %s='", name);

	for (; *value != '\0' && result == 0; value++)
		result = *value == '\'' ? secret_append(text, "'\\''", 4) : secret_append(text, value, 1);
	return result == 0 ? secret_append(text, "'\n", 2) : result;
}

static int format_env(struct secret *text, const struct bearer *bearer, const char *url)
{
	if (append_export(text, "ACCESS_TOKEN", secret_data(bearer_access_token(bearer))) < 0)
		return -1;
	return url != NULL ? append_export(text, "INSTANCE_URL", url) : 0;
}

int format_quoted(struct secret *text, const char *token)
{
	int result = 0;

	for (; *token != '\0' && result == 0; token++) {
		if (*token == '"' || *token == '\\')
			result = secret_append(text, "\\", 1);
		if (result == 0)
			result = secret_append(text, token, 1);
	}
	return result;
}

/* A line for curl's configuration. */
static int format_curl(struct secret *text, const char *token)
{
	int result = secret_printf(text, "header = \"Authorization: Bearer ");

	if (result == 0)
		result = format_quoted(text, token);
	return result == 0 ? secret_append(text, "\"\n", 2) : result;
}

/* --- kubectl ----------------------------------------------------------------------------------------------------- */

static const char *const versions[] = {
	"client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1",
};

int format_version(const char **version, struct error *error)
{
	const char *info = getenv("KUBERNETES_EXEC_INFO");
	cJSON *json = info != NULL ? cJSON_Parse(info) : NULL;
	const char *wanted = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "apiVersion"));
	int result = 0;

	*version = versions[0];
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]) && wanted != NULL; i++) {
		if (strcmp(wanted, versions[i]) == 0)
			*version = versions[i];
	}
	if (info != NULL && (wanted == NULL || strcmp(wanted, *version) != 0)) {
		result = error_set(error, ERROR_CONFIG, "environment variable KUBERNETES_EXEC_INFO: %s%.100s",
				   wanted != NULL ? "unknown apiVersion " : "no apiVersion",
				   wanted != NULL ? wanted : "");
		error_hint(error, "set apiVersion to %s in kubeconfig", versions[0]);
	}
	cJSON_Delete(json);
	return result;
}

/* ExecCredential of client-go. */
static int format_credential(struct secret *text, const char *token, const char *version, long long expiry)
{
	const time_t seconds = (time_t)expiry;
	char timestamp[64] = "";
	struct tm parts;
	int result;

	if (expiry > 0 && gmtime_r(&seconds, &parts) != NULL)
		strftime(timestamp, sizeof(timestamp), "\"expirationTimestamp\":\"%Y-%m-%dT%H:%M:%SZ\",", &parts);
	result = secret_printf(text, "{\"apiVersion\":\"%s\",\"kind\":\"ExecCredential\",\"status\":{%s\"token\":\"",
			       version, timestamp);
	if (result == 0)
		result = format_quoted(text, token);
	return result == 0 ? secret_append(text, "\"}}\n", 4) : result;
}

/* ----------------------------------------------------------------------------------------------------------------- */

long long format_expiry(const struct bearer *bearer, long long began)
{
	cJSON *json = cJSON_Parse(secret_data(bearer_json(bearer)));
	const cJSON *member = cJSON_GetObjectItemCaseSensitive(json, "expires_in");
	double lifetime = cJSON_IsNumber(member) ? member->valuedouble : 0; /* a string of digits became a number */

	cJSON_Delete(json);
	return lifetime >= 1 && lifetime <= (double)LIFETIME_MAX ? began + (long long)lifetime : 0;
}

int format_bearer(struct secret *text, enum settings_format format, const struct bearer *bearer, const char *site,
		  const char *version, long long expiry)
{
	const char *token = secret_data(bearer_access_token(bearer));

	switch (format) {
	case FORMAT_TOKEN:
		return append_line(text, "", token);
	case FORMAT_HEADER:
		return append_line(text, "Authorization: Bearer ", token);
	case FORMAT_ENV:
		return format_env(text, bearer, site);
	case FORMAT_CURL:
		return format_curl(text, token);
	case FORMAT_EXEC_CREDENTIAL:
		return format_credential(text, token, version, expiry);
	case FORMAT_GIT:
	case FORMAT_DOCKER: /* see helper.h */
	case FORMAT_JSON:
		break;
	}
	return json_indent(text, secret_data(bearer_json(bearer)), NULL) == 0 ? secret_append(text, "\n", 1) : -1;
}
