/* SPDX-License-Identifier: Apache-2.0 */
/* The protocols of git's and docker's credential helpers. */
#include "cmd/helper.h"

#include "base/message.h"
#include "cmd/format.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { REQUEST_MAX = 65536 }; /* bytes on standard input */

#define HOST_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"

int helper_action(const struct settings *settings, enum settings_format format, enum helper_action *action,
		  struct error *error)
{
	static const char *const names[] = { "get", "store", "erase", "list" };
	const char *operand = settings_operand(settings, 0);
	bool git = format == FORMAT_GIT;
	size_t count = git ? 3 : 4, i = 0;

	*action = HELPER_GET;
	if (operand == NULL)
		return 0;
	if (!git && format != FORMAT_DOCKER) { /* it may be a secret */
		error_set(error, ERROR_USAGE, "token does not know what to do with an operand");
		error_hint(error, "an operand is for --format git and --format docker");
		return -ERROR_USAGE;
	}
	while (i < count && strcmp(operand, names[i]) != 0)
		i++;
	if (i == count)
		return error_set(error, ERROR_USAGE,
				 "a helper of %s cannot do \"%s\": choose one of get, store, erase%s",
				 git ? "git" : "docker", operand, git ? "" : ", list");
	*action = (enum helper_action)i;
	return 0;
}

/* --- the request ------------------------------------------------------------------------------------------------- */

/* Reads standard input to its end: it may contain a password. */
static int read_all(struct secret *text, struct error *error)
{
	char *room;
	ssize_t count;

	do {
		size_t length = secret_length(text);

		room = length < REQUEST_MAX ? secret_extend(text, 4096) : NULL;
		if (room == NULL)
			return error_set(error, ERROR_CONFIG, "the request on standard input is too long");
		do {
			count = read(STDIN_FILENO, room, 4096);
		} while (count < 0 && errno == EINTR);
		secret_truncate(text, length + (count > 0 ? (size_t)count : 0));
	} while (count > 0);
	return count == 0 ? 0 : error_set(error, ERROR_CONFIG, "cannot read standard input: %s", strerror(errno));
}

/* Copies a part of the request; one that is too long becomes "". */
static void copy(char *to, size_t size, const char *from, size_t length)
{
	length = length < size ? length : 0;
	memcpy(to, from, length);
	to[length] = '\0';
}

/* If memory is exhausted, the password is left out. */
static void keep_password(struct helper *helper, const char *text, size_t length)
{
	secret_free(&helper->password);
	helper->password = secret_new(length + 1);
	if (helper->password != NULL && secret_append(helper->password, text, length) < 0)
		secret_free(&helper->password);
}

/* Lines NAME=VALUE up to an empty one; git-credential(1). */
static void read_git(const char *text, struct helper *helper)
{
	size_t length;

	for (; *text != '\0' && *text != '\n'; text += length + (text[length] == '\n')) {
		length = strcspn(text, "\n");
		if (strncmp(text, "host=", 5) == 0)
			copy(helper->host, sizeof(helper->host), text + 5, length - 5);
		else if (strncmp(text, "protocol=", 9) == 0)
			helper->https = length == 14 && strncmp(text + 9, "https", 5) == 0;
		else if (strncmp(text, "password=", 9) == 0)
			keep_password(helper, text + 9, length - 9);
		else if (strncmp(text, "credential=", 11) == 0)
			keep_password(helper, text + 11, length - 11);
		else if (length == 21 && strncmp(text, "capability[]=authtype", length) == 0)
			helper->takes_bearer = true;
	}
}

/* A URL, or a host with a path; docker-credential-helpers. */
static void read_docker(const char *text, struct helper *helper)
{
	size_t length = strcspn(text, "\r\n");
	const char *scheme = strstr(text, "://"), *host = scheme != NULL ? scheme + 3 : text;

	copy(helper->url, sizeof(helper->url), text, length);
	helper->https = scheme == NULL || (scheme - text == 5 && strncasecmp(text, "https", 5) == 0);
	copy(helper->host, sizeof(helper->host), host, strcspn(host, "/?#\r\n"));
}

/* Whether the text is a host with or without a port. Others, such as "evil.example/x.pkg.dev", end like one of the
 * row's hosts, but lead a client elsewhere. */
