// Serves the pages that the gateway was seen to send, as files, for pages that nobody reaches in a short time:
// a full house, a broken disk, twenty connections.

import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';

import { listen } from './common.mjs';

const HEADERS = { 'content-security-policy': "default-src 'none'; style-src 'self'" };

/** Every page of the folder `pages`, as `[name, address]`, with the one stylesheet. */
export async function gallery({ pages, stylesheet }) {
  const files = (await readdir(pages)).filter((it) => it.endsWith('.html')).sort();
  const server = createServer(async (request, response) => {
    const file = request.url.slice(1);
    if (request.url.startsWith('/assets/')) {
      response.writeHead(200, { 'content-type': 'text/css' });
      response.end(await readFile(stylesheet));
    } else if (files.includes(file)) {
      response.writeHead(200, { ...HEADERS, 'content-type': 'text/html; charset=utf-8' });
      response.end(await readFile(join(pages, file)));
    } else {
      response.writeHead(204).end();
    }
  });
  const origin = await listen(server, 0);
  server.unref();
  return { origin, pages: files.map((it) => [it.replace('.html', ''), `${origin}/${it}`]) };
}
