// OAuth authorization server for the tests: `oidc-provider` with one user, alice, always signed in.
//
// Issues access tokens for the given resources (RFC 8707): JWTs of RFC 9068, or opaque ones that
// only introspection can read. Nobody is asked for consent, so the code flow is one redirect.
//
// Usage: authorization-server.mjs --resource URL [--resource URL ...]
//          [--port N] [--ttl SECONDS] [--alg RS256|ES256] [--opaque]

import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';

import { createLocalJWKSet, jwtVerify } from 'jose';
import Provider, { errors, interactionPolicy } from 'oidc-provider';

import { announce, listen } from './common.mjs';

const { values: options } = parseArgs({
  options: {
    alg: { default: 'RS256', type: 'string' },
    opaque: { default: false, type: 'boolean' },
    port: { default: '0', type: 'string' },
    resource: { multiple: true, type: 'string' },
    ttl: { default: '300', type: 'string' },
  },
});
if (options.resource === undefined) throw new Error('--resource is required');

const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const SCOPES = ['mcp', 'files:read', 'files:write'];
const DAY = 86_400;

const CLIENTS = [
  {
    client_id: 'test-client',
    client_secret: 'test-client-secret',
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    scope: SCOPES.join(' '),
    token_endpoint_auth_method: 'client_secret_post',
  },
  {
    // The gateway, when it introspects or exchanges tokens.
    client_id: 'gateway',
    client_secret: 'gateway-secret-of-the-tests',
    grant_types: [TOKEN_EXCHANGE],
    redirect_uris: [],
    response_types: [],
    token_endpoint_auth_method: 'client_secret_basic',
  },
  {
    application_type: 'native', // any loopback port (RFC 8252 section 7.3)
    client_id: 'public-client',
    grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: ['http://127.0.0.1/callback'],
    token_endpoint_auth_method: 'none',
  },
];

const signingKeys = [
  signingKey('RS256', 'rsa', { modulusLength: 2048 }),
  signingKey('ES256', 'ec', { namedCurve: 'P-256' }),
];
const http = createServer();
// Longer than anybody waits between two requests: clients would meet a connection that is just being closed.
http.keepAliveTimeout = 120_000;
const issuer = await listen(http, Number(options.port));
const provider = new Provider(issuer, {
  clients: CLIENTS,
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    introspection: { allowedPolicy: (_, client) => client.clientAuthMethod !== 'none', enabled: true },
    registration: { enabled: true },
    resourceIndicators: {
      defaultResource: (_, __, oneOf) => oneOf?.[0] ?? options.resource[0],
      enabled: true,
      getResourceServerInfo: resourceServer,
      useGrantedResource: () => true,
    },
    revocation: { allowedPolicy: () => true, enabled: true },
  },
  findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
  interactions: { policy: withoutInteraction() },
  jwks: { keys: signingKeys },
  loadExistingGrant: grantEverything,
  pkce: { required: () => true },
  scopes: ['openid', 'offline_access', ...SCOPES],
  ttl: {
    AccessToken: Number(options.ttl),
    ClientCredentials: Number(options.ttl),
    Grant: DAY,
    IdToken: 300,
    RefreshToken: DAY,
    Session: DAY,
  },
});

provider.registerGrantType(TOKEN_EXCHANGE, exchange, ['audience', 'resource', 'scope', 'subject_token', 'subject_token_type']);

/** RFC 8693: an access token of this server for another one of the same person, for the upstream `files`. */
async function exchange(context) {
  const { client, params } = context.oidc;
  if (params.subject_token_type !== ACCESS_TOKEN) throw new errors.InvalidRequest('unknown subject_token_type');
  if (params.audience !== 'files') throw new errors.InvalidTarget('unknown audience');
  const keys = createLocalJWKSet({ keys: signingKeys.map(({ d, dp, dq, p, q, qi, ...key }) => key) });
  const subject = await jwtVerify(params.subject_token, keys, { issuer, typ: 'at+jwt' }).catch(() => {
    throw new errors.InvalidRequest('the subject_token is not good');
  });
  const token = new provider.AccessToken({ accountId: subject.payload.sub, client, scope: 'files:read' });
  context.body = {
    access_token: await token.save(),
    expires_in: token.expiration,
    issued_token_type: ACCESS_TOKEN,
    scope: token.scope,
    token_type: 'Bearer',
  };
}

function signingKey(alg, type, parameters) {
  const { privateKey } = generateKeyPairSync(type, parameters);
  return { ...privateKey.export({ format: 'jwk' }), alg, kid: `key-${alg}`, use: 'sig' };
}

function resourceServer(_, resource) {
  if (!options.resource.includes(resource)) throw new errors.InvalidTarget('unknown resource');
  return {
    accessTokenFormat: options.opaque ? 'opaque' : 'jwt',
    accessTokenTTL: Number(options.ttl),
    audience: resource,
    jwt: { sign: { alg: options.alg } },
    scope: SCOPES.join(' '),
  };
}

/** The prompts a client may ask for, none of which ever stops the flow. */
function withoutInteraction() {
  const prompts = interactionPolicy.base();
  for (const { checks } of prompts) checks.clear();
  return prompts;
}

/** Consent to whatever the client asked for, as if the user had given it before. */
async function grantEverything({ oidc }) {
  const grant = new oidc.provider.Grant({ accountId: oidc.session.accountId, clientId: oidc.client.clientId });
  const scope = [...oidc.requestParamScopes].join(' ');
  grant.addOIDCScope(scope);
  for (const resource of Object.keys(oidc.resourceServers)) grant.addResourceScope(resource, scope);
  await grant.save(DAY);
  return grant;
}

// Every authorization request arrives with the cookie of alice's session.
const session = new provider.Session({});
session.loginAccount({ accountId: 'alice' });
await session.save(DAY);
provider.use((context, next) => {
  if (context.path === '/auth') context.req.headers.cookie = `${provider.cookieName('session')}=${session.id}`;
  return next();
});
provider.on('server_error', (_, error) => console.error(error));

http.on('request', provider.callback());
announce(issuer);