static bool is_host(const char *text)
{
	size_t name = strspn(text, HOST_CHARACTERS);

	return name > 0 && (text[name] == '\0' ||
			    (text[name] == ':' && text[name + 1] != '\0' &&
			     text[name + 1 + strspn(text + name + 1, "0123456789")] == '\0'));
}

int helper_read(enum settings_format format, struct helper *helper, struct error *error)
{
	struct secret *text = secret_new(4096);
	size_t length;
	int result = text != NULL ? read_all(text, error) : error_memory(error);

	*helper = (struct helper){ .format = format };
	if (result == 0 && strlen(secret_data(text)) == secret_length(text)) {
		(format == FORMAT_GIT ? read_git : read_docker)(secret_data(text), helper);
		length = strlen(helper->host);
		if (!is_host(helper->host) || (format == FORMAT_DOCKER && helper->url[0] == '\0'))
			helper->host[0] = '\0';
		else if (length > 4 && strcmp(helper->host + length - 4, ":443") == 0)
			helper->host[length - 4] = '\0';
	}
	secret_free(&text);
	return result;
}

/* --- the answer -------------------------------------------------------------------------------------------------- */

/* Whether one of the names, separated by blanks, is the host; "*.example.com" is any host below that. A port other than
 * 443 must be in the list too. */
static bool lists(const char *names, const char *host)
{
	size_t length = strlen(host), one;

	for (; *names != '\0'; names += one + (names[one] == ' ')) {
		one = strcspn(names, " ");
		if (one > 2 && names[0] == '*' && length > one - 1 &&
		    strncasecmp(names + 1, host + length - (one - 1), one - 1) == 0)
			return true;
		if (one > 0 && one == length && strncasecmp(names, host, one) == 0)
			return true;
	}
	return false;
}

static const char *no_value(void *context, const char *name)
{
	(void)context;
	(void)name;
	return NULL;
}

int helper_concerns(const struct helper *helper, const struct server *server, bool *concerns, struct error *error)
{
	char *hosts;

	*concerns = false;
	if (server->hosts == NULL || helper->host[0] == '\0')
		return 0;
	if (braces_fill(server->hosts, no_value, NULL, &hosts, error) < 0)
		return error_result(error);
	*concerns = lists(hosts, helper->host);
	free(hosts);
	if (*concerns && !helper->https) {
		message_warn("a bearer is only sent over https");
		*concerns = false;
	}
	return 0;
}

static int append(struct secret *text, const char *before, const char *value, const char *after)
{
	if (secret_append(text, before, strlen(before)) < 0 || secret_append(text, value, strlen(value)) < 0)
		return -1;
	return secret_append(text, after, strlen(after));
}

/* A server with user names for git takes no other form. */
static int answer_git(struct secret *text, const struct helper *helper, const char *login, const char *token,
		      long long expiry)
{
	int result;

	if (login == NULL && helper->takes_bearer) {
		result = append(text, "capability[]=authtype\nauthtype=Bearer\ncredential=", token, "\nephemeral=1\n");
	} else {
		result = append(text, "username=", login != NULL ? login : "x-access-token", "\npassword=");
		if (result == 0)
			result = append(text, "", token, "\n");
	}
	return result == 0 && expiry > 0 ? secret_printf(text, "password_expiry_utc=%lld\n", expiry) : result;
}

/* Docker takes the secret of the user "<token>" for an identity token, which it sends to the registry's token endpoint
 * to get access. */
static int answer_docker(struct secret *text, const struct helper *helper, const char *login, const char *token)
{
	cJSON *object = cJSON_CreateObject();
	char *json = NULL;
	int result = -1;

	if (cJSON_AddStringToObject(object, "ServerURL", helper->url) != NULL &&
	    cJSON_AddStringToObject(object, "Username", login != NULL ? login : "<token>") != NULL)
		json = cJSON_PrintUnformatted(object);
	if (json != NULL) {
		json[strlen(json) - 1] = '\0'; /* its brace: the secret comes last, and is not copied by cJSON */
		result = append(text, json, ",\"Secret\":\"", "");
	}
	if (result == 0)
		result = format_quoted(text, token);
	cJSON_free(json);
	cJSON_Delete(object);
	return result == 0 ? secret_append(text, "\"}\n", 3) : result;
}

int helper_answer(struct secret *text, const struct helper *helper, const char *login, const char *token,
		  long long expiry)
{
	return helper->format == FORMAT_GIT ? answer_git(text, helper, login, token, expiry) :
					      answer_docker(text, helper, login, token);
}
