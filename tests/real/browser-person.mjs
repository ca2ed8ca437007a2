// What a person does on the pages, and where they come out.

/** Presses a button of a decision. */
export const decide = (page, decision) => page.click(`button[name="decision"][value="${decision}"]`);

/** Goes back, once the page is all there: while it still takes over from the last one, Chromium refuses. */
export async function back(page) {
  await page.waitForLoadState();
  await page.goBack();
}

/** What the page is called. */
export const heading = (page) => page.locator('h1').innerText();

/** Types name and password of the built-in account and sends them. */
export async function typePassword(page, password = 'wonderland-of-the-tests') {
  await page.fill('#username', 'alice');
  await page.fill('#password', password);
  await page.click('button.main');
}

/** Signs in on the pages of the third party. */
export async function signInAtCorp(page, login, password) {
  await page.fill('[name="login"]', login);
  await page.fill('[name="password"]', password);
  await decide(page, 'sign-in');
  await decide(page, 'allow');
}

/** Waits until the browser is back at the client, and gives what it brought. */
export async function landed(page, client) {
  await page.waitForURL((url) => url.href.startsWith(client.redirectUri));
  return client.answers.at(-1);
}

/** From the address bar to the client, by the built-in account. */
export async function connect(page, client) {
  await page.goto(client.request());
  await decide(page, 'provider:local');
  await typePassword(page);
  return landed(page, client);
}
