// Runs the conformance suite's server scenarios for one protocol revision against one URL.
//
// Prints one JSON line per check (`scenario`, `check`, `nth` of that id, `status`, `error`) and a
// last line with totals. Exits 0 if the suite ran, whatever the outcome of its checks.
//
// Usage: conformance.mjs --url URL --revision 2025-06-18|2025-11-25|2026-07-28 [--scenario NAME]

import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, stripVTControlCharacters } from 'node:util';

const { values } = parseArgs({
  options: { revision: { type: 'string' }, scenario: { type: 'string' }, url: { type: 'string' } },
});

const PROGRAM = fileURLToPath(new URL('node_modules/@modelcontextprotocol/conformance/dist/index.js', import.meta.url));

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
  console.log(JSON.stringify({ totals }));
  if (scenarios.length === 0) process.exitCode = 1;
} finally {
  await rm(folder, { force: true, recursive: true });
}

/** Runs the suite into `folder`; returns the names of the scenarios it started. */
async function runSuite() {
  const which = values.scenario === undefined ? ['--suite', 'all'] : ['--scenario', values.scenario];
  const flags = ['--url', values.url, '--spec-version', values.revision, ...which, '--output-dir', folder];
  const suite = spawn(process.execPath, [PROGRAM, 'server', ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  for await (const chunk of suite.stdout.setEncoding('utf8')) output += chunk;
  const started = stripVTControlCharacters(output).matchAll(/^Running client scenario '(\S+)'/gmu);
  return [...started].map(([, name]) => name);
}

/** The checks of one scenario; a scenario without a result is one failed check. */
async function outcome(scenario) {
  const results = await readdir(folder);
  const own = results.find((name) => name.replace(/-\d{4}-\d\d-\d\dT[\d-]+Z$/u, '') === `server-${scenario}`);
  if (own === undefined) return [{ check: 'result', error: 'no result', nth: 1, scenario, status: 'FAILURE' }];
  const seen = new Map();
  return JSON.parse(await readFile(join(folder, own, 'checks.json'), 'utf8')).map(({ errorMessage, id, status }) => {
    seen.set(id, (seen.get(id) ?? 0) + 1);
    return { check: id, error: errorMessage, nth: seen.get(id), scenario, status };
  });
}
