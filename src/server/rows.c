/* SPDX-License-Identifier: Apache-2.0 */
/* The list of rows. */
#include "server/rows.h"

#include <string.h>

const struct server *const server_rows[] = {
	&server_salesforce,
	&server_salesforce_site,
	&server_google,
	&server_google_self_signed,
	&server_entra,
	&server_okta,
	&server_auth0,
	&server_keycloak,
	&server_keycloak_grant,
	&server_docusign,
	&server_box,
	&server_maskinporten,
	&server_smart,
	&server_netsuite,
	&server_github_app,
	&server_snowflake,
	&server_vault,
	&server_generic,
};
const size_t server_row_count = sizeof(server_rows) / sizeof(server_rows[0]);

const struct server *server_find(const char *name)
{
	for (size_t i = 0; i < server_row_count; i++) {
		if (strcmp(server_rows[i]->name, name) == 0)
			return server_rows[i];
	}
	return NULL;
}

const char *server_pair_value(const struct server_pair *pairs, const char *name)
{
	for (size_t i = 0; i < SERVER_PAIRS && pairs[i].name != NULL; i++) {
		if (strcmp(pairs[i].name, name) == 0)
			return pairs[i].value;
	}
	return NULL;
}

long server_lifetime(const struct server *server)
{
	return server->lifetime > 0 ? server->lifetime : server->lifetime_max;
}

bool server_requires(const struct server *server, const char *name)
{
	const char *list = server->required != NULL ? server->required : "";
	size_t length = strlen(name), one;

	for (; *list != '\0'; list += one + (list[one] == ' ')) {
		one = strcspn(list, " ");
		if (one == length && memcmp(list, name, length) == 0)
			return true;
	}
	return false;
}

bool server_may_require(const char *name, size_t length)
{
	static const char *const words[] = { "client-id", "username", "instance-url", "audience", "token-url",
					     "certificate" };
	static const char *const prefixes[] = { "set.", "claim.", "header.", "form." };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strlen(words[i]) == length && memcmp(words[i], name, length) == 0)
			return true;
	}
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		if (length > strlen(prefixes[i]) && memcmp(prefixes[i], name, strlen(prefixes[i])) == 0)
			return true;
	}
	return false;
}
