// The bundle for Claude Desktop, through its own tool and as a host starts it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { access, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { initialize } from './lib.mjs';
import { makePackages, root } from './registry.mjs';

const run = promisify(execFile);
const version = '0.0.1';

describe('the bundle for Claude Desktop', () => {
  const mcpb = path.resolve(import.meta.dirname, 'node_modules/.bin/mcpb');
  let folder;
  let unpacked;
  let manifest;

  before(async () => {
    folder = await makePackages('mcpb', version);
    const source = path.join(folder, 'mcpb');
    const packed = path.join(folder, 'wiro-mcp.mcpb');
    unpacked = path.join(folder, 'unpacked');
    await run(mcpb, ['validate', path.join(source, 'manifest.json')]);
    await run(mcpb, ['pack', source, packed]);
    await run('go', ['run', './internal/release', 'normalize', '-bundle', packed], { cwd: root });
    await run(mcpb, ['unpack', packed, unpacked]);
    manifest = JSON.parse(await readFile(path.join(unpacked, 'manifest.json'), 'utf8'));
  });

  after(() => rm(folder, { recursive: true, force: true }));

  /** What a host does with a value of the manifest. */
  const fill = (text, settings) => text.replace('${__dirname}', unpacked)
    .replace(/\$\{user_config\.(\w+)\}/g, (whole, key) => settings[key] ?? manifest.user_config[key].default ?? whole);

  test('has a program for every system that it names', async () => {
    const { mcp_config: config, entry_point: entry } = manifest.server;
    assert.equal(manifest.version, version);
    assert.ok((await stat(path.join(unpacked, entry))).mode & 0o100);
    for (const system of manifest.compatibility.platforms) {
      const { command, args = [] } = { ...config, ...config.platform_overrides[system] };
      for (const file of [command, ...args].filter((word) => word.startsWith('${__dirname}'))) await access(fill(file, {}));
    }
  });

  test('leaves no setting unfilled that people may leave out', () => {
    for (const value of Object.values(manifest.server.mcp_config.env)) {
      assert.doesNotMatch(String(fill(value, { api_key: 'x' })), /\$\{/);
    }
    assert.deepEqual(Object.keys(manifest.user_config).filter((key) => manifest.user_config[key].sensitive), ['api_key', 'api_secret']);
  });

  test('starts as a host starts it, and offers what its manifest says', { skip: process.platform !== 'linux' }, async (t) => {
    const { env, platform_overrides: { linux } } = manifest.server.mcp_config;
    const command = [linux.command, ...linux.args].map((word) => fill(word, {}));
    const settings = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, String(fill(value, { api_key: 'x' }))]));
    const server = await initialize(command, { env: { PATH: process.env.PATH, HOME: folder, ...settings } });
    t.after(() => server.child.kill());
    const answers = createInterface({ input: server.child.stdout });
    const ask = async (id, method) => {
      server.child.stdin.write(JSON.stringify({ jsonrpc: '2.0', id, method, params: {} }) + '\n');
      const [line] = await once(answers, 'line');
      return JSON.parse(line).result;
    };
    server.child.stdin.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\n');
    const { tools } = await ask(2, 'tools/list');
    const { prompts } = await ask(3, 'prompts/list');
    assert.deepEqual(manifest.tools.map((tool) => tool.name), tools.map((tool) => tool.name));
    assert.deepEqual(manifest.prompts.map((prompt) => prompt.name), prompts.map((prompt) => prompt.name));
    for (const prompt of manifest.prompts) {
      for (const name of prompt.arguments ?? []) assert.ok(prompt.text.includes(`\${arguments.${name}}`), `${prompt.name} uses ${name}`);
    }
  });
});
