// MCP upstream with every fixture the conformance suite's server scenarios ask for.
//
// One endpoint, `/mcp`, serves two protocol eras: requests with the per-request envelope of
// 2026-07-28 go to the SDK's stateless handler, older ones to sessions with resumable streams.
//
// Usage: upstream-fixtures.mjs [--port N]

import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';

import { localhostHostValidation, localhostOriginValidation, toNodeHandler } from '@modelcontextprotocol/node';
import {
  createMcpHandler,
  isLegacyRequest,
  McpServer,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';

import { announce, listen } from './common.mjs';
import { EventLog } from './fixtures/event-log.mjs';
import { registerInputRequired, stateCodec } from './fixtures/input-required.mjs';
import { registerPrompts } from './fixtures/prompts.mjs';
import { registerResources } from './fixtures/resources.mjs';
import { registerLegacyTools } from './fixtures/tools-legacy.mjs';
import { registerTools } from './fixtures/tools.mjs';

/** A new server with all fixtures; one per request, or one per session for older clients. */
function buildServer({ era }) {
  const server = new McpServer(
    { name: 'conformance-fixtures', version: '1.0.0' },
    {
      capabilities: {
        completions: {},
        logging: {},
        prompts: { listChanged: true },
        resources: { listChanged: true, subscribe: true },
        tools: { listChanged: true },
      },
      requestState: { verify: stateCodec.verify },
    },
  );
  registerTools(server, () => modern.notify);
  registerInputRequired(server);
  registerPrompts(server);
  registerResources(server);
  if (era === 'legacy') registerLegacyTools(server);
  return server;
}

const modern = createMcpHandler(buildServer, { legacy: 'reject' });
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
  await buildServer({ era: 'legacy' }).connect(transport);
  return transport.handleRequest(request);
}

function sessionNotFound() {
  const error = { code: -32001, message: 'Session not found' };
  return Response.json({ error, id: null, jsonrpc: '2.0' }, { status: 404 });
}

async function route(request) {
  if (new URL(request.url).pathname !== '/mcp') return new Response(null, { status: 404 });
  return (await isLegacyRequest(request)) ? fetchLegacy(request) : modern.fetch(request);
}

const { values } = parseArgs({ options: { port: { default: '0', type: 'string' } } });
const serve = toNodeHandler({ fetch: route }, { onerror: console.error });
const hostIsLocal = localhostHostValidation();
const originIsLocal = localhostOriginValidation();
const http = createServer((request, response) => {
  if (hostIsLocal(request, response) && originIsLocal(request, response)) serve(request, response);
});
announce(await listen(http, Number(values.port)));
