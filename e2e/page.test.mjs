// The page at / in a browser: people copy from it, on any screen, in light and in dark.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { chromium } from 'playwright-core';
import { startSandbox, startServer } from './lib.mjs';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** The tools as the server lists them. */
async function listTools(url) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', 'x-api-key': 'any' },
    body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
  });
  return (await response.json()).result.tools;
}

describe('the page at /', { skip: !existsSync(executablePath) && `there is no ${executablePath}: install chromium` }, () => {
  let sandbox;
  let server;
  let browser;
  before(async () => {
    sandbox = await startSandbox();
    server = await startServer({ ...sandbox.env, WIRO_TOOLSETS: 'all' });
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  });
  after(async () => {
    await browser.close();
    await server.stop();
    await sandbox.stop();
  });

  /** Opens it; anything on the console, and any request elsewhere, fails. */
  async function open(t, options = {}) {
    const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'], ...options });
    const page = await context.newPage();
    const complaints = [];
    page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) complaints.push(message.text()); });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => { if (!request.url().startsWith(server.origin) && !request.url().startsWith('data:')) complaints.push(request.url()); });
    await page.goto(server.origin);
    t.after(async () => {
      await context.close();
      assert.deepEqual(complaints, []);
    });
    return page;
  }

  test('every copy button copies what stands beside it, for this very address', async (t) => {
    const page = await open(t);
    assert.equal(await page.locator('#address').textContent(), `${server.origin}/v1`);
    const tabs = await page.locator('.tabs > label').all();
    assert.ok(tabs.length >= 5);
    const copied = new Set();
    for (const tab of [null, ...tabs]) {
      await tab?.click();
      for (const button of await page.locator('button.copy:visible').all()) {
        const wanted = await page.locator(`#${await button.getAttribute('data-copy')}`).textContent();
        await button.click();
        await button.filter({ hasText: 'Copied' }).waitFor();
        assert.equal(await page.evaluate(() => navigator.clipboard.readText()), wanted);
        assert.ok(wanted.includes(`${server.origin}/v1`), wanted);
        copied.add(wanted);
      }
    }
    assert.equal(copied.size, tabs.length + 1, 'each has a text of its own');
  });

  test('copies without the clipboard of a secure page', async (t) => {
    const page = await open(t);
    await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
    await page.locator('button.copy:visible').first().click();
    await page.locator('[role=status]', { hasText: 'Copied' }).waitFor();
  });

  test('the snippets are valid, and the install links say the same', async (t) => {
    const page = await open(t);
    const snippet = async (id) => JSON.parse(await page.locator(`#snippet-${id}`).textContent());
    const address = `${server.origin}/v1`;
    assert.equal((await snippet('cursor')).mcpServers.wiro.url, address);
    assert.equal((await snippet('vscode')).servers.wiro.url, address);
    assert.equal((await snippet('windsurf')).mcpServers.wiro.serverUrl, address);
    assert.ok((await snippet('claude-desktop')).mcpServers.wiro.args.includes(address));
    const cursor = new URL(await page.locator('#panel-cursor a.install').getAttribute('href'));
    assert.equal(cursor.protocol, 'cursor:');
    assert.equal(JSON.parse(atob(cursor.searchParams.get('config'))).url, address);
    const code = new URL(await page.locator('#panel-vscode a.install').getAttribute('href'));
    assert.equal(code.protocol, 'vscode:');
    assert.equal(JSON.parse(decodeURIComponent(code.search.slice(1))).url, address);
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
        const page = await open(t, { colorScheme, viewport: { width, height: 800 } });
        for (const summary of await page.locator('summary').all()) await summary.click();
        const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        assert.ok(over <= 0, `${over} pixels too wide`);
        const faint = await page.evaluate(contrasts);
        assert.deepEqual(faint, []);
        const dark = await page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).slice(0, 3).every((c) => c < 80));
        assert.equal(dark, colorScheme === 'dark');
        if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/${colorScheme}-${width}.png`, fullPage: true });
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
