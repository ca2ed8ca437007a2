// Chromium in front of the gateway, driven by playwright-core.
//
// Runs scenarios of browser-scenarios.mjs, one after the other. Whatever the scenario, it fails if a page breaks its content
// security policy, if a page of the gateway reports an error on the console, or if a request leaves for an
// origin that takes no part. Prints one JSON line and exits 0 if all went well.
//
// Usage: browser.mjs SCENARIO... --gateway ORIGIN --third-party ORIGIN --chromium PROGRAM
//          --certificate FILE --key FILE [--screenshots FOLDER] [--pages FOLDER --stylesheet FILE]
//
// The gateway has the providers `local` (account alice, password `wonderland-of-the-tests`) and `corp`
// (third-party.mjs).

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { chromium } from 'playwright-core';

import { Client } from './browser-client.mjs';
import * as scenarios from './browser-scenarios.mjs';

const { positionals, values: options } = parseArgs({
  allowPositionals: true,
  options: {
    certificate: { type: 'string' },
    chromium: { type: 'string' },
    gateway: { type: 'string' },
    key: { type: 'string' },
    pages: { type: 'string' },
    screenshots: { type: 'string' },
    stylesheet: { type: 'string' },
    'third-party': { type: 'string' },
  },
});

const FLAGS = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-dev-shm-usage',
  '--disable-gpu',
  '--disable-quic',
  '--disable-sync',
  '--no-first-run',
  '--no-sandbox',
];
const PATIENCE = 30_000;

/** What a scenario is given. */
class Stage {
  gateway = options.gateway;
  pages = options.pages;
  screenshots = options.screenshots;
  stylesheet = options.stylesheet;
  thirdParty = options['third-party'];

  #browser;
  #folder;
  #origins = new Set([options.gateway, options['third-party']]);
  #problems = [];

  static async set() {
    const stage = new Stage();
    stage.#folder = await mkdtemp(join(tmpdir(), 'browser-'));
    stage.#browser = await chromium.launch({
      args: FLAGS,
      env: { ...process.env, HOME: stage.#folder },
      executablePath: options.chromium,
      headless: true,
    });
    return stage;
  }

  async end() {
    await this.#browser.close();
    await rm(this.#folder, { force: true, recursive: true });
  }

  /** Fails if a page did what no page may do. */
  check() {
    assert.deepEqual(this.#problems, []);
  }

  /** A client that takes part from now on; `https` gives it the certificate that the test made. */
  async client({ https = false, ...more } = {}) {
    const tls = https
      ? { cert: await readFile(options.certificate), key: await readFile(options.key) }
      : undefined;
    const client = await Client.registered(this.gateway, { ...more, tls });
    this.#origins.add(client.origin);
    return client;
  }

  /** Lets requests to `origin` pass from now on. */
  admit(origin) {
    this.#origins.add(origin);
  }

  /** A browser of its own: no cookies, nothing remembered. */
  async browser(more = {}) {
    const context = await this.#browser.newContext({ ignoreHTTPSErrors: true, ...more });
    context.setDefaultTimeout(PATIENCE);
    context.on('request', (request) => this.#watch(request));
    context.on('console', (message) => this.#listen(message));
    context.on('weberror', (error) => this.#problems.push(`script: ${error.error()}`));
    return context;
  }

  /** A window of a browser of its own. */
  async window(more) {
    return (await this.browser(more)).newPage();
  }

  #watch(request) {
    const { origin, protocol } = new URL(request.url());
    if (['data:', 'blob:', 'chrome-error:'].includes(protocol) || origin === 'null') return;
    if (!this.#origins.has(origin)) this.#problems.push(`a request left for ${request.url()}`);
  }

  /** Refused pages are part of the scenarios; everything else that the console calls an error is a problem. */
  #listen(message) {
    const text = message.text();
    if (message.type() !== 'error' || /^Failed to load resource: the server responded with a status of [45]/u.test(text)) return;
    this.#problems.push(`console of ${message.page()?.url()}: ${text}`);
  }
}

const stage = await Stage.set();
let running = 'start';
try {
  for (const name of positionals) {
    running = name;
    await scenarios[name](stage);
    stage.check();
  }
  console.log(JSON.stringify({ scenarios: positionals }));
} catch (error) {
  console.log(JSON.stringify({ error: error.message, scenario: running, stack: error.stack }));
  process.exitCode = 1;
} finally {
  await stage.end();
}
process.exit();
