// The page at / in a browser: people copy from it, on any screen, in light and in dark.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { chromium } from 'playwright-core';
import { startSandbox, startServer } from './lib.mjs';
import { startProxy } from './proxy.mjs';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const key = 'typed-key_1.2~3:secret+/=';

/** The tools as the server lists them. */
async function listTools(url) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', 'x-api-key': 'any' },
    body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
  });
  return (await response.json()).result.tools;
}

describe('the page at /', { concurrency: 3, skip: !existsSync(executablePath) && `there is no ${executablePath}: install chromium` }, () => {
  let sandbox;
  let server;
  let demo; // with the emulator inside
  let browser;
  before(async () => {
    sandbox = await startSandbox();
    server = await startServer({ ...sandbox.env, WIRO_TOOLSETS: 'all' });
    demo = await startServer({ WIRO_TOOLSETS: 'all' }, '--sandbox');
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  });
  after(async () => {
    await browser?.close();
    await demo?.stop();
    await server?.stop();
    await sandbox?.stop();
  });

  /** Opens it; anything on the console, and any request elsewhere, fails. */
  async function open(t, { at = server.origin, ...options } = {}) {
    const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'], ...options });
    const page = await context.newPage();
    const complaints = [];
    page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) complaints.push(message.text()); });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => { if (!request.url().startsWith(new URL(at).origin) && !request.url().startsWith('data:')) complaints.push(request.url()); });
    const response = await page.goto(at);
    assert.doesNotMatch(response.headers()['content-security-policy'], /unsafe|\*|https?:/);
    t.after(async () => {
      await context.close();
      assert.deepEqual(complaints, []);
    });
    return page;
  }

  test('every copy button copies what stands beside it, for this very address', async (t) => {
    const page = await open(t);
    assert.equal(await page.locator('#address').textContent(), `${server.origin}/v1`);
    await page.evaluate(() => { window.setTimeout = () => 0; }); // what a button says stays, however slow the machine is
    const tabs = await page.locator('.tabs > label').all();
    assert.ok(tabs.length >= 21);
    const copied = new Set();
    for (const tab of [null, ...tabs]) {
      await tab?.click();
      for (const button of await page.locator(tab ? '.panel button.copy:visible' : '.address button.copy').all()) {
        const wanted = await page.locator(`#${await button.getAttribute('data-copy')}`).textContent();
        await button.click();
        await button.filter({ hasText: 'Copied' }).waitFor();
        assert.equal(await page.evaluate(() => navigator.clipboard.readText()), wanted);
        assert.ok(wanted.includes(`${server.origin}/v1`), wanted);
        copied.add(await button.getAttribute('aria-label'));
      }
    }
    assert.ok(copied.size > tabs.length, 'each has a text of its own');
  });

  test('copies without the clipboard of a secure page', async (t) => {
    const page = await open(t);
    await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
    await page.locator('button.copy:visible').first().click();
    await page.locator('[role=status]', { hasText: 'Copied' }).waitFor();
  });

  test('the snippets are valid, and the install links say the same', async (t) => {
    const page = await open(t);
    const address = `${server.origin}/v1`;
    const snippet = async (id) => JSON.parse((await page.locator(`#snippet-${id}`).textContent()).replaceAll(/,(\s*[}\]])/g, '$1'));
    for (const id of ['cursor', 'claude-code', 'gemini-cli', 'cline', 'roo-code', 'copilot-cli', 'kiro', 'lm-studio', 'warp']) {
      const { wiro } = (await snippet(id)).mcpServers;
      assert.equal(wiro.url, address, id);
      assert.equal(wiro.headers.Authorization, 'Bearer YOUR_API_KEY', id);
    }
    assert.equal((await snippet('vscode')).servers.wiro.url, address);
    assert.equal((await snippet('devin')).mcpServers.wiro.url, address);
    assert.equal((await snippet('antigravity')).mcpServers.wiro.serverUrl, address);
    assert.ok((await snippet('claude-desktop')).mcpServers.wiro.args.includes(address));
    assert.match(await page.locator('#snippet-codex').textContent(), /^\[mcp_servers\.wiro\]\nurl = /);
    assert.equal(await page.locator('#command-claude-code').textContent(),
      `claude mcp add --transport http wiro ${address} --header "Authorization: Bearer YOUR_API_KEY"`);
  });

  test('each deeplink carries what its client takes, and the key only where no website gets it', async (t) => {
    const page = await open(t);
    await page.locator('#key-field').fill(key);
    const address = `${server.origin}/v1`;
    const bearer = { Authorization: `Bearer ${key}` };
    const links = new Map(await page.locator('a.install').evaluateAll((all) => all.map((a) => [a.textContent.replace('Add to ', ''), a.getAttribute('href')])));
    const link = (title) => new URL(links.get(title));
    const named = (title) => JSON.parse(decodeURIComponent(link(title).search.slice(1)));
    assert.deepEqual([...links.keys()].toSorted(), ['Cursor', 'Goose', 'Kiro', 'LM Studio', 'VS Code', 'VS Code Insiders', 'Visual Studio']);
    for (const [title, protocol] of [['Cursor', 'cursor:'], ['LM Studio', 'lmstudio:']]) {
      assert.equal(link(title).protocol, protocol);
      assert.equal(link(title).searchParams.get('name'), 'wiro');
      assert.deepEqual(JSON.parse(atob(link(title).searchParams.get('config'))), { url: address, headers: bearer });
    }
    for (const [title, start] of [['VS Code', 'vscode:mcp/install?'], ['VS Code Insiders', 'vscode-insiders:mcp/install?'], ['Visual Studio', 'https://aka.ms/vs/mcp-install?']]) {
      assert.ok(links.get(title).startsWith(start), links.get(title));
      const { name, url, headers, inputs } = named(title);
      assert.deepEqual([name, url, headers.Authorization, inputs[0].password], ['wiro', address, `Bearer \${input:${inputs[0].id}}`, true]);
    }
    assert.deepEqual(JSON.parse(link('Kiro').searchParams.get('config')), { url: address, headers: { Authorization: 'Bearer ${WIRO_API_KEY}' } });
    const goose = link('Goose').searchParams;
    assert.deepEqual([goose.get('type'), goose.get('url'), goose.get('name')], ['streamable_http', address, 'Wiro']);
    const [header, value] = goose.get('header').split('='); // as Goose does
    assert.deepEqual([header, decodeURIComponent(value)], ['Authorization', bearer.Authorization]);
    for (const [title, href] of links) {
      if (href.startsWith('https:')) assert.ok(!decodeURIComponent(href).includes('typed-key'), `${title} sends the key away`);
    }
  });

  test('a typed key is filled in and goes nowhere', async (t) => {
    const page = await open(t);
    const requests = [];
    page.on('request', (request) => requests.push(request.url()));
    await page.getByLabel('Your key').fill(`  ${key} `);
    assert.match(await page.locator('#snippet-cursor').textContent(), /Bearer typed-key_1\.2~3:secret\+\/="/);
    assert.match(await page.locator('#snippet-other').textContent(), /Bearer typed-key/);
    assert.equal(await page.getByLabel('Your key').getAttribute('type'), 'password');
    await page.getByRole('button', { name: 'Show the key' }).click();
    assert.equal(await page.getByLabel('Your key').getAttribute('type'), 'text');
    assert.deepEqual(requests, []);
    assert.ok(!page.url().includes('key'));
    assert.deepEqual(await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]), [0, 0, '']);
    await page.getByLabel('Your key').fill('key"; rm -rf $HOME #');
    await page.getByRole('alert').filter({ hasText: 'not a Wiro key' }).waitFor();
    assert.match(await page.locator('#snippet-other').textContent(), /Bearer YOUR_API_KEY/);
    await page.reload();
    assert.equal(await page.getByLabel('Your key').inputValue(), '');
  });

  test('the search shows models and their prices, with the key of the emulator', async (t) => {
    const page = await open(t, { at: demo.origin });
    assert.ok(await page.getByLabel('Your key').inputValue(), 'the key is filled in');
    const [request] = await Promise.all([
      page.waitForRequest((r) => r.method() === 'POST'),
      page.getByLabel('Search the models').fill('video').then(() => page.keyboard.press('Enter')),
    ]);
    assert.equal(request.url(), `${demo.origin}/v1`);
    assert.equal(request.postDataJSON().params.name, 'search_models');
    await page.locator('#results li').nth(7).waitFor();
    assert.match(await page.getByRole('status').filter({ hasText: 'models' }).textContent(), /^\d+ models, the first 8:$/);
    for (const price of await page.locator('.price').allTextContents()) assert.match(price, /\$|unknown/);
    await page.getByLabel('Search the models').fill('zzzqqq');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByText('No model has these words.').waitFor();
  });

  test('a search without a key asks for it, and a wrong key is told', async (t) => {
    const page = await open(t);
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByText('Put your key into the field').waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), 'key-field');
    await page.keyboard.type('some-wrong-key');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.locator('#found', { hasText: /key/i }).filter({ hasNotText: 'Put your key' }).waitFor();
    assert.equal(await page.locator('#results li').count(), 0);
    assert.ok(!(await page.locator('#found').textContent()).includes('some-wrong-key'));
  });

  test('behind a proxy with a path prefix the addresses and the search are right', async (t) => {
    const proxy = await startProxy([demo.origin], {}, '/tools/wiro');
    t.after(() => proxy.stop());
    const page = await open(t, { at: `${proxy.origin}/tools/wiro/` });
    assert.equal(await page.locator('#address').textContent(), `${proxy.origin}/tools/wiro/v1`);
    assert.match(await page.locator('#snippet-zed').textContent(), new RegExp(`"${proxy.origin}/tools/wiro/v1"`));
    await page.getByRole('button', { name: 'Search' }).click();
    await page.locator('#results li').first().waitFor();
  });

  test('without JavaScript it still says how to connect', async (t) => {
    const page = await open(t, { javaScriptEnabled: false });
    assert.match(await page.locator('#snippet-other').textContent(), new RegExp(`curl ${server.origin}/v1`));
    assert.equal(await page.locator('#key-field').isVisible(), false);
    assert.equal(await page.locator('#search').isVisible(), false);
  });

  test('the keyboard goes through it in order, and shows where it is', async (t) => {
    const page = await open(t, { at: demo.origin });
    const reached = [];
    for (let i = 0; i < 30; i++) {
      await page.keyboard.press('Tab');
      const at = await page.evaluate(() => {
        const e = document.activeElement;
        const ring = getComputedStyle(e.matches('.tabs input') ? e.nextElementSibling : e);
        return [e.id || e.dataset.copy || e.textContent.slice(0, 20).trim(), ring.outlineStyle];
      });
      assert.equal(at[1], 'solid', `${at[0]} has a ring`);
      reached.push(at[0]);
      if (at[0] === 'go') break;
    }
    const order = ['address', 'key-field', 'reveal', 'tab-cursor', 'Add to Cursor', 'snippet-cursor', 'words', 'go'].map((name) => reached.indexOf(name));
    assert.ok(order.every((at, i) => at >= 0 && at > (order[i - 1] ?? -1)), reached.join(', '));
    await page.locator('#tab-cursor').focus();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('link', { name: 'Add to VS Code', exact: true }).waitFor();
  });

  test('it is small', async () => {
    const size = (await (await fetch(server.origin)).arrayBuffer()).byteLength;
    assert.ok(size < 60_000, `${size} bytes`);
  });

  test('every tool is listed', async (t) => {
    const page = await open(t);
    const shown = await page.locator('details dt code').allTextContents();
    const tools = await listTools(`${server.origin}/v1`);
    assert.deepEqual(shown.toSorted(), tools.map(({ name }) => name).toSorted());
  });

  for (const colorScheme of ['light', 'dark']) {
    for (const [device, width] of [['a phone', 320], ['a desk', 1280]]) {
      test(`${colorScheme} on ${device}: it is legible and nothing sticks out`, async (t) => {
        const page = await open(t, { at: demo.origin, colorScheme, viewport: { width, height: 800 } });
        await page.getByRole('button', { name: 'Search' }).click();
        await page.locator('#results li').first().waitFor();
        if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/page-${colorScheme}-${width}.png`, fullPage: true });
        for (const summary of await page.locator('summary').all()) await summary.click();
        const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        assert.ok(over <= 0, `${over} pixels too wide`);
        const faint = await page.evaluate(contrasts);
        assert.deepEqual(faint, []);
        const dark = await page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).slice(0, 3).every((c) => c < 80));
        assert.equal(dark, colorScheme === 'dark');
        for (const client of ['cursor', 'kiro', 'codex', 'other']) {
          await page.locator(`label[for=tab-${client}]`).click();
          assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${client} sticks out`);
          await page.evaluate(axe);
          const { violations } = await page.evaluate(() => globalThis.axe.run());
          assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ').slice(0, 300)}`), []);
        }
      });
    }
  }
});

/** Runs in the page: the texts whose contrast with what is behind them is below 4.5 to 1. */
function contrasts() {
  const rgb = (color) => (color.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const color = rgb(getComputedStyle(element).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll('main *')].filter((element) => {
    const own = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
    if (!own || !element.checkVisibility()) return false;
    const [high, low] = [rgb(getComputedStyle(element).color), behind(element)].map(luminance).sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05) < 4.5;
  }).map((element) => `${element.tagName} ${element.className}: ${element.textContent.slice(0, 40)}`);
}
