// What people do in a browser, and what must come of it. Each export is a scenario of browser.mjs.

import assert from 'node:assert/strict';

const decide = (page, decision) => page.click(`button[name="decision"][value="${decision}"]`);
const heading = (page) => page.locator('h1').innerText();

/** Types name and password of the built-in account and sends them. */
async function typePassword(page, password = 'wonderland-of-the-tests') {
  await page.fill('#username', 'alice');
  await page.fill('#password', password);
  await page.click('button.main');
}

/** Waits until the browser is back at the client, and gives what it brought. */
async function landed(page, client) {
  await page.waitForURL((url) => url.href.startsWith(client.redirectUri));
  return client.answers.at(-1);
}

/** From the address bar to the client, by the built-in account. */
async function connect(page, client) {
  await page.goto(client.request());
  await decide(page, 'provider:local');
  await typePassword(page);
  return landed(page, client);
}

/** Somebody signs in with a password, mistypes it once, and is let through without it the second time. */
export async function password(stage) {
  const page = await stage.window();
  const client = await stage.client({ name: 'First app' });
  await page.goto(client.request());
  assert.match(await heading(page), /First app/u);
  const text = await page.locator('main').innerText();
  assert.match(text, /not verified/iu);
  assert.ok(text.includes(new URL(client.redirectUri).hostname), text);

  await decide(page, 'provider:local');
  await typePassword(page, 'wrong');
  await page.getByRole('alert').waitFor();
  assert.equal(await page.inputValue('#username'), 'alice', 'what was typed is kept');
  assert.equal(await page.inputValue('#password'), '', 'but not the password');
  await typePassword(page);
  assert.ok(await client.redeem(await landed(page, client)));

  const second = await stage.client({ https: true, name: 'Second app' });
  await page.goto(second.request());
  await decide(page, 'signed-in');
  assert.ok(await second.redeem(await landed(page, second)));
}

/** Somebody picks the third party of two ways to sign in; the next client is a program with a scheme of its own. */
export async function thirdParty(stage) {
  const page = await stage.window();
  const client = await stage.client();
  await page.goto(client.request());
  assert.equal(await page.locator('button[value^="provider:"]').count(), 2);
  await decide(page, 'provider:corp');
  assert.equal(new URL(page.url()).origin, stage.thirdParty);
  await page.fill('[name="login"]', 'alice');
  await page.fill('[name="password"]', 'wonderland');
  await decide(page, 'sign-in');
  await decide(page, 'allow');
  assert.ok(await client.redeem(await landed(page, client)));

  const native = await stage.client({ redirectUri: 'com.example.app:/callback' });
  await page.goto(native.request());
  const left = page.waitForResponse((it) => it.headers().location?.startsWith('com.example.app:'));
  await decide(page, 'signed-in');
  const { location } = (await left).headers();
  assert.ok(await native.redeem(new URL(location).searchParams));
}

/** Somebody says no: the client hears of it, the third party does not. */
export async function denial(stage) {
  const page = await stage.window();
  const asked = [];
  page.on('request', (request) => asked.push(new URL(request.url()).origin));
  const client = await stage.client();
  await page.goto(client.request());
  await decide(page, 'deny');
  const answer = await landed(page, client);
  assert.equal(answer.get('error'), 'access_denied');
  assert.equal(answer.get('iss'), stage.gateway);
  assert.ok(!asked.includes(stage.thirdParty), 'the third party was asked');
}

/** Pages that come too late, twice, or in another browser say so, and give no second code. */
export async function staleness(stage) {
  const page = await stage.window();
  const client = await stage.client();
  const unknown = await page.goto(`${stage.gateway}/consent?transaction=unknown`);
  assert.ok(unknown.status() >= 400 && unknown.status() < 500, String(unknown.status()));
  await page.getByRole('heading', { name: 'What you can do' }).waitFor();

  // The link of one browser in another one.
  await page.goto(client.request());
  const link = page.url();
  const stranger = await stage.window();
  const refused = await stranger.goto(link);
  assert.equal(refused.status(), 403);
  assert.equal(await stranger.locator('button[name="decision"]').count(), 0);

  // The same page in two windows, then back after the end.
  const twin = await page.context().newPage();
  await twin.goto(link);
  await decide(page, 'provider:local');
  await typePassword(page);
  assert.ok(await client.redeem(await landed(page, client)));
  await decide(twin, 'provider:local');
  await twin.getByRole('heading', { name: 'What you can do' }).waitFor();
  await page.goBack();
  await page.getByRole('heading', { name: 'What you can do' }).waitFor();
  assert.equal(client.answers.length, 1, 'one approval, one answer');
}

/** Two windows of one browser connect two clients at the same time. */
export async function twoTabs(stage) {
  const context = await stage.browser();
  const clients = [await stage.client({ name: 'One' }), await stage.client({ name: 'Two' })];
  const pages = [await context.newPage(), await context.newPage()];
  for (const [nth, page] of pages.entries()) await page.goto(clients[nth].request());
  for (const page of pages) await decide(page, 'provider:local');
  for (const page of pages) await typePassword(page);
  for (const [nth, page] of pages.entries()) assert.ok(await clients[nth].redeem(await landed(page, clients[nth])));
}

