// The OAuth half of an MCP client on the person's own machine: it keeps its tokens, opens the
// browser, and listens on a loopback port for the answer.

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

import { listen } from './common.mjs';

/** `OAuthClientProvider` of both TypeScript SDKs; keeps everything in memory. */
export class LoopbackClient {
  /** Query of the redirect back to the client (`URLSearchParams`), once there was one. */
  answer;

  /** Where the client's metadata document is, for clients that need no registration. */
  clientMetadataUrl;

  /** Where the browser's answer goes. */
  redirectUrl;

  #client;
  #discovery;
  #listener = createServer();
  #refreshes;
  #state = randomUUID();
  #tokens;
  #verifier;

  /** A client that listens, and registers for refresh tokens or not. */
  static async listening(clientMetadataUrl, refreshes = true) {
    const client = new LoopbackClient();
    client.clientMetadataUrl = clientMetadataUrl;
    client.#refreshes = refreshes;
    client.redirectUrl = `${await listen(client.#listener, 0)}/callback`;
    return client;
  }

  get clientMetadata() {
    return {
      client_name: 'Real client of the tests',
      grant_types: this.#refreshes ? ['authorization_code', 'refresh_token'] : ['authorization_code'],
      redirect_uris: [this.redirectUrl],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    };
  }

  state() {
    return this.#state;
  }

  clientInformation() {
    return this.#client;
  }

  saveClientInformation(client) {
    this.#client = client;
  }

  tokens() {
    return this.#tokens;
  }

  saveTokens(tokens) {
    this.#tokens = tokens;
  }

  codeVerifier() {
    return this.#verifier;
  }

  saveCodeVerifier(verifier) {
    this.#verifier = verifier;
  }

  discoveryState() {
    return this.#discovery;
  }

  saveDiscoveryState(state) {
    this.#discovery = state;
  }

  /** Spoils the access token, as if it had expired: the next request is refused, and the SDK refreshes. */
  spoilAccessToken() {
    this.#tokens = { ...this.#tokens, access_token: `${this.#tokens.access_token}x` };
  }

  /** Asks whoever started the program to open the URL, and waits until the browser is back. */
  async redirectToAuthorization(url) {
    console.log(`open ${url}`);
    this.answer = await this.#callback();
    if (this.answer.get('state') !== this.#state) throw new Error('the state came back changed');
    if (!this.answer.has('code')) throw new Error(`authorization refused: ${this.answer.get('error')}`);
  }

  async #callback() {
    for (;;) {
      const [request, response] = await once(this.#listener, 'request');
      const { pathname, searchParams } = new URL(request.url, this.redirectUrl);
      const isAnswer = pathname === '/callback';
      response.writeHead(isAnswer ? 200 : 404, { connection: 'close', 'content-type': 'text/plain' });
      response.end(isAnswer ? 'You may close this window.\n' : 'Nothing is here.\n');
      if (isAnswer) return searchParams;
    }
  }
}
