/* SPDX-License-Identifier: Apache-2.0 */
#include "bearer/prove.h"

#include "bearer/client.h"

#include <stdlib.h>

struct prover {
	struct bearer_request request;
	struct client client;
};

int prover_open(struct prover **prover, const struct bearer_request *request, struct error *error)
{
	struct prover *new = calloc(1, sizeof(*new));

	*prover = new;
	if (new == NULL)
		return error_memory(error);
	new->request = *request;
	/* Otherwise a refusal that time cures would be retried twice, and reported with every try. */
	new->request.retries = new->request.rate_wait = 0;
	return client_begin(&new->client, &new->request, error);
}

void prover_close(struct prover **prover)
{
	if (*prover == NULL)
		return;
	client_close(&(*prover)->client);
	free(*prover);
	*prover = NULL;
}

int prover_try(struct prover *prover, double end, bool *curable, long *pause, struct error *error)
{
	struct client *client = &prover->client;
	int result;

	/* A connection that is reused would ask the same host again. */
	http_close(&client->http);
	client->curable = false;
	client->pause = -1;
	result = http_open(&client->http, &prover->request.http, error);
	if (result == 0) {
		http_end_at(client->http, end);
		result = client_renew(client, error);
	}
	bearer_free(&client->bearer);
	*curable = client->curable && error->signal == 0;
	*pause = client->pause;
	return result;
}
