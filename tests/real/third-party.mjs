// OpenID provider where people sign in and consent: `oidc-provider` with two plain pages.
//
// One client, the gateway: `gateway`, secret `gateway-secret-of-the-tests`, redirect `/callback/corp` on any
// loopback port. Refresh tokens are used once. People: alice (password `wonderland`, group `staff`) and
// bob (password `builder`, no group), and with `--people N` also person-1 to person-N (password `wonderland`, group
// `staff`).
//
// Each line of standard input sets a mood: `good`; `slow MILLISECONDS` before anything is done; `broken`, which answers
// 503 with a page; `deaf`, which hangs up unheard; and `restarted`, which closes the port once every answer is out and
// listens again a while later, everything remembered. `groups NAME GROUP …` puts somebody into these groups alone.
// `/statistics` counts refreshes, grants that were revoked, and changes of groups.
//
// With --logout it tells that address of every sign-out, which people do at /session/end.
//
// Usage: third-party.mjs [--port N] [--ttl SECONDS] [--people N] [--logout URL]

import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';

import Provider from 'oidc-provider';

import { announce, listen, sleep } from './common.mjs';

const { values: options } = parseArgs({
  options: {
    logout: { type: 'string' },
    people: { default: '0', type: 'string' },
    port: { default: '0', type: 'string' },
    ttl: { default: '300', type: 'string' },
  },
});

const PEOPLE = {
  alice: { email: 'alice@corp.example', groups: ['staff'], name: 'Alice Liddell', password: 'wonderland' },
  bob: { email: 'bob@elsewhere.example', groups: [], name: 'Bob', password: 'builder' },
};
for (let number = 1; number <= Number(options.people); number += 1) {
  const [login, name] = [`person-${number}`, `Person ${number}`];
  PEOPLE[login] = { email: `${login}@corp.example`, groups: ['staff'], name, password: 'wonderland' };
}
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
      ...(options.logout && { backchannel_logout_session_required: true, backchannel_logout_uri: options.logout }),
    },
  ],
  cookies: { keys: [randomUUID()] },
  features: {
    backchannelLogout: { enabled: true },
    devInteractions: { enabled: false },
    revocation: { allowedPolicy: () => true, enabled: true },
    rpInitiatedLogout: { enabled: true, logoutSource: askBeforeSignOut },
  },
  // The gateway is on loopback, which its own way out refuses.
  fetch: (url, { dispatcher, ...request }) => fetch(url, request),
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

/** The page that asks whoever comes to `/session/end`; `form` is the provider's own, without a button. */
function askBeforeSignOut(context, form) {
  const button = '<button name="logout" value="yes">Sign out</button>';
  context.body = `<!doctype html><title>Corp</title><h1>Corp</h1>${form.replace('</form>', `${button}</form>`)}`;
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

const statistics = { changes: 0, refreshes: 0, revoked: 0 };
provider.on('grant.success', ({ oidc }) => {
  if (oidc.params.grant_type === 'refresh_token') statistics.refreshes += 1;
});
provider.on('grant.revoked', () => {
  statistics.revoked += 1;
});

const answer = provider.callback();
let mood = { name: 'good' };

async function inMood(request, response) {
  if (request.url === '/statistics') return response.end(JSON.stringify(statistics));
  if (mood.name === 'deaf') return request.socket.destroy();
  if (mood.name === 'broken') {
    response.writeHead(503, { 'content-type': 'text/html' });
    return response.end('<h1>Maintenance</h1>');
  }
  if (mood.name === 'slow') await sleep(mood.milliseconds);
  // Whoever has given up in between is not heard, or a refresh token would be used up for nobody.
  return request.socket.destroyed ? undefined : answer(request, response);
}

async function restart() {
  const { port } = http.address();
  await new Promise((resolve) => http.close(resolve));
  await sleep(2000);
  await listen(http, port);
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const [name, ...words] = line.split(' ');
  if (name === 'groups') {
    const [login, ...groups] = words;
    PEOPLE[login].groups = groups;
    statistics.changes += 1;
    return;
  }
  mood = { milliseconds: Number(words[0]), name };
  if (name === 'restarted') restart();
});

http.on('request', inMood);
announce(issuer);
