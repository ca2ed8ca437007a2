// OpenID provider where people sign in and consent: `oidc-provider` with two plain pages.
//
// One client, the gateway: `gateway`, secret `gateway-secret-of-the-tests`, redirect `/callback/corp` on any
// loopback port. Refresh tokens are used once. People: alice (password `wonderland`, group `staff`) and
// bob (password `builder`, no group).
//
// Usage: third-party.mjs [--port N] [--ttl SECONDS]

import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';

import Provider from 'oidc-provider';

import { announce, listen } from './common.mjs';

const { values: options } = parseArgs({
  options: { port: { default: '0', type: 'string' }, ttl: { default: '300', type: 'string' } },
});

const PEOPLE = {
  alice: { email: 'alice@corp.example', groups: ['staff'], name: 'Alice Liddell', password: 'wonderland' },
  bob: { email: 'bob@elsewhere.example', groups: [], name: 'Bob', password: 'builder' },
};
const DAY = 86_400;

const http = createServer();
const issuer = await listen(http, Number(options.port));
const provider = new Provider(issuer, {
  claims: { email: ['email', 'email_verified'], groups: ['groups'], openid: ['sub'], profile: ['name'] },
  clients: [
    {
      application_type: 'native', // any loopback port (RFC 8252 section 7.3)
      client_id: 'gateway',
      client_secret: 'gateway-secret-of-the-tests',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['http://localhost/callback/corp', 'http://127.0.0.1/callback/corp'],
      token_endpoint_auth_method: 'client_secret_basic',
    },
  ],
  cookies: { keys: [randomUUID()] },
  features: { devInteractions: { enabled: false }, revocation: { allowedPolicy: () => true, enabled: true } },
  findAccount: (_, accountId) => ({ accountId, claims: () => claims(accountId) }),
  interactions: { url: (_, { uid }) => `/interaction/${uid}` },
  issueRefreshToken: () => true,
  jwks: { keys: [signingKey()] },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  scopes: ['openid', 'offline_access'],
  ttl: { AccessToken: Number(options.ttl), Grant: DAY, IdToken: 300, Interaction: 600, RefreshToken: DAY, Session: DAY },
});

function claims(sub) {
  const { email, groups, name } = PEOPLE[sub];
  return { email, email_verified: true, groups, name, sub };
}

function signingKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), alg: 'RS256', kid: 'key', use: 'sig' };
}

/** The page of a prompt: `login` asks for name and password, `consent` for a decision. */
function page({ params, prompt, uid }, problem = '') {
  const inner =
    prompt.name === 'login'
      ? `<label>Name <input name="login"></label><label>Password <input name="password" type="password"></label>
         <button name="decision" value="sign-in">Sign in</button>`
      : `<p>${params.client_id} wants to know who you are.</p>
         <button name="decision" value="allow">Allow</button> <button name="decision" value="refuse">Refuse</button>`;
  return `<!doctype html><title>Corp</title><h1>Corp</h1><p>${problem}</p>
    <form method="post" action="/interaction/${uid}">${inner}</form>`;
}

/** What a form does to the interaction; nothing if it must be shown again. */
async function decide({ params, prompt, session }, form) {
  if (form.get('decision') === 'refuse') return { error: 'access_denied', error_description: 'refused <b>here</b>' };
  if (prompt.name === 'login') {
    const person = PEOPLE[form.get('login')];
    return person?.password === form.get('password') ? { login: { accountId: form.get('login') } } : undefined;
  }
  const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  return { consent: { grantId: await grant.save() } };
}

provider.use(async (context, next) => {
  if (!context.path.startsWith('/interaction/')) return next();
  const interaction = await provider.interactionDetails(context.req, context.res);
  context.type = 'html';
  if (context.method !== 'POST') {
    context.body = page(interaction);
    return undefined;
  }
  const result = await decide(interaction, new URLSearchParams(await text(context.req)));
  if (result === undefined) {
    context.body = page(interaction, 'Wrong name or password.');
    return undefined;
  }
  context.redirect(await provider.interactionResult(context.req, context.res, result));
  context.status = 303;
  return undefined;
});
provider.on('server_error', (_, error) => console.error(error));

http.on('request', provider.callback());
announce(issuer);
