// Chromium that does what standard input says, one command a line, and answers each with a line of JSON: the address
// and the heading of the page that it came to. For tests that own the time and have to pass it between two steps.
//
//   open PATH          goes to a page of the gateway
//   press DECISION     presses the button of that decision
//   type NAME PASSWORD fills in the sign-in page and sends it
//   back               goes back
//
// Usage: browser-led.mjs --chromium PROGRAM --origin https://HOST --at 127.0.0.1:PORT
//
// HOST is looked for at that address, whatever certificate is there.

import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

import { chromium } from 'playwright-core';

import { back, decide, heading } from './browser-person.mjs';

const { values: options } = parseArgs({
  options: { at: { type: 'string' }, chromium: { type: 'string' }, origin: { type: 'string' } },
});

const browser = await chromium.launch({
  args: [`--host-resolver-rules=MAP ${new URL(options.origin).host}:443 ${options.at}`, '--disable-gpu', '--no-first-run', '--no-sandbox'],
  executablePath: options.chromium,
});
const page = await browser.newPage({ ignoreHTTPSErrors: true });
page.setDefaultTimeout(30_000);

const commands = {
  back: () => back(page),
  open: (path) => page.goto(`${options.origin}${path}`),
  press: (decision) => decide(page, decision),
  type: async (name, ...password) => {
    await page.fill('#username', name);
    await page.fill('#password', password.join(' '));
    await page.click('button.main');
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const [command, ...words] = line.split(' ');
  await commands[command](...words);
  await page.waitForLoadState();
  console.log(JSON.stringify({ heading: await heading(page), url: page.url() }));
}
await browser.close();
