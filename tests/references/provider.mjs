// SPDX-License-Identifier: Apache-2.0
// provider.mjs CERTIFICATE KEY <CLIENTS: a real OpenID provider on https://localhost, which prints its URL. CLIENTS is a JSON
// object: the name of each client, with the JWKS by which it authenticates (private_key_jwt). Clients may have the scopes
// api:read and api:write, but not api:admin. Writes a JSON object per request to stderr: the status, the client, why it was
// refused (which the provider does not tell clients), and the SHA-256 of the bearer.
import { createHash } from 'node:crypto';
import { readFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:https';
import Provider from 'oidc-provider';

const [cert, key] = process.argv.slice(2).map((file) => readFileSync(file));
const clients = Object.entries(JSON.parse(readFileSync(0, 'utf8'))).map(([name, jwks]) => ({
	client_id: name,
	jwks,
	scope: 'api:read api:write',
	token_endpoint_auth_method: 'private_key_jwt',
	grant_types: ['client_credentials'],
	response_types: [],
	redirect_uris: [],
}));

const server = createServer({ cert, key });
server.listen(0, '127.0.0.1', () => {
	const issuer = `https://localhost:${server.address().port}`;
	const provider = new Provider(issuer, {
		clients,
		scopes: ['api:read', 'api:write', 'api:admin'],
		enabledJWA: { clientAuthSigningAlgValues: ['RS256', 'PS256', 'ES256', 'RS384', 'ES384', 'ES512'] },
		features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
		ttl: { ClientCredentials: 600 },
	});
	let refused = null;
	provider.on('grant.error', (ctx, error) => { refused = error; });
	provider.use(async (ctx, next) => {
		refused = null;
		await next();
		const bearer = ctx.body?.access_token;
		writeSync(2, JSON.stringify({
			path: ctx.path,
			status: ctx.status,
			client: ctx.oidc?.client?.clientId,
			error: refused?.error,
			detail: refused?.error_detail,
			sha256: bearer && createHash('sha256').update(bearer).digest('hex'),
		}) + '\n');
	});
	server.on('request', provider.callback());
	writeSync(1, `${issuer}\n`);
});
