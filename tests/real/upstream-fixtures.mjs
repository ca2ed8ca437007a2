// MCP upstream with every fixture the conformance suite's server scenarios ask for.
//
// One endpoint, `/mcp`, serves two protocol eras: requests with the per-request envelope of
// 2026-07-28 go to the SDK's stateless handler, older ones to sessions with resumable streams.
//
// With `--modern-only` it has no sessions.
//
// Usage: upstream-fixtures.mjs [--port N] [--modern-only]

import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';

import { localhostHostValidation, localhostOriginValidation, toNodeHandler } from '@modelcontextprotocol/node';
import {
  createMcpHandler,
  isLegacyRequest,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';

import { announce, listen } from './common.mjs';
import { EventLog } from './fixtures/event-log.mjs';
import { buildServer } from './fixtures/server.mjs';

/** One server per request, or one per session for older clients. */
const newServer = (context) => buildServer(context, () => modern.notify);
const modern = createMcpHandler(newServer, { legacy: 'reject' });
const sessions = new Map();

/** Serves one request of the revisions up to 2025-11-25, in its MCP session. */
async function fetchLegacy(request) {
  const id = request.headers.get('mcp-session-id');
  if (id !== null) {
    const transport = sessions.get(id);
    return transport === undefined ? sessionNotFound() : transport.handleRequest(request);
  }
  const transport = new WebStandardStreamableHTTPServerTransport({
    eventStore: new EventLog(),
    onsessionclosed: (closed) => void sessions.delete(closed),
    onsessioninitialized: (opened) => void sessions.set(opened, transport),
    retryInterval: 500,
    sessionIdGenerator: randomUUID,
  });
  await newServer({ era: 'legacy' }).connect(transport);
  return transport.handleRequest(request);
}

function sessionNotFound() {
  const error = { code: -32001, message: 'Session not found' };
  return Response.json({ error, id: null, jsonrpc: '2.0' }, { status: 404 });
}

async function route(request) {
  if (new URL(request.url).pathname !== '/mcp') return new Response(null, { status: 404 });
  return !values['modern-only'] && (await isLegacyRequest(request)) ? fetchLegacy(request) : modern.fetch(request);
}

const { values } = parseArgs({
  options: { 'modern-only': { default: false, type: 'boolean' }, port: { default: '0', type: 'string' } },
});
const serve = toNodeHandler({ fetch: route }, { onerror: console.error });
const hostIsLocal = localhostHostValidation();
const originIsLocal = localhostOriginValidation();
const http = createServer((request, response) => {
  if (hostIsLocal(request, response) && originIsLocal(request, response)) serve(request, response);
});
announce(await listen(http, Number(values.port)));
