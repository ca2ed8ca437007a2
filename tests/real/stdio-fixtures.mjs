// MCP server with every fixture the conformance suite's server scenarios ask for, over stdin and stdout.
//
// With `--modern-only` it speaks 2026-07-28 alone.
//
// Usage: stdio-fixtures.mjs [--modern-only]

import { parseArgs } from 'node:util';

import { serveStdio } from '@modelcontextprotocol/server/stdio';

import { buildServer } from './fixtures/server.mjs';

/** Publishes list changes from the one server of the connection. */
const notifier = (server) => ({
  promptsChanged: () => server.sendPromptListChanged(),
  toolsChanged: () => server.sendToolListChanged(),
});

const { values } = parseArgs({ options: { 'modern-only': { default: false, type: 'boolean' } } });
const legacy = values['modern-only'] ? 'reject' : 'serve';
serveStdio((context) => buildServer(context, notifier), { legacy, onerror: console.error });
