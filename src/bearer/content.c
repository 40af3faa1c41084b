/* SPDX-License-Identifier: Apache-2.0 */
#include "bearer/content.h"

#include "bearer/fields.h"

#include <stdlib.h>
#include <string.h>

enum { NEAR = 60 }; /* seconds */

/* What the content is made for. */
struct making {
	struct content *content;
	struct signer *signer;
	size_t which;
	const struct bearer_request *request;
};

/* The content takes over the text, which may be NULL: then memory is exhausted. Sets *kept to it. */
static int keep(struct content *content, char *text, const char **kept, struct error *error)
{
	char **texts = text != NULL ? realloc(content->texts, (content->text_count + 1) * sizeof(*texts)) : NULL;

	if (texts == NULL) {
		free(text);
		return error_memory(error);
	}
	content->texts = texts;
	texts[content->text_count++] = text;
	*kept = text;
	return 0;
}

/* Sets *made to the text; if it is computed, to what its template becomes. */
static int make_text(const struct making *making, const char *text, bool computed, const char **made,
		     struct error *error)
{
	char *filled;

	*made = text;
	if (!computed || text == NULL)
		return 0;
	if (fields_fill(making->signer, making->which, making->request, text, &filled, error) < 0)
		return error_result(error);
	return keep(making->content, filled, made, error);
}

/* The claim aud in the form in which servers compare it. The default is the org's URL without trailing slashes, which
 * orgs do not accept in aud. */
static int make_audience(const struct making *making, struct error *error)
{
	const struct bearer_request *request = making->request;
	const char **aud = &making->content->aud;
	char *base;

	if (request->audience_text != NULL)
		return make_text(making, request->audience_text, (request->computed & BEARER_AUD) != 0, aud, error);
	if (request->audience.text != NULL)
		return keep(making->content, jwt_audience(&request->audience, strlen(request->audience.text)), aud,
			    error);
	if (request->instance_url.text == NULL)
		return 0;
	if (bearer_base(request, &base, error) < 0)
		return error_result(error);
	return keep(making->content, base, aud, error);
}

static bool is_last(const struct jwt_extra *extras, size_t count, size_t i)
{
	for (size_t j = i + 1; j < count; j++) {
		if (strcmp(extras[j].name, extras[i].name) == 0)
			return false;
	}
	return true;
}

static int make_extras(const struct making *making, enum jwt_part part, const struct jwt_extra *extras, size_t count,
		       struct jwt_extra **made, size_t *made_count, struct error *error)
{
	*made = calloc(count + 1, sizeof(**made));
	if (*made == NULL)
		return error_memory(error);
	for (size_t i = 0; i < count; i++) {
		struct jwt_extra *extra = &(*made)[*made_count];
		char *json;

		if (!is_last(extras, count, i))
			continue;
		*extra = extras[i];
		if (extra->computed &&
		    (fields_fill_extra(making->signer, making->which, making->request, part, &extras[i], &json,
				       error) < 0 || keep(making->content, json, &extra->json, error) < 0))
			return error_result(error);
		extra->computed = false;
		++*made_count;
	}
	return 0;
}

static int make_form(const struct making *making, struct error *error)
{
	const struct bearer_request *request = making->request;
	struct content *content = making->content;

	content->form = calloc(request->form_count + 1, sizeof(*content->form));
	if (content->form == NULL)
		return error_memory(error);
	for (; content->form_count < request->form_count; content->form_count++) {
		const struct bearer_field *from = &request->form[content->form_count];
		struct http_field *field = &content->form[content->form_count];

		*field = (struct http_field){ .name = from->name, .secret = from->secret };
		if (make_text(making, from->value, from->computed, &field->value, error) < 0)
			return error_result(error);
	}
	return 0;
}

int content_make(struct content *content, struct signer *signer, size_t which, const struct bearer_request *request,
		 struct error *error)
{
	const struct making making = { content, signer, which, request };

	*content = (struct content){ .iss = NULL };
	if (make_text(&making, request->client_id, (request->computed & BEARER_ISS) != 0, &content->iss, error) < 0 ||
	    make_text(&making, request->username, (request->computed & BEARER_SUB) != 0, &content->sub, error) < 0 ||
	    make_audience(&making, error) < 0 ||
	    make_extras(&making, JWT_CLAIM, request->claims, request->claim_count, &content->claims,
			&content->claim_count, error) < 0 ||
	    make_extras(&making, JWT_HEADER, request->headers, request->header_count, &content->headers,
			&content->header_count, error) < 0)
		return error_result(error);
	if (content->aud != NULL && content->aud[0] == '\0')
		content->aud = NULL;
	return make_form(&making, error);
}

int64_t content_exp(const struct bearer_request *request, int64_t exp, int64_t last)
{
	bool is_near = exp - last < (request->lifetime < 2L * NEAR ? request->lifetime / 2 : NEAR);

	return !request->jti && last != 0 && is_near ? last - 1 : exp;
}

struct jwt_params content_params(const struct content *content, const struct bearer_request *request, int64_t now)
{
	return (struct jwt_params){
		.iss = content->iss,
		.sub = content->sub,
		.aud = content->aud,
		.exp = now + request->lifetime,
		.iat = now + request->iat,
		.nbf = now + request->nbf,
		.has_iat = request->has_iat,
		.has_nbf = request->has_nbf,
		.claims = content->claims,
		.claim_count = content->claim_count,
		.headers = content->headers,
		.header_count = content->header_count,
	};
}

void content_clear(struct content *content)
{
	for (size_t i = 0; i < content->text_count; i++)
		free(content->texts[i]);
	free(content->texts);
	free(content->claims);
	free(content->headers);
	free(content->form);
	*content = (struct content){ .iss = NULL };
}
