// Accounts are connected to agents through the page that the server serves, in a browser.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { chromium } from 'playwright-core';
import { agree } from './agent-cases.mjs';
import { dial, launch, modern } from './client.mjs';
import { startSandbox, startServer } from './lib.mjs';
import { assertNoSecrets } from './secrets.mjs';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What a user has for each … of a suggested call. */
const users = { appid: '1234567890', appsecret: 'app-secret-of-the-user' };

const services = {
  'facebook-pages': { skill: 'int-facebookpage-post', choice: 'Corner Bakery, Catering', done: /Facebook Pages is connected: Corner Bakery, Catering \(104200000000002\)/ },
  'google-ads': { skill: 'int-googleads-manage', choice: 'Corner Bakery', done: /Google Ads is connected: Corner Bakery \(1234567890\)/ },
  youtube: { skill: 'int-youtube-manage', done: /YouTube is connected: Corner Bakery TV \(UC0000000000000000000001\)/ },
};

describe('consents in a browser', { concurrency: 3, skip: !existsSync(executablePath) && `there is no ${executablePath}: install chromium` }, () => {
  let sandbox;
  let browser;
  before(async () => {
    sandbox = await startSandbox();
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  });
  after(async () => {
    await browser?.close();
    await sandbox?.stop();
  });

  /** A page; anything on its console fails. */
  async function open(t, options = {}) {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    const complaints = [];
    page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) complaints.push(message.text()); });
    page.on('pageerror', (error) => complaints.push(error.message));
    t.after(async () => {
      await context.close();
      assert.deepEqual(complaints, []);
    });
    return page;
  }

  /** The user consents at an address, and chooses if there is anything to choose. */
  async function consent(page, address, choice) {
    await page.goto(address);
    await accessible(page);
    if (choice) await page.getByRole('button').filter({ hasText: new RegExp(`^${choice} \\d`) }).click();
    await page.getByRole('heading', { name: /connected/ }).waitFor();
    assert.equal(new URL(page.url()).search, '', 'the address holds nothing of the account');
    await accessible(page);
    return page.locator('h1').textContent();
  }

  async function accessible(page) {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), []);
  }

  /** An agent that needs an account of the service, as far as entering fields brings it. */
  async function deploy(s, service) {
    const { asked, data } = await agree(s, 'deploy_agent', { custom: true, title: 'Desk', skills: { [services[service].skill]: true } });
    assert.match(asked.text, new RegExp(`${service} needs .*connect_agent_account with provider ${service}`), 'the price comes with what the agent needs');
    let next = await s.call('get_my_agent', { useragentguid: data.agent.useragentguid });
    if (next.data.nextAction.tool === 'set_agent_credentials') {
      const { fields, ...rest } = next.data.nextAction.arguments;
      next = await s.call('set_agent_credentials', { ...rest, fields: fields.map((f) => (f.fieldvalue === '…' ? { ...f, fieldvalue: users[f.fieldname] } : f)) });
      assert.match(next.text, /Still missing: .* needs an account/);
    }
    assert.equal(next.data.nextAction.tool, 'connect_agent_account');
    return next;
  }

  async function stdio(t, options = {}) {
    const s = await launch({ env: { ...sandbox.env, WIRO_TOOLSETS: 'default' }, ...options });
    t.after(async () => {
      await s.close();
      for (const [what, text] of [['a result', s.results.join('\n')], ['the log', s.transport.log]]) {
        assertNoSecrets(text, what);
        assert.ok(!text.includes(users.appsecret), what);
      }
      assert.ok(!s.transport.log.includes('/connected/'), 'the log holds no address of a page');
    });
    return s;
  }

  for (const service of Object.keys(services)) {
    const { choice, done } = services[service];

    test(`${service} over stdio, through a page on this machine`, async (t) => {
      const s = await stdio(t);
      const link = await s.follow(await deploy(s, service));
      assert.equal(link.data.state, 'authorization_required');
      const page = await open(t, { colorScheme: 'dark', viewport: { width: 360, height: 640 } });
      assert.match(await consent(page, link.data.authorizeUrl, choice), /is connected/);
      assert.match(page.url(), /^http:\/\/127\.0\.0\.1:\d+\/connected\/[A-Z2-7]{26}$/);
      const connected = await s.follow(link);
      assert.match(connected.text, done);
      assert.match(connected.text, /Nothing is missing: the agent can be started/);
      assert.equal((await s.follow(connected)).data.agent.status, 'running');
      await assert.rejects(async () => { for (;;) await fetch(page.url()); }, 'the listener ends with its consent');
    });
  }

  test('the call that waits gets what the user does meanwhile', async (t) => {
    const s = await stdio(t);
    const link = await s.follow(await deploy(s, 'google-ads'));
    const waiting = s.follow(link);
    const page = await open(t);
    await consent(page, link.data.authorizeUrl, services['google-ads'].choice);
    assert.match((await waiting).text, services['google-ads'].done);
  });

  for (const version of ['2025-11-25', modern]) {
    test(`a client that opens pages, ${version}`, async (t) => {
      const page = await open(t);
      const s = await stdio(t, {
        version,
        capabilities: { elicitation: { url: {} } },
        onElicit: async ({ mode, url, message }) => {
          assert.equal(mode, 'url');
          assert.match(message, /Let the agent use your YouTube account\?/);
          await consent(page, url);
          return { action: 'accept' };
        },
      });
      const connected = await s.follow(await deploy(s, 'youtube'));
      assert.equal(connected.data.state, 'connected');
      assert.match(connected.text, services.youtube.done);
    });
  }

  test('over HTTP, through the page of the server', async (t) => {
    const server = await startServer({ ...sandbox.env, WIRO_TOOLSETS: 'default' });
    const { WIRO_API_KEY: key, WIRO_API_SECRET: secret } = sandbox.env;
    const s = await dial({ url: `${server.origin}/v1`, headers: { Authorization: `Bearer ${secret ? `${key}:${secret}` : key}` } });
    t.after(async () => {
      await s.close();
      await server.stop();
      assertNoSecrets(s.results.join('\n'), 'a result');
      for (const secret of [key, users.appsecret, '/connected/', 'fb_pages']) assert.ok(!server.program.stderr.includes(secret), secret);
    });
    const link = await s.follow(await deploy(s, 'facebook-pages'));
    const page = await open(t);
    const waiting = s.follow(link);
    assert.match(await consent(page, link.data.authorizeUrl, services['facebook-pages'].choice), /connected/);
    assert.ok(page.url().startsWith(`${server.origin}/connected/`), page.url());
    const connected = await waiting;
    assert.match(connected.text, services['facebook-pages'].done);
    await page.reload();
    assert.match(await page.locator('h1').textContent(), /Facebook Pages is connected/, 'the page goes on saying how it ended');
    assert.equal((await s.call('connect_agent_account', link.data.nextAction.arguments)).data.state, 'authorization_required', 'the next consent is another');
    assert.equal((await s.follow(connected)).data.agent.status, 'running');
    assert.doesNotMatch(s.results.join('\n'), /WIRO_[A-Z]+/, 'nobody is told to change the settings of a server that is not theirs');
  });
});
