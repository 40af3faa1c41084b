/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/claims.h"

#include "base/base64url.h"
#include "base/secret.h"

#include <cjson/cJSON.h>
#include <string.h>

cJSON *claims_read(const char *text)
{
	size_t begin = strcspn(text, ".") + 1, length, size = 0;
	struct secret *payload;
	cJSON *claims = NULL;
	char *data;

	if (strlen(text) < begin)
		return NULL;
	length = strcspn(text + begin, ".");
	if (text[begin + length] != '.')
		return NULL;
	payload = secret_new(length);
	data = payload != NULL ? secret_extend(payload, length / 4 * 3 + 2) : NULL;
	if (data != NULL && base64url_decode(text + begin, length, data, &size))
		claims = cJSON_ParseWithLength(data, size);
	secret_free(&payload);
	return claims;
}
