// The view of results (MCP Apps) in a browser, behind the official bridge, with the emulator's outputs.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { startSandbox, startServer } from './lib.mjs';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const picture = 'black-forest-labs/flux-2-pro';
const pictures = 'google/imagen-v4-fast'; // takes samples

describe('the view of results', { concurrency: 3, skip: !existsSync(executablePath) && `there is no ${executablePath}: install chromium` }, () => {
  let sandbox;
  let server;
  let browser;
  let hostServer;
  let hostOrigin;
  before(async () => {
    const { outputFiles: [script] } = await build({
      entryPoints: [path.join(import.meta.dirname, 'viewer/host.mjs')], bundle: true, format: 'esm', platform: 'browser', write: false, logLevel: 'error',
    });
    const page = '<!doctype html><html lang="en"><meta charset="utf-8"><title>host</title><style>body { margin: 16px; background: light-dark(#fff, #1e1e21) }'
      + ' iframe { width: 100%; border: 0; display: block }</style><body><script type="module" src="/host.mjs"></script>';
    hostServer = createServer((request, response) => {
      const isScript = request.url === '/host.mjs';
      response.writeHead(200, { 'Content-Type': isScript ? 'text/javascript' : 'text/html' }).end(isScript ? script.text : page);
    });
    await new Promise((resolve) => { hostServer.listen(0, '127.0.0.1', resolve); });
    hostOrigin = `http://127.0.0.1:${hostServer.address().port}`;
    sandbox = await startSandbox();
    server = await startServer(sandbox.env);
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  });
  after(async () => {
    await browser?.close();
    hostServer?.closeAllConnections();
    hostServer?.close();
    await server?.stop();
    await sandbox?.stop();
  });

  /**
   * Opens the view of a tool in a host. Errors on the console fail the test, as do requests to
   * other origins than the host's, the server's and the emulator's; refused counts what the
   * policy stopped.
   */
  async function open(t, { tool = 'run_model', width = 720, ...options } = {}) {
    const context = await browser.newContext({ viewport: { width, height: 700 }, colorScheme: options.theme ?? 'light' });
    const page = await context.newPage();
    const origins = [hostOrigin, server.origin, new URL(sandbox.env.WIRO_API_BASE_URL).origin];
    const complaints = [];
    let refused = 0;
    page.on('console', (message) => {
      if (!['error', 'warning'].includes(message.type())) return;
      if (/Content Security Policy/.test(message.text())) refused++; else complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      const url = request.url();
      if (!/^(data|about):/.test(url) && !origins.some((origin) => url.startsWith(origin))) complaints.push(url);
    });
    await page.goto(hostOrigin);
    await page.waitForFunction(() => globalThis.host);
    await page.evaluate(([url, key]) => host.connect(url, key), [`${server.origin}/v1`, sandbox.env.WIRO_API_KEY]);
    await page.evaluate(([name, o]) => host.open(name, o), [tool, options]);
    const frame = await (await page.$('iframe')).contentFrame();
    t.after(async () => {
      await context.close();
      assert.deepEqual(complaints, []);
      if (!options.ignoreDomains) assert.equal(refused, 0, 'the policy stopped something');
    });
    return {
      page, frame, status: frame.locator('#status'), figures: frame.locator('figure'),
      call: (name, args) => page.evaluate(([n, a]) => host.run(n, a), [name, args]),
      run: (model, params = {}, rest = {}) => page.evaluate((a) => host.run('run_model', a), { model, params, ...rest }),
      seen: (what) => page.evaluate((w) => host[w], what),
      refused: () => refused,
    };
  }

  /** Looks at a settled view: axe finds nothing, nothing sticks out, the frame has the height of its content. */
  async function inspect(view, name) {
    const { page, frame } = view;
    await frame.waitForFunction(() => [...document.querySelectorAll('img')].every((i) => i.complete && i.naturalWidth)
      && [...document.querySelectorAll('video, audio')].every((m) => m.readyState > 0));
    await page.waitForFunction(() => host.heights.at(-1) === host.frame.clientHeight);
    await frame.waitForFunction(() => document.querySelector('main').getBoundingClientRect().height <= innerHeight
      && document.querySelector('main').getBoundingClientRect().height > innerHeight - 1);
    assert.ok(await frame.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'it is too wide');
    if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/view-${name}.png`, fullPage: true });
    // The view is transparent: axe has to know what the host has behind it.
    await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
      .then((color) => frame.evaluate((c) => { document.body.style.background = c; }, color));
    await frame.evaluate(axe);
    const { violations } = await frame.evaluate(() => globalThis.axe.run());
    assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ').slice(0, 300)}`), []);
  }

  for (const theme of ['light', 'dark']) {
    test(`one picture, ${theme}: seen, opened, downloaded, told what it cost`, async (t) => {
      const view = await open(t, { theme });
      const result = await view.run(picture, { prompt: 'a lighthouse at dawn' });
      const [output] = result.structuredContent.outputs;
      await view.figures.first().waitFor();
      assert.equal(await view.frame.locator('img').getAttribute('src'), output.url);
      assert.equal(await view.frame.locator('img').getAttribute('alt'), 'a lighthouse at dawn');
      const status = await view.status.textContent();
      for (const part of ['Done', picture, '$0.03']) assert.ok(status.includes(part), status);
      await view.frame.getByRole('button', { name: /^Open/ }).click();
      await view.frame.getByRole('button', { name: /^Download/ }).click();
      await view.page.waitForFunction(() => host.downloads.length);
      assert.deepEqual(await view.seen('opened'), [output.url]);
      assert.equal((await view.seen('downloads'))[0].uri, output.url);
      assert.deepEqual(await view.seen('calls'), [], 'the picture came by its address');
      await inspect(view, `picture-${theme}`);
    });
  }

  for (const [device, width, columns] of [['a desk', 720, 2], ['a phone', 320, 1]]) {
    test(`four pictures on ${device} are a grid`, async (t) => {
      const view = await open(t, { width });
      await view.run(pictures, { prompt: 'four lighthouses', samples: 4 });
      await view.figures.nth(3).waitFor();
      const lefts = await view.figures.evaluateAll((all) => all.map((f) => Math.round(f.getBoundingClientRect().left)));
      assert.ok(new Set(lefts).size >= columns, `columns: ${new Set(lefts).size}`);
      await inspect(view, `four-${width}`);
      const alts = await view.frame.locator('img').evaluateAll((all) => all.map(({ alt }) => alt));
      assert.equal(new Set(alts).size, 4, `each is told apart: ${alts}`);
    });
  }

  test('a video and a sound have controls', async (t) => {
    const view = await open(t);
    await view.run('google/veo3-fast', { prompt: 'waves', generateAudio: 'false', durationSeconds: '4' });
    await view.frame.locator('video[controls]').waitFor();
    await inspect(view, 'video');
    await view.run('wiro/kokoro_tts', { prompt: 'Good morning.', voice: 'am_adam', langCode: 'a' });
    await view.frame.locator('audio[controls]').waitFor();
    await inspect(view, 'audio');
  });

  test("a language model's answer is text that can be copied", async (t) => {
    const view = await open(t, { theme: 'dark' });
    const prompt = '<img src=x onerror=alert(1)> **bold**\n' + 'A long answer. '.repeat(120);
    await view.run('sandbox/echo', { prompt });
    assert.equal((await view.frame.locator('pre').textContent()).trim(), prompt.trim());
    assert.equal(await view.frame.locator('img').count(), 0);
    await inspect(view, 'text');
    const copy = view.frame.getByRole('button', { name: /^Copy/ });
    await copy.click();
    await view.frame.locator('button', { hasText: 'Copied' }).waitFor();
  });

  test('a file that cannot be shown is offered', async (t) => {
    const view = await open(t);
    await view.run('tencent/hunyuan3d-2-1', { prompt: 'a chair' });
    await view.figures.first().waitFor();
    assert.match(await view.figures.first().textContent(), /3D model/);
    await view.frame.getByRole('button', { name: /^Open/ }).waitFor();
    await inspect(view, 'file');
  });

  test('a run that goes on is followed to its end', async (t) => {
    const view = await open(t);
    await view.run('sandbox/run-forever', { prompt: 'x' }, { wait: false });
    await view.frame.getByRole('progressbar').waitFor();
    await inspect(view, 'running');
    const other = await open(t);
    await other.run(picture, { prompt: 'a harbour' }, { wait: false });
    await other.frame.locator('img').waitFor();
    assert.ok((await other.seen('calls')).includes('get_task'));
    assert.match(await other.status.textContent(), /Done/);
  });

  test('a failed run says why, a canceled and a refused one that they are', async (t) => {
    const view = await open(t);
    await view.run('sandbox/fail', { prompt: 'x' });
    await view.status.filter({ hasText: 'Failed' }).waitFor();
    assert.match(await view.status.textContent(), /CUDA out of memory/);
    await inspect(view, 'failed');
    const { structuredContent: { task } } = await view.run('sandbox/queue-forever', { prompt: 'x' }, { wait: false });
    await view.page.evaluate((token) => host.client.callTool({ name: 'cancel_task', arguments: { tasktoken: token } }), task.token);
    await view.status.filter({ hasText: 'Canceled' }).waitFor();
    assert.equal(await view.frame.locator('progress').count(), 0);
    await inspect(view, 'cancelled');
    await view.run('no/such-model', { prompt: 'x' });
    await view.status.filter({ hasText: 'no/such-model' }).waitFor();
    await inspect(view, 'error');
    const checked = await view.run(picture, { prompt: 'x' }, { dry_run: true });
    assert.equal(checked.structuredContent.state, 'dry_run');
    await view.status.filter({ hasText: checked.content[0].text.slice(0, 20) }).waitFor();
    assert.doesNotMatch(await view.status.textContent(), /Done|Running/);
    await inspect(view, 'dry-run');
    await view.page.evaluate(() => host.bridge.sendToolCancelled({ reason: 'the user' }));
    await view.status.filter({ hasText: 'Canceled' }).waitFor();
  });

  test('a host that ignores resourceDomains gets the content as data', async (t) => {
    const view = await open(t, { ignoreDomains: true });
    await view.run(pictures, { prompt: 'blocked', samples: 2 });
    await view.frame.locator('img[src^="data:image/"]').nth(1).waitFor();
    assert.ok(view.refused() >= 2);
    assert.deepEqual(await view.seen('calls'), ['get_output', 'get_output']);
    await inspect(view, 'blocked');
  });

  test('without a way to the content there is the address', async (t) => {
    const view = await open(t, { ignoreDomains: true });
    await view.page.evaluate(() => { host.callTool = async () => { throw new Error('offline'); }; });
    const { structuredContent: { outputs: [output] } } = await view.run(picture, { prompt: 'offline' });
    await view.frame.locator('.missing', { hasText: output.url }).waitFor();
    await view.frame.getByRole('button', { name: /^Open/ }).waitFor();
    await inspect(view, 'offline');
  });

  test('the keyboard reaches every button, in order, and shows where it is', async (t) => {
    const view = await open(t);
    await view.run(pictures, { prompt: 'keys', samples: 2 });
    await view.frame.locator('img').nth(1).waitFor();
    const names = await view.frame.locator('button').evaluateAll((all) => all.map((b) => b.ariaLabel));
    const reached = [];
    await view.page.focus('iframe');
    for (let i = 0; i < names.length; i++) {
      await view.page.keyboard.press('Tab');
      reached.push(await view.frame.evaluate(() => document.activeElement.ariaLabel));
      const outline = await view.frame.evaluate(() => getComputedStyle(document.activeElement));
      assert.ok(outline, 'a focused button has a ring');
      assert.equal(await view.frame.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), 'solid');
    }
    assert.deepEqual(reached, names);
    if (process.env.SCREENSHOTS) await view.page.screenshot({ path: `${process.env.SCREENSHOTS}/view-focus.png`, fullPage: true });
    await view.page.keyboard.press('Enter');
    await view.frame.locator('button', { hasText: 'Copied' }).waitFor();
  });

  test('the height settles, the theme follows the host, and the end is answered', async (t) => {
    const view = await open(t, { variables: { '--color-text-primary': 'rgb(10, 20, 30)' } });
    await view.run(picture, { prompt: 'settled' });
    await view.frame.locator('img').waitFor();
    await inspect(view, 'variables');
    const heights = await view.seen('heights');
    assert.ok(heights.length < 12, `no feedback: ${heights}`);
    assert.ok(heights.at(-1) > 300, `in pixels, not a part of the frame: ${heights}`);
    assert.equal(await view.frame.evaluate(() => getComputedStyle(document.body).color), 'rgb(10, 20, 30)');
    await view.page.evaluate(() => host.bridge.setHostContext({ theme: 'dark', displayMode: 'inline' }));
    await view.frame.waitForFunction(() => getComputedStyle(document.documentElement).colorScheme === 'dark');
    assert.deepEqual(await view.page.evaluate(() => host.bridge.teardownResource({})), {});
  });
});
