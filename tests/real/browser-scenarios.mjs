// What people do in a browser, and what must come of it. Each export is a scenario of browser.mjs.

import assert from 'node:assert/strict';

import { faultsOf, faultsOfKeyboard } from './browser-checks.mjs';
import { back, connect, decide, heading, landed, signInAtCorp, typePassword } from './browser-person.mjs';

export { gallery, pictures } from './browser-pictures.mjs';

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
  await signInAtCorp(page, 'alice', 'wonderland');
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
  await back(page);
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

/** Without JavaScript the third party's way works too, to a client on the device and to one on the web. */
export async function thirdPartyWithoutScript(stage) {
  for (const https of [false, true]) {
    const page = await stage.window({ javaScriptEnabled: false });
    const client = await stage.client({ https });
    await page.goto(client.request());
    await decide(page, 'provider:corp');
    await signInAtCorp(page, 'alice', 'wonderland');
    assert.ok(await client.redeem(await landed(page, client)));

    // Somebody who is signed in lands by one press, and hears of a denial as well.
    await page.goto(client.request());
    await decide(page, 'signed-in');
    assert.ok(await client.redeem(await landed(page, client)));
    await page.goto(client.request());
    await decide(page, 'deny');
    assert.equal((await landed(page, client)).get('error'), 'access_denied');
  }
}

/** Somebody says no at the third party, or goes back from there and takes the other way. */
export async function changesOfMind(stage) {
  const page = await stage.window();
  const client = await stage.client();
  await page.goto(client.request());
  await decide(page, 'provider:corp');
  await page.fill('[name="login"]', 'alice');
  await page.fill('[name="password"]', 'wonderland');
  await decide(page, 'sign-in');
  await decide(page, 'refuse');
  assert.equal((await landed(page, client)).get('error'), 'access_denied');

  await page.goto(client.request());
  await decide(page, 'provider:corp');
  await page.locator('button[name="decision"][value="refuse"]').waitFor();
  await back(page);
  await decide(page, 'provider:local');
  await typePassword(page);
  assert.ok(await client.redeem(await landed(page, client)));
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

/** A page with every fault that the checks of pages look for: this scenario must fail and name each. */
export async function faults(stage) {
  const page = await stage.window();
  await page.setViewportSize({ height: 640, width: 320 });
  await page.setContent(`<!doctype html><html><body>
    <main><h2>Late</h2><h4>Later still</h4>
    <p style="color: #999; background: #fff">pale</p>
    <p style="background: rgb(0 0 0 / 50%)">glass</p>
    <p style="width: 400px">wide</p>
    <p style="width: 100px; white-space: nowrap; overflow: hidden">much more than there is room for in it</p>
    <input style="border: 1px solid #eee; background: #fff; outline: 0">
    <button id="x" style="border: 0; padding: 0; width: 10px; height: 10px" aria-describedby="nothing"></button>
    <svg width="9" height="9"></svg><i id="x" tabindex="0">stop</i><a href="/">on</a>
    </main></body></html>`);
  throw new Error([...(await faultsOf(page)), ...(await faultsOfKeyboard(page))].join('\n'));
}
