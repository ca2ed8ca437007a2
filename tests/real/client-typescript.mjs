// MCP client on the official TypeScript SDK: connects, lists tools, calls tools, reports.
//
// Prints one JSON line: protocol revision, tools, per call the result and the arrival time of every
// notification in milliseconds, and every HTTP request with its status. Exits 0 on success.
//
// Usage: client-typescript.mjs --url URL (--token TOKEN | --oauth [--refresh] [--no-refresh] [--client-metadata-url URL]
//          | --machine ID (--secret SECRET | --key PEM-FILE)) [--sdk v1|v2] [--call NAME=JSON-ARGUMENTS ...]
//          [--transport streamable|sse|both]
//
// `--oauth` starts without a token: 401, discovery, dynamic registration, code with PKCE. It prints
// `open URL` for whoever plays the person, and listens on a loopback port for the redirect.
// Where a call needs a scope that the person has not granted, they are asked again, and it is made again.
// `--refresh` then lets the access token go bad and makes the calls again.
// `--no-refresh` registers without refresh tokens: with one, v1 answers a 403 about scopes by a refresh, and gives up.
// `--client-metadata-url` names a client ID metadata document, which takes the place of registration.
// `--machine` acts for itself, by the client credentials extension: with a secret, or with an ES256 key.
// `--transport sse` is HTTP+SSE of 2024-11-05; `both` falls back to it as the specification says, when a POST gets a 4xx.
// `--sdk v2` speaks 2026-07-28 where the server does; v1 stops at 2025-11-25.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { LoopbackClient } from './loopback-client.mjs';

const { values: options } = parseArgs({
  options: {
    call: { default: [], multiple: true, type: 'string' },
    'client-metadata-url': { type: 'string' },
    key: { type: 'string' },
    machine: { type: 'string' },
    'no-refresh': { default: false, type: 'boolean' },
    oauth: { default: false, type: 'boolean' },
    refresh: { default: false, type: 'boolean' },
    sdk: { default: 'v1', type: 'string' },
    secret: { type: 'string' },
    token: { type: 'string' },
    transport: { default: 'streamable', type: 'string' },
    url: { type: 'string' },
  },
});

try {
  const report = await run(options.sdk === 'v2' ? await loadV2() : await loadV1());
  console.log(JSON.stringify(report));
  process.exit(0);
} catch (error) {
  console.log(JSON.stringify({ error: { code: error.code, message: error.message, name: error.constructor.name } }));
  process.exit(1);
}

async function run(sdk) {
  const requests = [];
  const user = await whoever(sdk);
  const { client, transport } = await connect(sdk, user, recordingFetch(requests));
  const protocol = sdk.protocol(client);
  const { tools } = await client.listTools();
  const calls = [];
  const called = async (text) => calls.push(await callOrStepUp(sdk, { client, transport }, user, text));
  for (const text of options.call) await called(text);
  if (options.refresh) {
    user.spoilAccessToken();
    for (const text of options.call) await called(text);
  }
  await transport.terminateSession?.();
  await client.close();
  return { calls, protocol, requests, sdk: options.sdk, tools: tools.map((tool) => tool.name) };
}

/** What authorizes the client; none with a token that is given. */
async function whoever(sdk) {
  if (options.oauth) return LoopbackClient.listening(options['client-metadata-url'], !options['no-refresh']);
  if (options.machine === undefined) return undefined;
  const known = { clientId: options.machine, expectedIssuer: new URL(options.url).origin };
  if (options.secret !== undefined) return new sdk.ClientCredentialsProvider({ ...known, clientSecret: options.secret });
  return new sdk.PrivateKeyJwtProvider({
    ...known,
    algorithm: 'ES256',
    privateKey: readFileSync(options.key, 'utf8'),
  });
}

/** Connects; in the OAuth mode the first try ends at the authorization server, the second at the tools. */
async function connect(sdk, user, fetch) {
  const requestInit = options.token === undefined ? {} : { headers: { authorization: `Bearer ${options.token}` } };
  const open = (Transport) => new Transport(new URL(options.url), { authProvider: user, fetch, requestInit });
  if (options.transport !== 'both') {
    return connectBy(sdk, user, () => open(options.transport === 'sse' ? sdk.LegacyTransport : sdk.Transport));
  }
  try {
    return await connectBy(sdk, user, () => open(sdk.Transport));
  } catch (error) {
    if (error instanceof sdk.UnauthorizedError) throw error;
    return connectBy(sdk, user, () => open(sdk.LegacyTransport));
  }
}

