// An MCP client for the browser tests: registers, makes authorization requests, listens where the browser
// lands, and redeems what it is brought.

import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

import { listen } from './common.mjs';

const random = () => randomBytes(32).toString('base64url');

export class Client {
  /** Every query that a browser brought to the redirect URI (`URLSearchParams`). */
  answers = [];
  redirectUri;

  #gateway;
  #id;
  #pending = new Map();

  /** A client that is called `name`; without a redirect URI it listens on a loopback port, with `tls` by https. */
  static async registered(gateway, { name = 'Browser test', redirectUri, tls } = {}) {
    const client = new Client();
    client.#gateway = gateway;
    client.redirectUri = redirectUri ?? (await client.#listen(tls));
    const registration = await client.#post('/register', 'application/json', {
      client_name: name,
      redirect_uris: [client.redirectUri],
      token_endpoint_auth_method: 'none',
    });
    client.#id = registration.client_id;
    return client;
  }

  async #listen(tls) {
    const server = tls === undefined ? createServer() : createTlsServer(tls);
    server.on('request', (request, response) => {
      const url = new URL(request.url, this.redirectUri);
      if (url.pathname === '/callback') this.answers.push(url.searchParams);
      response.writeHead(url.pathname === '/callback' ? 200 : 404, { 'content-type': 'text/html' });
      response.end('<!doctype html><title>Client</title><link rel="icon" href="data:,"><h1>Back at the client</h1>');
    });
    const { port } = new URL(await listen(server, 0));
    server.unref();
    return tls === undefined ? `http://127.0.0.1:${port}/callback` : `https://localhost:${port}/callback`;
  }

  get origin() {
    return new URL(this.redirectUri).origin;
  }

  /** A new authorization request, for the address bar. */
  request(parameters = {}) {
    const [state, verifier] = [random(), random()];
    this.#pending.set(state, verifier);
    const query = new URLSearchParams({
      client_id: this.#id,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      redirect_uri: this.redirectUri,
      resource: `${this.#gateway}/mcp`,
      response_type: 'code',
      state,
      ...parameters,
    });
    return `${this.#gateway}/authorize?${query}`;
  }

  /** Redeems the code of an answer; gives the access token. */
  async redeem(answer) {
    if (answer.has('error')) throw new Error(`refused: ${answer.get('error')}`);
    if (answer.get('iss') !== this.#gateway) throw new Error(`the answer is of ${answer.get('iss')}`);
    const verifier = this.#pending.get(answer.get('state'));
    if (verifier === undefined) throw new Error('the state is not one of ours');
    this.#pending.delete(answer.get('state'));
    const tokens = await this.#post('/token', 'application/x-www-form-urlencoded', {
      client_id: this.#id,
      code: answer.get('code'),
      code_verifier: verifier,
      grant_type: 'authorization_code',
      redirect_uri: this.redirectUri,
    });
    return tokens.access_token;
  }

  async #post(path, type, body) {
    const text = type === 'application/json' ? JSON.stringify(body) : new URLSearchParams(body).toString();
    const response = await fetch(`${this.#gateway}${path}`, {
      body: text,
      headers: { 'content-type': type },
      method: 'POST',
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }
}
