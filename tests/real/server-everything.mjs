// Starts `@modelcontextprotocol/server-everything` over streamable HTTP, or HTTP+SSE, with this folder's manners.
//
// The package listens on every interface, logs to standard output and never ends by itself.
// Here it listens on loopback, prints the `listening on` line and ends with standard input.
//
// Usage: server-everything.mjs [--port N] [--transport streamableHttp|sse]

import { Server } from 'node:net';
import { parseArgs } from 'node:util';

import { announce } from './common.mjs';

const { values } = parseArgs({
  options: { port: { default: '0', type: 'string' }, transport: { default: 'streamableHttp', type: 'string' } },
});

const listenAnywhere = Server.prototype.listen;
Server.prototype.listen = function listen(port, ...rest) {
  this.once('listening', () => announce(`http://127.0.0.1:${this.address().port}`));
  return listenAnywhere.call(this, Number(port), '127.0.0.1', ...rest);
};
console.log = console.error;
process.env.PORT = values.port;
process.argv[2] = values.transport;
await import('@modelcontextprotocol/server-everything/dist/index.js');