async function connectBy(sdk, user, open) {
  const first = { client: sdk.newClient(), transport: open() };
  try {
    await first.client.connect(first.transport);
    return first;
  } catch (error) {
    if (!(error instanceof sdk.UnauthorizedError) || user?.answer === undefined) throw error;
  }
  await sdk.finishAuth(first.transport, user.answer);
  const second = { client: sdk.newClient(), transport: open() };
  await second.client.connect(second.transport);
  return second;
}

/** Calls a tool, once more if the person had to be asked for a scope first. */
async function callOrStepUp(sdk, { client, transport }, user, text) {
  const asked = user?.answer;
  try {
    return await callTool(sdk, client, text);
  } catch (error) {
    if (!(error instanceof sdk.UnauthorizedError) || user?.answer === asked) throw error;
  }
  await sdk.finishAuth(transport, user.answer);
  return callTool(sdk, client, text);
}

async function callTool(sdk, client, text) {
  const [, name, json] = /^([^=]+)=?(.*)$/su.exec(text);
  const start = performance.now();
  const elapsed = () => Math.round(performance.now() - start);
  const progress = [];
  const messages = [];
  sdk.onMessage(client, ({ params }) => messages.push({ data: params.data, ms: elapsed() }));
  const result = await sdk.callTool(
    client,
    { arguments: JSON.parse(json || '{}'), name },
    { onprogress: (value) => progress.push({ ms: elapsed(), ...value }) },
  );
  const content = result.content.map((block) => block.text ?? block.type);
  return { content, isError: result.isError ?? false, messages, ms: elapsed(), progress, tool: name };
}

function recordingFetch(requests) {
  return async (url, init) => {
    const entry = { method: init?.method ?? 'GET', url: String(url) };
    requests.push(entry);
    const response = await fetch(url, init);
    entry.status = response.status;
    return response;
  };
}

/** The SDK of `@modelcontextprotocol/sdk`. */
async function loadV1() {
  const { Client } = await import('@modelcontextprotocol/sdk/client/index.js');
  const { StreamableHTTPClientTransport } = await import('@modelcontextprotocol/sdk/client/streamableHttp.js');
  const { SSEClientTransport } = await import('@modelcontextprotocol/sdk/client/sse.js');
  const { UnauthorizedError } = await import('@modelcontextprotocol/sdk/client/auth.js');
  const { ClientCredentialsProvider, PrivateKeyJwtProvider } = await import(
    '@modelcontextprotocol/sdk/client/auth-extensions.js'
  );
  const { LoggingMessageNotificationSchema } = await import('@modelcontextprotocol/sdk/types.js');
  let version;
  class Transport extends StreamableHTTPClientTransport {
    setProtocolVersion(negotiated) {
      version = negotiated;
      super.setProtocolVersion(negotiated);
    }
  }
  return {
    ClientCredentialsProvider,
    PrivateKeyJwtProvider,
    callTool: (client, parameters, more) => client.callTool(parameters, undefined, more),
    finishAuth: (transport, answer) => transport.finishAuth(answer.get('code')),
    LegacyTransport: SSEClientTransport,
    newClient: () => new Client({ name: 'real-client-v1', version: '1.0.0' }),
    onMessage: (client, handler) => client.setNotificationHandler(LoggingMessageNotificationSchema, handler),
    protocol: () => version,
    Transport,
    UnauthorizedError,
  };
}

/** The SDK of `@modelcontextprotocol/client`. */
async function loadV2() {
  const {
    Client,
    ClientCredentialsProvider,
    LOG_LEVEL_META_KEY,
    PrivateKeyJwtProvider,
    SSEClientTransport,
    StreamableHTTPClientTransport,
    UnauthorizedError,
  } = await import('@modelcontextprotocol/client');
  const logged = (parameters) => ({ ...parameters, _meta: { [LOG_LEVEL_META_KEY]: 'debug' } });
  return {
    ClientCredentialsProvider,
    PrivateKeyJwtProvider,
    callTool: (client, parameters, more) => client.callTool(logged(parameters), more),
    finishAuth: (transport, answer) => transport.finishAuth(answer),
    LegacyTransport: SSEClientTransport,
    newClient: () =>
      new Client({ name: 'real-client-v2', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } }),
    onMessage: (client, handler) => client.setNotificationHandler('notifications/message', handler),
    protocol: (client) => client.getNegotiatedProtocolVersion(),
    Transport: StreamableHTTPClientTransport,
    UnauthorizedError,
  };
}
