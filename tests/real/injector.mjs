// Reverse proxy that adds a bearer token to every request, for clients that cannot send one.
//
// Streams both ways and passes disconnects on. The client believes to talk to the target, so its
// own `Host` and `Origin` are renamed to the target's; any other value, such as a hostile one,
// passes unchanged.
//
// Usage: injector.mjs --target ORIGIN --token TOKEN [--port N]

import { createServer, request as openRequest } from 'node:http';
import { parseArgs } from 'node:util';

import { announce, listen } from './common.mjs';

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const { values } = parseArgs({
  options: { port: { default: '0', type: 'string' }, target: { type: 'string' }, token: { type: 'string' } },
});
const target = new URL(values.target);

const proxy = createServer((incoming, answer) => {
  const outgoing = openRequest({
    agent: false,
    headers: requestHeaders(incoming),
    host: target.hostname,
    method: incoming.method,
    path: incoming.url,
    port: target.port,
  });
  outgoing.on('response', (response) => {
    answer.writeHead(response.statusCode, response.statusMessage, withoutHopByHop(response.rawHeaders));
    answer.flushHeaders();
    response.pipe(answer);
    response.on('close', () => response.complete || answer.destroy());
  });
  outgoing.on('error', () => (answer.headersSent ? answer.destroy() : answer.writeHead(502).end()));
  answer.on('close', () => outgoing.destroy());
  incoming.pipe(outgoing);
});

function requestHeaders(incoming) {
  const headers = withoutHopByHop(incoming.rawHeaders);
  const kept = [];
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index].toLowerCase();
    if (name === 'authorization') continue;
    kept.push(headers[index], renamed(name, headers[index + 1]));
  }
  // `Connection: close` is what `agent: false` says anyway; a raw header list must say it itself.
  return [...kept, 'Authorization', `Bearer ${values.token}`, 'Connection', 'close'];
}

function renamed(name, value) {
  if (name === 'host' && value === new URL(own).host) return target.host;
  return name === 'origin' && value === own ? target.origin : value;
}

function withoutHopByHop(raw) {
  return raw.filter((_, index) => !HOP_BY_HOP.has(raw[index - (index % 2)].toLowerCase()));
}

const own = await listen(proxy, Number(values.port));
announce(own);
