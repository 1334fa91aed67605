// Real clients sign in with OAuth, each by its own command, its user in a browser: they make a run, refresh, go on after
// a restart with a rotated key, and ask to sign in again once Wiro revoked the key.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Agent } from './agents.mjs';
import { startModel } from './model.mjs';
import { installed, program, searchPath } from './packages.mjs';
import { within } from '../lib.mjs';
import { fillIn, launchBrowser, noBrowser, secrets, startHosted } from '../oauth.mjs';

/** What a client sees of its device: a home, and a browser that a person looks at. */
async function startDevice(browser) {
  const home = await mkdtemp(path.join(os.tmpdir(), 'wiro-mcp-device-'));
  const opened = [];
  let arrived = () => {};
  const opener = createServer((request, response) => {
    opened.push(new URL(request.url, 'http://x').searchParams.get('url'));
    response.end();
    arrived();
  });
  opener.listen(0, '127.0.0.1');
  await once(opener, 'listening');
  const bin = path.join(home, 'bin');
  await mkdir(bin);
  const command = path.join(bin, 'xdg-open');
  await writeFile(command, `#!/usr/bin/env node\nfetch('http://127.0.0.1:${opener.address().port}/?url=' + encodeURIComponent(process.argv[2]));\n`);
  await chmod(command, 0o755);
  const device = {
    home,
    env: {
      HOME: home, PATH: `${bin}${path.delimiter}${searchPath}`, BROWSER: command, TERM: 'dumb', NO_COLOR: '1', MCP_AUTO_OPEN_ENABLED: 'true', MCP_INSPECTOR_SECRET_STORE: 'file',
      MCP_REMOTE_CONFIG_DIR: path.join(home, 'mcp-auth'), DISABLE_AUTOUPDATER: '1',
    },
    /** The person signs in at the address that a program opens, or prints where it opens none. */
    async signIn(at, running) {
      const address = await within(60_000, 'a program opens a browser', new Promise((resolve, reject) => {
        const look = () => {
          const found = opened.find((url) => url?.startsWith(`${at.origin}/authorize`)) ?? running.said().match(new RegExp(`${at.origin}/authorize\\?[\\w%.~=&+-]+&resource=[\\w%.-]+`))?.[0];
          if (found) resolve(found);
        };
        arrived = look;
        running.onoutput = look;
        running.ended.then(() => reject(new Error(`it ended: ${running.said()}`)));
        look();
      }));
      opened.length = 0;
      const shown = await fillIn(browser, address, { key: at.key, name: /^Connect .+ to Wiro$/ });
      await shown.page.waitForLoadState();
      assert.equal(new URL(shown.page.url()).searchParams.get('error'), null);
      await shown.close();
    },
    async stop() {
      opener.close();
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  return device;
}

/** Makes the access tokens in a client's files worthless and old, as a day does. */
async function age(folder, pattern) {
  const files = (await readdir(folder, { recursive: true })).filter((name) => pattern.test(name)).map((name) => path.join(folder, name));
  let found = 0;
  const older = (value) => {
    if (value === null || typeof value !== 'object') return;
    for (const [name, inner] of Object.entries(value)) {
      if (typeof inner === 'string' && inner.startsWith('wmcp_access_')) {
        value[name] = `${inner.slice(0, -6)}AAAAAA`;
        found++;
      } else if (/^expires_?at$/i.test(name) && typeof inner === 'number') {
        value[name] = inner > 1e12 ? Date.now() - 60_000 : Math.floor(Date.now() / 1000) - 60;
      } else if (typeof inner === 'string' && inner.includes('wmcp_access_') && /^[{[]/.test(inner)) {
        const parsed = JSON.parse(inner); // JSON as text in JSON
        older(parsed);
        value[name] = JSON.stringify(parsed);
      } else older(inner);
    }
  };
  for (const file of files) {
    const text = await readFile(file, 'utf8');
    if (!text.includes('wmcp_access_')) continue;
    const value = JSON.parse(text);
    older(value);
    await writeFile(file, JSON.stringify(value));
  }
  assert.ok(found > 0, `no access token in ${files}`);
}

/** A command under way. */
function watch(child) {
  const running = { output: '', onoutput() {}, said: () => running.output, ended: once(child, 'close') };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      running.output += chunk;
      running.onoutput();
    });
  }
  return running;
}

const sandboxRun = { model: 'sandbox/echo', params: { prompt: 'hello' } };

/** A coding agent, which does what a scripted model tells it. */
const agent = (name, { login, file }) => async (t, device, folder, at) => {
  const model = await startModel([() => [{ tool: 'run_model', args: sandboxRun }], () => 'done']);
  t.after(() => model.stop());
  const one = new Agent(name, folder, model);
  await one.start();
  t.after(() => one.stop());
  Object.assign(one.env, { ...device.env, HOME: one.home });
  const command = (args) => {
    let running;
    const done = one.run(args, { onstart: (child) => { running = watch(child); } });
    return { running, done };
  };
  return {
    async signIn() { await login(one, command, (running) => device.signIn(at, running), at, device); },
    async run() {
      model.turns = [];
      const { said } = await one.ask('Make a picture with Wiro.', { ms: 60_000 });
      return said;
    },
    files: [one.home, file],
  };
};

const clients = [
  {
    title: 'Claude Code 2.1.332', package: ['@anthropic-ai/claude-code', '2.1.332'],
    start: agent('claude', {
      file: /\.credentials\.json$/,
      async login(one, command, signIn, at, device) {
        await command(['mcp', 'add', '--scope', 'user', '--transport', 'http', 'wiro', at.url]).done;
        // It signs in at a terminal only.
        const child = spawn('script', ['-qefc', `${path.join(one.folder, 'node_modules/.bin/claude')} mcp login wiro`, '/dev/null'], { env: { ...device.env, HOME: one.home }, cwd: one.project });
        const running = watch(child);
        await signIn(running);
        const [code] = await running.ended;
        assert.equal(code, 0, running.said());
      },
    }),
  },
  {
    title: 'Codex 0.169.0', package: ['@openai/codex', '0.169.0'],
    start: agent('codex', {
      file: /\.credentials\.json$/,
      async login(one, command, signIn, at) {
        const { running, done } = command(['mcp', 'add', 'wiro', '--url', at.url]);
        await signIn(running);
        const { code, said } = await done;
        assert.equal(code, 0, said);
      },
    }),
  },
  {
    title: 'OpenCode 1.18.33', package: ['opencode-ai', '1.18.33'],
    start: agent('opencode', {
      file: /mcp-auth\.json$/,
      async login(one, command, signIn, at) {
        const file = path.join(one.home, '.config/opencode/opencode.jsonc');
        const config = JSON.parse(await readFile(file, 'utf8'));
        await writeFile(file, JSON.stringify({ ...config, mcp: { wiro: { type: 'remote', url: at.url } } }));
        const { running, done } = command(['mcp', 'auth', 'wiro']);
        await signIn(running);
        const { code, said } = await done;
        assert.equal(code, 0, said);
      },
    }),
  },
  {
    title: 'mcp-remote 0.15.1', package: ['mcp-remote', '0.15.1'],
    async start(t, device, folder, at) {
      const connect = async (during) => {
        const transport = new StdioClientTransport({ command: program(folder, 'mcp-remote'), args: [at.url, '--allow-http'], env: device.env, stderr: 'pipe' });
        const running = { output: '', onoutput() {}, said: () => running.output, ended: new Promise((resolve) => { transport.onclose = resolve; }) };
        transport.stderr.on('data', (chunk) => {
          running.output += chunk;
          running.onoutput();
        });
        const client = new Client({ name: 'e2e', version: '1' });
        const connected = client.connect(transport, { timeout: 20_000 });
        connected.catch(() => {});
        await during?.(running);
        await connected;
        return client;
      };
      return {
        async signIn() { await (await connect((running) => device.signIn(at, running))).close(); },
        async run() {
          let client;
          try {
            client = await connect();
            return JSON.stringify(await client.callTool({ name: 'run_model', arguments: sandboxRun }));
          } catch (error) {
            return String(error);
          } finally {
            await client?.close();
          }
        },
        files: [device.env.MCP_REMOTE_CONFIG_DIR, /_tokens\.json$/],
      };
    },
  },
  {
    title: 'Inspector 2.12.0', package: ['@modelcontextprotocol/inspector', '2.12.0'],
    async start(t, device, folder, at) {
      const call = (...words) => watch(spawn(program(folder, 'mcp-inspector'), [
        '--cli', at.url, '--transport', 'http', ...words, '--method', 'tools/call', '--tool-name', 'run_model',
        '--tool-arg', `model=${sandboxRun.model}`, '--tool-arg', `params=${JSON.stringify(sandboxRun.params)}`,
      ], { env: device.env, cwd: device.home }));
      return {
        async signIn() {
          const running = call();
          await device.signIn(at, running);
          const [code] = await running.ended;
          assert.equal(code, 0, running.said());
        },
        async run() {
          const running = call('--stored-auth-only');
          await running.ended;
          return running.said();
        },
        files: [device.home, /\.json$/],
      };
    },
  },
];

describe('real clients sign in', { concurrency: 1, skip: noBrowser }, () => {
  let browser;
  before(async () => { browser = await launchBrowser(); });
  after(() => browser?.close());

  for (const { title, package: [name, version], start } of clients) {
    test(title, { timeout: 600_000 }, async (t) => {
      let folder;
      try {
        folder = await installed(name, version);
      } catch (error) {
        t.skip(error.message);
        return;
      }
      const at = await startHosted();
      t.after(() => at.stop());
      const device = await startDevice(browser);
      t.after(() => device.stop());
      const client = await start(t, device, folder, at);
      const runs = () => at.log().split('\n').filter((line) => line.includes('"tool":"run_model"') && line.includes('"outcome":"ok"')).length;
      const expectRun = async (n, what) => {
        const said = await client.run();
        assert.match(said, /completed|Completed|done/, `${what}: ${said.slice(-1500)}`);
        await at.logged(() => `${what}: ${runs()} runs, not ${n}`, () => runs() >= n);
        assert.equal(runs(), n, what);
      };

      await client.signIn();
      await at.saw('token', 'issued');
      assert.deepEqual(at.outcomes('token'), ['issued']);
      await expectRun(runs() + 1, 'a run');
      const before = runs();

      await age(...client.files);
      await expectRun(before + 1, 'a run after a day');
      assert.ok(at.outcomes('token').includes('refreshed'), at.outcomes('token'));

      await at.restart(secrets[1], secrets[0]);
      await expectRun(before + 2, 'a run after a restart with a rotated key');
      await age(...client.files);
      await at.restart(secrets[1]);
      assert.equal(at.outcomes('authorize').filter((outcome) => outcome === 'issued').length, 1, 'nobody signed in twice');

      at.revoke();
      const isOver = () => /^invalid_(grant|client)$/.test(at.outcomes('token').at(-1));
      for (let i = 0; i < 2 && !isOver(); i++) await client.run(); // Wiro refuses, or the refresh is refused
      assert.equal(runs(), before + 2, 'nothing runs with a revoked key');
      await at.logged(() => `the connection is not over: ${at.outcomes('token')}`, isOver);
      assert.ok(!at.log().includes(at.key), 'no line of the log has the key');
    });
  }
});
