// Signing in on the page at /authorize, in a browser, with the official client.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import { fillIn, launchBrowser, noBrowser, secrets, startHosted } from './oauth.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** A program on the user's device that signs in: it waits for the answer at an address of its own. */
async function startProgram(metadata = {}) {
  const answers = createServer((request, response) => response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>done</title>signed in'));
  answers.listen(0, '127.0.0.1');
  await once(answers, 'listening');
  const redirectUrl = `http://127.0.0.1:${answers.address().port}/callback`;
  const kept = {};
  const program = {
    kept,
    redirectUrl,
    clientMetadata: { client_name: 'E2E Studio', redirect_uris: [redirectUrl], grant_types: ['authorization_code', 'refresh_token'], ...metadata },
    state: () => 'st4te',
    clientInformation: () => kept.client,
    saveClientInformation(client) { kept.client = client; },
    tokens: () => kept.tokens,
    saveTokens(tokens) { kept.tokens = tokens; },
    saveCodeVerifier(verifier) { kept.verifier = verifier; },
    codeVerifier: () => kept.verifier,
    redirectToAuthorization(url) { kept.authorization = String(url); },
    invalidateCredentials(scope) {
      if (scope === 'all' || scope === 'tokens') delete kept.tokens;
      if (scope === 'all' || scope === 'client') delete kept.client;
    },
    stop: () => new Promise((resolve) => {
      answers.close(resolve);
      answers.closeAllConnections();
    }),
  };
  return program;
}

describe('signing in', { concurrency: 2, skip: noBrowser }, () => {
  let browser;
  let hosted;
  before(async () => {
    browser = await launchBrowser();
    hosted = await startHosted();
  });
  after(async () => {
    await browser?.close();
    await hosted?.stop();
  });

  /** Connects; the error is UnauthorizedError where a person has to sign in, who is sent to kept.authorization. */
  async function connect(at, program) {
    const client = new Client({ name: 'E2E Studio', version: '1' });
    const transport = new StreamableHTTPClientTransport(new URL(at.url), { authProvider: program });
    await client.connect(transport);
    return { client, transport, call: (name, args) => client.callTool({ name, arguments: args }) };
  }

  /** Has the program's user sign in, and connects. */
  async function signIn(t, at, program, how = {}) {
    const transport = new StreamableHTTPClientTransport(new URL(at.url), { authProvider: program });
    await assert.rejects(new Client({ name: 'E2E Studio', version: '1' }).connect(transport), UnauthorizedError);
    const shown = await fillIn(browser, program.kept.authorization, { key: at.key, name: /Connect E2E Studio to Wiro/, ...how });
    const answer = new URL(shown.page.url());
    await shown.close();
    assert.equal(answer.origin + answer.pathname, program.redirectUrl);
    assert.equal(answer.searchParams.get('state'), 'st4te');
    assert.equal(answer.searchParams.get('iss'), at.origin);
    await transport.finishAuth(answer.searchParams);
    const connection = await connect(at, program);
    t.after(() => connection.client.close());
    return connection;
  }

  /** A program, until the test ends. */
  async function withProgram(t, metadata) {
    const program = await startProgram(metadata);
    t.after(() => program.stop());
    return program;
  }

  test('the page is usable without script, on a phone, in the dark, and by axe', async (t) => {
    const program = await withProgram(t);
    await assert.rejects(connect(hosted, program), UnauthorizedError);
    for (const options of [{}, { viewport: { width: 320, height: 560 }, isMobile: true, colorScheme: 'dark' }]) {
      const context = await browser.newContext(options);
      const page = await context.newPage();
      const complaints = [];
      page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) complaints.push(message.text()); });
      page.on('request', (request) => { if (!request.url().startsWith(hosted.origin)) complaints.push(request.url()); });
      await page.goto(program.kept.authorization);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
      assert.equal(wide, false, 'nothing is cut off at the side');
      assert.deepEqual(complaints, []);
      const session = await context.newCDPSession(page); // the policy of the page keeps scripts out, axe too
      await session.send('Page.setBypassCSP', { enabled: true });
      await page.reload();
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => window.axe.run());
      assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]), []);
      await context.close();
    }
    const connection = await signIn(t, hosted, program, { options: { javaScriptEnabled: false, viewport: { width: 320, height: 560 } } });
    assert.ok((await connection.client.listTools()).tools.length > 10);
  });

  test('by keyboard alone: everything is reached in order, a wrong key is said and the rest kept', async (t) => {
    const program = await withProgram(t);
    await assert.rejects(connect(hosted, program), UnauthorizedError);
    const page = await (await browser.newContext()).newPage();
    t.after(() => page.context().close());
    await page.goto(program.kept.authorization);
    const visited = [];
    for (let i = 0; i < 40 && !visited.includes('BODY'); i++) {
      await page.keyboard.press('Tab');
      const at = await page.evaluate(() => document.activeElement.id || document.activeElement.name || document.activeElement.tagName);
      visited.push(at);
      if (at === 'SUMMARY') await page.keyboard.press('Enter'); // the limits
      if (at === 'readonly') await page.keyboard.press('Space');
    }
    for (const field of ['key', 'secret', 'SUMMARY', 'readonly', 'toolset']) assert.ok(visited.includes(field), `${field} among ${visited}`);
    assert.ok(visited.indexOf('key') < visited.indexOf('secret'));
    await page.focus('#key');
    await page.keyboard.type('not-the-key-of-anybody');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#key-problem');
    assert.match(await page.textContent('#key-problem'), /Wiro does not accept this key/);
    assert.equal(await page.inputValue('#key'), '', 'a key is never shown again');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'key');
    assert.equal(await page.isChecked('[name=readonly]'), true);
    await page.keyboard.type(hosted.key);
    await Promise.all([page.waitForURL(/\/callback\?/), page.keyboard.press('Enter')]);
  });

  test('limits hold, and a person who declines is taken back', async (t) => {
    const program = await withProgram(t);
    const connection = await signIn(t, hosted, program, {
      edit: async (page) => {
        await page.click('summary');
        await page.check('[name=readonly]');
        await page.uncheck('[name=toolset][value=agents]');
      },
    });
    const names = (await connection.client.listTools()).tools.map(({ name }) => name);
    assert.ok(names.includes('search_models') && !names.includes('run_model') && !names.includes('list_my_agents'), names.join(' '));

    const other = await withProgram(t);
    await assert.rejects(connect(hosted, other), UnauthorizedError);
    const page = await (await browser.newContext()).newPage();
    t.after(() => page.context().close());
    await page.goto(other.kept.authorization);
    await Promise.all([page.waitForURL(/\/callback\?/), page.click('[value=cancel]')]);
    assert.equal(new URL(page.url()).searchParams.get('error'), 'access_denied');
  });

  test('other sites neither frame the page nor send its form', async (t) => {
    const program = await withProgram(t);
    await assert.rejects(connect(hosted, program), UnauthorizedError);
    const request = await (await fetch(program.kept.authorization)).text();
    const sealed = request.match(/name="request" value="([^"]+)"/)[1];
    const evil = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end(`<!doctype html><title>evil</title>
      <iframe src="${program.kept.authorization.replaceAll('&', '&amp;')}"></iframe>
      <form method="post" action="${hosted.origin}/authorize"><input name="request" value="${sealed}"><input name="key" value="${hosted.key}"><button>go</button></form>`));
    evil.listen(0, 'localhost');
    await once(evil, 'listening');
    t.after(() => { evil.closeAllConnections(); evil.close(); });
    const page = await (await browser.newContext()).newPage();
    t.after(() => page.context().close());
    const complaints = [];
    page.on('console', (message) => complaints.push(message.text()));
    await page.goto(`http://localhost:${evil.address().port}/`, { waitUntil: 'load' });
    assert.match(complaints.join('\n'), /frame-ancestors|X-Frame-Options/);
    const [response] = await Promise.all([page.waitForResponse((r) => r.url() === `${hosted.origin}/authorize` && r.request().method() === 'POST'), page.click('button')]);
    assert.equal(response.status(), 403);
    assert.match(await page.textContent('body'), /sent from another site/);
  });

  test('a run, a refresh, a rotated key, and a key that Wiro revoked', async (t) => {
    const at = await startHosted();
    t.after(() => at.stop());
    const program = await withProgram(t);
    let connection = await signIn(t, at, program);
    const run = () => connection.call('run_model', { model: 'sandbox/echo', params: { prompt: 'hello' } });
    assert.equal((await run()).structuredContent.state, 'completed');

    const first = program.kept.tokens;
    program.kept.tokens = { ...first, access_token: `${first.access_token.slice(0, -4)}AAAA` }; // as if it were too old
    assert.equal((await run()).structuredContent.state, 'completed');
    assert.notEqual(program.kept.tokens.refresh_token, first.refresh_token);
    await at.saw('token', 'refreshed');
    assert.deepEqual(at.outcomes('token'), ['issued', 'refreshed']);

    await at.restart(secrets[1], secrets[0]);
    connection = await connect(at, program);
    t.after(() => connection.client.close());
    assert.equal((await run()).structuredContent.state, 'completed', 'tokens of the old key still open');
    program.kept.tokens = { ...program.kept.tokens, access_token: first.refresh_token }; // no access token at all
    assert.equal((await run()).structuredContent.state, 'completed');
    await at.restart(secrets[1]);
    connection = await connect(at, program);
    t.after(() => connection.client.close());
    assert.equal((await run()).structuredContent.state, 'completed', 'a refresh sealed with the new key');
    assert.equal(at.outcomes('register').length, 1, 'nobody had to register again');
    assert.equal(at.outcomes('authorize').filter((outcome) => outcome === 'issued').length, 1, 'or to sign in');

    at.revoke();
    assert.equal((await run()).isError, true);
    delete program.kept.authorization;
    await assert.rejects(run(), UnauthorizedError);
    assert.ok(program.kept.authorization, 'the person is asked to sign in again');
    await at.saw('token', 'invalid_client'); // it registered under a secret that is gone
    assert.ok(!at.log().includes(at.key), 'no line of the log has the key');
    for (const token of [first.access_token, first.refresh_token, program.kept.verifier]) assert.ok(!at.log().includes(token));
  });
});
