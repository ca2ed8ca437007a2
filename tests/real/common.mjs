// What every program of this folder does the same way: its port, its first line, its end.

import { once } from 'node:events';

/**
 * Listens on loopback and returns the origin, for example `http://127.0.0.1:49152`.
 * Port 0 takes any free port.
 */
export async function listen(server, port) {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${server.address().port}`;
}

/** Prints the line a test waits for, and ends the program when its standard input closes. */
export function announce(origin) {
  process.stdin.resume();
  process.stdin.once('close', () => process.exit(0));
  process.stdout.write(`listening on ${origin}\n`);
}

/** Resolves after `milliseconds`. */
export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
