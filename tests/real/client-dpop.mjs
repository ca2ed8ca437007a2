// OAuth client on oauth4webapi that proves its key (RFC 9449): finds the authorization server from the resource,
// registers, signs somebody in, refreshes, and calls the resource, each time with a proof.
//
// Prints one JSON line: the type of the tokens, the status of each call, and how often a nonce was asked for.
// A call without a proof, and one with a proof by another key, are among them. Exits 0 on success.
//
// Usage: client-dpop.mjs --url URL
//
// It prints `open URL` for whoever plays the person, and listens on a loopback port for the redirect.

import { parseArgs } from 'node:util';

import * as oauth from 'oauth4webapi';

import { LoopbackClient } from './loopback-client.mjs';

const { values: options } = parseArgs({ options: { url: { type: 'string' } } });
const plainHttp = { [oauth.allowInsecureRequests]: true };
const message = JSON.stringify({ id: 1, jsonrpc: '2.0', method: 'tools/list' });
const headers = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' };
let nonces = 0;

try {
  console.log(JSON.stringify(await run()));
  process.exit(0);
} catch (error) {
  console.log(JSON.stringify({ error: { cause: String(error.cause), message: error.message, name: error.constructor.name } }));
  process.exit(1);
}

async function run() {
  const resource = new URL(options.url);
  const server = await discovered(resource);
  const user = await LoopbackClient.listening();
  const client = await oauth.processDynamicClientRegistrationResponse(
    await oauth.dynamicClientRegistrationRequest(server, user.clientMetadata, plainHttp),
  );
  const key = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
  const tokens = await signIn({ client, key, resource, server, user });
  const refreshed = await withNonce(async () =>
    oauth.processRefreshTokenResponse(
      server,
      client,
      await oauth.refreshTokenGrantRequest(server, client, oauth.None(), tokens.refresh_token, { ...plainHttp, DPoP: key }),
    ),
  );
  const thief = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
  const calls = {
    first: await call(tokens.access_token, key),
    refreshed: await call(refreshed.access_token, key),
    again: await call(refreshed.access_token, key),
    byAnotherKey: await call(refreshed.access_token, thief),
    asBearer: await borne(refreshed.access_token),
  };
  const stolen = await outcome(async () =>
    oauth.processRefreshTokenResponse(
      server,
      client,
      await oauth.refreshTokenGrantRequest(server, client, oauth.None(), refreshed.refresh_token, { ...plainHttp, DPoP: thief }),
    ),
  );
  return { calls, nonces, stolen, types: [tokens.token_type, refreshed.token_type] };
}

/** The authorization server of a resource (RFC 9728, RFC 8414). */
async function discovered(resource) {
  const described = await oauth.processResourceDiscoveryResponse(
    resource,
    await oauth.resourceDiscoveryRequest(resource, plainHttp),
  );
  const issuer = new URL(described.authorization_servers[0]);
  const answer = await oauth.discoveryRequest(issuer, { ...plainHttp, algorithm: 'oauth2' });
  return oauth.processDiscoveryResponse(issuer, answer);
}

async function signIn({ client, key, resource, server, user }) {
  const verifier = oauth.generateRandomCodeVerifier();
  const url = new URL(server.authorization_endpoint);
  url.search = new URLSearchParams({
    client_id: client.client_id,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    dpop_jkt: await key.calculateThumbprint(),
    redirect_uri: user.redirectUrl,
    resource: resource.href,
    response_type: 'code',
    scope: 'mcp',
    state: user.state(),
  });
  await user.redirectToAuthorization(url);
  const answer = oauth.validateAuthResponse(server, client, user.answer, user.state());
  return withNonce(async () =>
    oauth.processAuthorizationCodeResponse(
      server,
      client,
      await oauth.authorizationCodeGrantRequest(server, client, oauth.None(), answer, user.redirectUrl, verifier, {
        ...plainHttp,
        DPoP: key,
        additionalParameters: { resource: resource.href },
      }),
    ),
  );
}

/** Once more, if the server wants its nonce in the proof (RFC 9449 sections 8 and 9). */
async function withNonce(request) {
  try {
    return await request();
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error;
    nonces += 1;
    return request();
  }
}

async function outcome(request) {
  try {
    await withNonce(request);
    return 'answered';
  } catch (error) {
    return error.error ?? error.message;
  }
}

/** The status of a call with a proof by `key`. */
async function call(token, key) {
  const request = () =>
    oauth.protectedResourceRequest(token, 'POST', new URL(options.url), new Headers(headers), message, { ...plainHttp, DPoP: key });
  try {
    return (await withNonce(request)).status;
  } catch (error) {
    return error.status ?? error.message;
  }
}

/** The status of a call with the token as if it were bound to nothing. */
async function borne(token) {
  const answer = await fetch(options.url, {
    body: message,
    headers: { ...headers, authorization: `Bearer ${token}` },
    method: 'POST',
  });
  return answer.status;
}
