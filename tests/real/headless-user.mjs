// The person in front of the MCP client: opens the authorization URL and follows its redirects.

import { randomUUID } from 'node:crypto';

const REDIRECT_URI = 'http://127.0.0.1:33418/callback';

/** `OAuthClientProvider` of both TypeScript SDKs; keeps everything in memory. */
export class HeadlessUser {
  /** Query of the redirect back to the client (`URLSearchParams`), once there was one. */
  answer;

  #client;
  #state = randomUUID();
  #tokens;
  #verifier;

  get redirectUrl() {
    return REDIRECT_URI;
  }

  get clientMetadata() {
    return {
      client_name: 'Real client of the tests',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: [REDIRECT_URI],
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

  /** Nobody listens on the redirect URI: the answer is read from the redirect itself. */
  async redirectToAuthorization(url) {
    let next = url;
    while (!next.href.startsWith(REDIRECT_URI)) {
      const response = await fetch(next, { redirect: 'manual' });
      const location = response.headers.get('location');
      if (location === null) throw new Error(`authorization stopped at ${next} with ${response.status}`);
      next = new URL(location, next);
    }
    if (next.searchParams.get('state') !== this.#state) throw new Error('the state came back changed');
    if (!next.searchParams.has('code')) throw new Error(`authorization refused: ${next.search}`);
    this.answer = next.searchParams;
  }
}