/** Without JavaScript everything works, the account page and its ends included. */
export async function withoutScript(stage) {
  const page = await stage.window({ javaScriptEnabled: false });
  const client = await stage.client({ name: 'Plain app' });
  assert.ok(await client.redeem(await connect(page, client)));

  await page.goto(`${stage.gateway}/account`);
  assert.match(await page.locator('main').innerText(), /Plain app/u);
  await page.click('button[value^="end:"]');
  await page.getByRole('status').waitFor();
  assert.equal(await page.locator('button[value^="end:"]').count(), 0);
  await page.click('button[value="sign-out"]');
  assert.match(await heading(page), /signed out/iu);
}

/** Without a mouse everything can be reached, and what has the focus can be seen. */
export async function keyboard(stage) {
  const page = await stage.window();
  const client = await stage.client();
  await page.goto(client.request());
  await tabTo(page, 'button[value="provider:local"]');
  await page.keyboard.press('Enter');
  await page.locator('#username:focus').waitFor();
  await page.keyboard.type('alice');
  await tabTo(page, '#password');
  await page.keyboard.type('wonderland-of-the-tests');
  await page.keyboard.press('Enter');
  assert.ok(await client.redeem(await landed(page, client)));
}

async function tabTo(page, selector) {
  const target = page.locator(selector);
  for (let presses = 0; presses < 20; presses += 1) {
    await page.keyboard.press('Tab');
    const focused = await target.evaluate((element) => {
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      return element === document.activeElement && { outlineStyle, outlineWidth };
    });
    if (focused === false) continue;
    assert.ok(focused.outlineStyle !== 'none' && focused.outlineWidth !== '0px', `no focus is seen at ${selector}`);
    return;
  }
  throw new Error(`no way to ${selector} by keyboard`);
}

/** What no page may do, so that a test can tell whether it is noticed: this scenario must fail. */
export async function breach(stage) {
  const page = await stage.window();
  const client = await stage.client();
  await page.goto(client.request());
  const told = page.waitForEvent('console');
  await page.evaluate(() => {
    document.body.append(Object.assign(new Image(), { src: '/anything.png' }));
  });
  await told;
  await page.goto('https://elsewhere.example/').catch(() => undefined);
}

/** A picture of every page, light and dark, wide and on a phone. */
export async function pictures(stage) {
  const context = await stage.browser();
  const page = await context.newPage();
  const client = await stage.client({ name: 'Notes for everybody' });
  const published = await stage.client({ https: true, name: 'Pаypal, the real one' }); // with a Cyrillic а
  await page.goto(client.request({ scope: 'mcp files:read files:write' }));
  await picture(stage, page, 'consent');
  await decide(page, 'provider:local');
  await picture(stage, page, 'sign-in');
  await typePassword(page, 'wrong');
  await page.getByRole('alert').waitFor();
  await picture(stage, page, 'sign-in-wrong');
  await typePassword(page);
  await client.redeem(await landed(page, client));

  await page.goto(published.request());
  await picture(stage, page, 'consent-signed-in');
  await decide(page, 'signed-in');
  await published.redeem(await landed(page, published));

  await page.goto(`${stage.gateway}/account`);
  await picture(stage, page, 'account');
  await page.locator('button[value^="end:"]').first().click();
  await page.getByRole('status').waitFor();
  await picture(stage, page, 'account-ended');
  await page.click('button[value="sign-out"]');
  await picture(stage, page, 'signed-out');
  await page.goto(`${stage.gateway}/account`);
  await picture(stage, page, 'pick-provider');

  const elsewhere = await stage.window();
  await elsewhere.goto(client.request());
  const problems = {
    'problem-client-mistake': published.request({ response_type: 'token' }),
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
    await picture(stage, page, name);
  }
  await page.goto(client.request());
  await decide(page, 'provider:corp');
  await page.fill('[name="login"]', 'bob');
  await page.fill('[name="password"]', 'builder');
  await decide(page, 'sign-in');
  await decide(page, 'allow');
  await page.waitForURL((url) => url.origin === stage.gateway);
  await picture(stage, page, 'problem-not-allowed');
}

async function picture(stage, page, name) {
  await page.locator('main h1').waitFor();
  for (const [size, viewport] of Object.entries(SIZES)) {
    await page.setViewportSize(viewport);
    const { overflow } = await page.evaluate(() => ({
      overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    }));
    assert.ok(overflow <= 0, `${name} is ${overflow} pixels too wide on a ${size}`);
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ fullPage: true, path: `${stage.screenshots}/${name}-${size}-${colorScheme}.png` });
    }
  }
}

const SIZES = { desk: { height: 900, width: 1280 }, phone: { height: 740, width: 360 } };
