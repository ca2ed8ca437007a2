// Pictures of every page, for people to look at, each after the checks that need no eye.

import assert from 'node:assert/strict';

import { photograph } from './browser-checks.mjs';
import { gallery as serve } from './browser-gallery.mjs';
import { decide, landed, signInAtCorp, typePassword } from './browser-person.mjs';

/** Every page that the gateway was seen to send, whatever it takes to reach it. */
export async function gallery(stage) {
  const { origin, pages } = await serve(stage);
  stage.admit(origin);
  const page = await stage.window();
  for (const [name, address] of pages) {
    await page.goto(address);
    await photograph(page, stage.screenshots, name);
  }
}

/** Every page that a person can reach at a gateway in good health, on the way that leads there. */
export async function pictures(stage) {
  await connecting(stage);
  await mistakesOfClients(stage);
  await mistakesOfForms(stage);
  await faultsOfThirdParties(stage);
}

async function connecting(stage) {
  const page = await stage.window();
  const take = (name) => photograph(page, stage.screenshots, name);
  const client = await stage.client({ name: 'Notes for everybody' });
  const published = await stage.client({ https: true, name: 'Pаypal, the real one' }); // with a Cyrillic а
  await page.goto(client.request({ scope: 'mcp files:read files:write' }));
  await take('consent');
  await decide(page, 'provider:local');
  await take('sign-in');
  await typePassword(page, 'wrong');
  await page.getByRole('alert').waitFor();
  await take('sign-in-wrong');
  await typePassword(page);
  await client.redeem(await landed(page, client));

  await page.goto(published.request());
  await take('consent-signed-in');
  await decide(page, 'signed-in');
  await published.redeem(await landed(page, published));

  await page.goto(`${stage.gateway}/account`);
  await take('account');
  await page.locator('button[value^="end:"]').first().click();
  await page.getByRole('status').waitFor();
  await take('account-ended');
  await page.locator('button[value^="end:"]').click();
  await page.getByText('No app is connected').waitFor();
  await take('account-empty');
  await page.click('button[value="sign-out"]');
  await take('signed-out');
  await page.goto(`${stage.gateway}/account`);
  await take('pick-provider');
  await decide(page, 'provider:local');
  await take('sign-in-account');
}

async function mistakesOfClients(stage) {
  const page = await stage.window();
  const client = await stage.client({ https: true });
  const elsewhere = await stage.window();
  await elsewhere.goto(client.request());
  const problems = {
    'problem-client-document': `${stage.gateway}/authorize?client_id=https://nowhere.invalid/client.json&response_type=code`,
    'problem-client-mistake': client.request({ response_type: 'token' }),
    'problem-expired': elsewhere.url(),
    'problem-malformed': `${stage.gateway}/consent?transaction=unknown`,
    'problem-not-found': `${stage.gateway}/callback/nobody`,
    'problem-redirect-uri': client.request({ redirect_uri: 'https://elsewhere.example/' }),
    'problem-too-long': client.request({ state: 'x'.repeat(20_000) }),
    'problem-unknown-client': `${stage.gateway}/authorize?client_id=nobody&response_type=code`,
  };
  for (const [name, url] of Object.entries(problems)) {
    const answer = await page.goto(url);
    assert.ok(answer.status() >= 400, `${name}: ${answer.status()}`);
    await photograph(page, stage.screenshots, name);
  }
}

/** Somebody whose cookies are not those of the page: here its secret is spoiled. */
async function mistakesOfForms(stage) {
  const page = await stage.window();
  const client = await stage.client();
  await page.goto(client.request());
  await page.locator('form [name="csrf"]').evaluate((field) => {
    field.value = `x${field.value}`;
  });
  await decide(page, 'provider:local');
  await photograph(page, stage.screenshots, 'problem-not-our-form');
}

async function faultsOfThirdParties(stage) {
  const page = await stage.window();
  const client = await stage.client();
  await page.goto(client.request());
  await decide(page, 'provider:gone');
  await photograph(page, stage.screenshots, 'problem-third-party-unavailable');

  await page.goto(client.request());
  await decide(page, 'provider:corp');
  await signInAtCorp(page, 'bob', 'builder');
  await page.waitForURL((url) => url.origin === stage.gateway);
  await photograph(page, stage.screenshots, 'problem-not-allowed');

  // The way back with something else than the third party sent.
  const other = await stage.window();
  const asked = other.waitForRequest((request) => new URL(request.url()).searchParams.has('code_challenge') && request.url().startsWith(stage.thirdParty));
  await other.goto(client.request());
  await decide(other, 'provider:corp');
  const { searchParams } = new URL((await asked).url());
  const back = new URL(searchParams.get('redirect_uri'));
  back.search = new URLSearchParams({ error: 'server_error', iss: stage.thirdParty, state: searchParams.get('state') });
  await other.goto(back.href);
  await photograph(other, stage.screenshots, 'problem-third-party-refused');
}
