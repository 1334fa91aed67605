// A hosted server that people sign in to, and the person who does.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { startSandbox, startServer } from './lib.mjs';
import { startProxy } from './proxy.mjs';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Why no sign-in can be tried; false where it can. */
export const noBrowser = !existsSync(executablePath) && `there is no ${executablePath}: install chromium`;

export const launchBrowser = () => chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });

/** Secrets to seal with. */
export const secrets = ['first', 'second'].map((name) => `${name} secret of 32 or more characters`);

/**
 * Starts a server with OAuth at an address that stays while the server behind it is replaced, as behind a balancer.
 * Wiro is an emulator that can be made to refuse the key.
 */
export async function startHosted() {
  const sandbox = await startSandbox();
  const { WIRO_API_KEY: key, WIRO_API_BASE_URL: api, ...env } = sandbox.env;
  const refusal = {}; // headers in place of the caller's
  const wiro = await startProxy([new URL(api).origin], refusal);
  const behind = [''];
  const front = await startProxy(behind);
  let server;
  let log = '';
  const hosted = {
    key,
    origin: front.origin,
    url: `${front.origin}/mcp`,
    /** Replaces the server by one with these secrets, newest first. */
    async restart(...list) {
      const next = await startServer({
        ...env, WIRO_API_BASE_URL: wiro.origin + new URL(api).pathname, WIRO_OAUTH_SECRET: list.join(','), WIRO_LOG_LEVEL: 'trace', WIRO_SHUTDOWN_GRACE: '1s',
      });
      behind[0] = next.origin;
      log = hosted.log();
      const last = server;
      server = next;
      await last?.stop();
    },
    /** All that was logged, at the level trace. */
    log: () => log + (server?.program.stderr ?? ''),
    /** The outcomes of the requests to an endpoint of the sign-in. */
    outcomes: (endpoint) => hosted.log().split('\n').filter((line) => line.includes(`"endpoint":"${endpoint}"`)).map((line) => JSON.parse(line).outcome),
    /** Waits until something is in the log: the server holds lines back for a moment. */
    async logged(what, is) {
      for (const end = Date.now() + 10_000; !is(); await setTimeout(10)) assert.ok(Date.now() < end, what());
    },
    /** Waits until an outcome is the last one that the log has of an endpoint. */
    saw: (endpoint, outcome) => hosted.logged(() => `${endpoint}: ${hosted.outcomes(endpoint)}, not ${outcome}`, () => hosted.outcomes(endpoint).at(-1) === outcome),
    /** Has Wiro refuse the key from now on. */
    revoke() { refusal['x-api-key'] = 'a-key-that-nobody-has'; },
    async stop() {
      await front.stop();
      await server?.stop();
      await wiro.stop();
      await sandbox.stop();
    },
  };
  await hosted.restart(secrets[0]);
  return hosted;
}

/** Opens the page at /authorize and fills it in as a person does, who sees who asks; returns the page that the client shows then. */
export async function fillIn(browser, address, { key, name, options = {}, edit }) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const response = await page.goto(address);
  assert.equal(response.status(), 200, await page.textContent('body'));
  if (name) assert.match(await page.textContent('h1'), name);
  await edit?.(page);
  await page.fill('#key', key);
  await Promise.all([page.waitForURL((url) => url.origin !== new URL(address).origin, { waitUntil: 'commit' }), page.press('#key', 'Enter')]);
  return { page, close: () => context.close() };
}
