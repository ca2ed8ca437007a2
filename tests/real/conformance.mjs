// Runs the conformance suite's scenarios for one protocol revision: those for servers against the URL of
// an MCP server, or those for authorization servers against an issuer.
//
// Prints one JSON line per check (`scenario`, `check`, `nth` of that id, `status`, `error`), for servers one
// `{ required }` per scenario that the revision required when it was released, if the suite has frozen that, and a
// last line with totals. Exits 0 if the suite ran, whatever the outcome of its checks.
//
// Usage: conformance.mjs --url URL --revision 2025-06-18|2025-11-25|2026-07-28 [--scenario NAME]
//        conformance.mjs --authorization --url ISSUER --revision REVISION --client-id ID --resource URL
//
// With `--authorization` it prints `open URL` for whoever plays the person; the client must be allowed the
// redirect URI `http://127.0.0.1/callback` on any port.

import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs, stripVTControlCharacters } from 'node:util';

import { listen } from './common.mjs';

const { values } = parseArgs({
  options: {
    authorization: { default: false, type: 'boolean' },
    'client-id': { type: 'string' },
    resource: { type: 'string' },
    revision: { type: 'string' },
    scenario: { type: 'string' },
    url: { type: 'string' },
  },
});

const PROGRAM = fileURLToPath(new URL('node_modules/@modelcontextprotocol/conformance/dist/index.js', import.meta.url));
const MODE = values.authorization ? 'authorization' : 'server';
const RESULTS = values.authorization ? 'authorization-server' : 'server';

const folder = await mkdtemp(join(tmpdir(), 'conformance-'));
try {
  const scenarios = await runSuite();
  const totals = { checks: 0, revision: values.revision, scenarios: scenarios.length, status: {} };
  for (const scenario of scenarios) {
    for (const line of await outcome(scenario)) {
      totals.checks += 1;
      totals.status[line.status] = (totals.status[line.status] ?? 0) + 1;
      console.log(JSON.stringify(line));
    }
  }
  if (!values.authorization) {
    for (const required of await requirements()) console.log(JSON.stringify({ required }));
  }
  console.log(JSON.stringify({ totals }));
  if (scenarios.length === 0) process.exitCode = 1;
} finally {
  await rm(folder, { force: true, recursive: true });
}

/** Runs the suite into `folder`; returns the names of the scenarios it started. */
async function runSuite() {
  const flags = ['--url', values.url, '--spec-version', values.revision, '--output-dir', folder];
  flags.push(...(values.authorization ? await authorizationFlags() : serverFlags()));
  const suite = spawn(process.execPath, [PROGRAM, MODE, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  const started = [];
  for await (const line of createInterface({ input: suite.stdout })) {
    const text = stripVTControlCharacters(line);
    const [, name] = /^Running client scenario (?:for authorization server )?'(\S+)'/u.exec(text) ?? [];
    if (name !== undefined) started.push(name);
    if (/^http\S+[?&]response_type=code&/u.test(text)) console.log(`open ${text}`);
  }
  return started;
}

/** The server scenarios of the frozen list of the revision; none if there is no such list. */
async function requirements() {
  const flags = ['list', '--server', '--requirements', values.revision];
  const list = spawn(process.execPath, [PROGRAM, ...flags], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [required, section] = [[], { servers: false }];
  for await (const line of createInterface({ input: list.stdout })) {
    if (/^\S/u.test(line)) section.servers = line.startsWith('Server scenarios');
    const [, name] = /^ +- (\S+)/u.exec(line) ?? [];
    if (section.servers && name !== undefined) required.push(name);
  }
  return required;
}

function serverFlags() {
  return values.scenario === undefined ? ['--suite', 'all'] : ['--scenario', values.scenario];
}

/** The suite listens on the port it is told, so a free one is looked for. */
async function authorizationFlags() {
  const server = createServer();
  const { port } = new URL(await listen(server, 0));
  await new Promise((resolve) => server.close(resolve));
  return ['--client-id', values['client-id'], '--resource', values.resource, '--port', port];
}

/** The checks of one scenario; a scenario without a result is one failed check. */
async function outcome(scenario) {
  const results = await readdir(folder);
  const own = results.find((name) => name.replace(/-\d{4}-\d\d-\d\dT[\d-]+Z$/u, '') === `${RESULTS}-${scenario}`);
  if (own === undefined) return [{ check: 'result', error: 'no result', nth: 1, scenario, status: 'FAILURE' }];
  const seen = new Map();
  return JSON.parse(await readFile(join(folder, own, 'checks.json'), 'utf8')).map(({ errorMessage, id, status }) => {
    seen.set(id, (seen.get(id) ?? 0) + 1);
    return { check: id, error: errorMessage, nth: seen.get(id), scenario, status };
  });
}
