// SPDX-License-Identifier: Apache-2.0
// sign.mjs MAKER: lets a library make an assertion, and prints it with the request that it would send: a JSON object with "jwt" and,
// as the library has them, "method", "url", "headers" and "form". Reads a JSON object: "key" is the private key in PEM, "now" the
// time in seconds, the rest are the maker's options. Sends nothing.
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const options = JSON.parse(readFileSync(0, 'utf8'));
const require = createRequire(import.meta.url);

// A clock that stands still.
const Clock = Date;
globalThis.Date = class extends Clock {
	constructor(...given) {
		super(...(given.length > 0 ? given : [Clock.now()]));
	}
};
Date.now = Clock.now = () => options.now * 1000;

const answer = { access_token: 'none', token_type: 'Bearer', expires_in: 3600 };
const fields = (text) => Object.fromEntries(new URLSearchParams(text));
const lines = (headers) => Object.fromEntries(new Headers(headers));
const bearer = (headers) => new Headers(headers).get('authorization').replace(/^bearer /i, '');

const makers = {
	// google-auth-library: a service account's exchange (AIP-4112).
	async google() {
		const { JWT } = await import('google-auth-library');
		let sent;
		const adapter = async (request) => {
			sent = request;
			return { status: 200, data: answer };
		};
		await new JWT({ ...options, transporterOptions: { adapter } }).authorize();
		const form = fields(sent.body);
		return { method: sent.method, url: sent.url, form, jwt: form.assertion };
	},
	// The same library: a JWT for one of Google's services (AIP-4111).
	async 'google-self-signed'() {
		const { JWT } = await import('google-auth-library');
		return { jwt: bearer(await new JWT(options).getRequestHeaders(options.url)) };
	},
	// Octokit: an installation's token.
	async github() {
		const { createAppAuth } = await import('@octokit/auth-app');
		let sent;
		globalThis.fetch = async (url, request) => {
			sent = { url: String(url), ...request };
			const body = { token: 'none', expires_at: '2030-01-01T00:00:00Z', permissions: {}, repository_selection: 'all' };
			return new Response(JSON.stringify(body), { status: 201, headers: { 'content-type': 'application/json' } });
		};
		const { key, appId, installationId } = options;
		await createAppAuth({ appId, privateKey: key })({ type: 'installation', installationId });
		return { method: sent.method, url: sent.url, headers: lines(sent.headers), jwt: bearer(sent.headers) };
	},
	// MSAL: an app's token from Entra ID.
	async entra() {
		const { ConfidentialClientApplication } = require('@azure/msal-node');
		let sent;
		const networkClient = {
			sendGetRequestAsync: async (url) => { throw new Error(`a request to ${url}`); },
			sendPostRequestAsync: async (url, request) => {
				sent = { url, ...request };
				return { status: 200, headers: {}, body: answer };
			},
		};
		const { key, thumbprintSha256, x5c, clientId, authority, scope } = options;
		const clientCertificate = { privateKey: key, thumbprintSha256, x5c };
		const app = new ConfidentialClientApplication({ auth: { clientId, authority, clientCertificate }, system: { networkClient } });
		await app.acquireTokenByClientCredential({ scopes: [scope] });
		const form = fields(sent.body);
		return { method: 'POST', url: sent.url.replace(/\?.*/, ''), form, jwt: form.client_assertion };
	},
	// Snowflake's driver, with the account as users write it.
	async snowflake() {
		const ConnectionConfig = require('snowflake-sdk/dist/lib/connection/connection_config');
		const AuthKeypair = require('snowflake-sdk/dist/lib/authentication/auth_keypair');
		const { key, account, username } = options;
		const config = new ConnectionConfig({ account, username, privateKey: key, authenticator: 'SNOWFLAKE_JWT' }, true, false,
			{ version: '2.4.3', environment: process.versions });
		const maker = new AuthKeypair(config);
		const body = { data: {} };
		await maker.authenticate(config.getAuthenticator(), '', config.account, config.username);
		maker.updateBody(body);
		return { jwt: body.data.TOKEN };
	},
	// jose: the header and the claims that a vendor documents. A kid of "thumbprint" is the key's (RFC 7638).
	async jose() {
		const { SignJWT, calculateJwkThumbprint, exportJWK, importPKCS8 } = await import('jose');
		const { key, header, claims } = options;
		if (header.kid === 'thumbprint')
			header.kid = await calculateJwkThumbprint(await exportJWK(createPublicKey(key)));
		const signed = new SignJWT(claims).setProtectedHeader(header);
		return { jwt: await signed.sign(await importPKCS8(key, header.alg)) };
	},
};

process.stdout.write(JSON.stringify(await makers[process.argv[2]]()) + '\n');
