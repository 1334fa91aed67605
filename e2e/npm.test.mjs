// The npm packages, through real package managers and a registry on loopback.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { access, mkdtemp, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { initialize, within } from './lib.mjs';
import { makePackages, serveRegistry } from './registry.mjs';

const run = promisify(execFile);
const version = '0.0.1';
const main = '@wiro-ai/wiro-mcp-go';
const own = `${main}-${process.platform}-${process.arch}`;
const modules = path.resolve(import.meta.dirname, 'node_modules');
const newerNode = path.join(modules, `node-linux-${process.arch}`, 'bin', 'node');
const exists = (file) => access(file).then(() => true, () => false);

let folder;
let registry;

before(async () => {
  folder = await makePackages('npm', version);
  registry = await serveRegistry(path.join(folder, 'npm'));
});
after(async () => {
  registry?.close();
  await rm(folder, { recursive: true, force: true });
});

/** A folder of its own, with settings that keep package managers on the loopback registry. */
async function workplace(t) {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'wiro-mcp-place-'));
  t.after(() => rm(dir, { recursive: true, force: true, maxRetries: 3 }));
  await writeFile(path.join(dir, 'package.json'), '{"name":"place","version":"1.0.0","private":true}');
  await writeFile(path.join(dir, '.npmrc'), `registry=${registry.url}\n`); // pnpm heeds no npm_config_registry
  const env = {
    PATH: process.env.PATH, HOME: dir, XDG_CACHE_HOME: path.join(dir, 'cache'), TMPDIR: dir, WIRO_API_KEY: 'x',
    npm_config_registry: registry.url, npm_config_cache: path.join(dir, 'npm-cache'), npm_config_update_notifier: 'false',
    npm_config_audit: 'false', npm_config_fund: 'false', BUN_INSTALL: path.join(dir, 'bun'),
  };
  return { dir, env };
}

const npm12 = [newerNode, path.join(modules, 'npm-12', 'bin', 'npm-cli.js')];
const bin = (name) => path.join(modules, '.bin', name);
const managers = {
  npm: { install: ['npm', 'install', main], launch: ['npx', '-y', main] },
  'npm 12': { install: [...npm12, 'install', main], launch: [...npm12, 'exec', '-y', main] },
  pnpm: { install: [bin('pnpm'), 'add', main], launch: [bin('pnpm'), 'dlx', main] },
  bun: { install: [bin('bun'), 'add', main], launch: [bin('bunx'), main] },
};

describe('npm packages', { concurrency: 2 }, () => {
  for (const [name, { install, launch }] of Object.entries(managers)) {
    const [program, ...words] = install;
    const usable = (t) => run(program, [...words.slice(0, -2), '--version']).then(() => true, () => t.skip(`${name} is not to be had here`));

    test(`${name} launches the server, which ends with its input`, async (t) => {
      if (!await usable(t)) return;
      const { dir, env } = await workplace(t);
      const server = await initialize(launch, { cwd: dir, env });
      server.child.stdin.end();
      assert.equal((await within(20_000, 'the end', server.ended)).code, 0, server.stderr);
    });

    test(`${name} installs a command that starts the server`, async (t) => {
      if (!await usable(t)) return;
      const { dir, env } = await workplace(t);
      await run(install[0], install.slice(1), { cwd: dir, env });
      const { stdout } = await run(path.join(dir, 'node_modules/.bin/wiro-mcp'), ['version'], { cwd: dir, env });
      assert.match(stdout, /^wiro-mcp /);
    });
  }

  test('npm says what to do where the platform package was omitted', async (t) => {
    const { dir, env } = await workplace(t);
    const server = run('npx', ['-y', main], { cwd: dir, env: { ...env, npm_config_omit: 'optional' } });
    await assert.rejects(server, (error) => {
      assert.equal(error.code, 1);
      assert.match(error.stderr, new RegExp(`the package ${own} is missing`));
      assert.match(error.stderr, /--omit=optional/);
      assert.match(error.stderr, /https:\/\/github\.com\/wiroai\/wiro-mcp-go\/releases/);
      return true;
    });
  });
});

describe('the command that npm installs', { concurrency: 2 }, () => {
  let place;
  before(async () => {
    const dir = await mkdtemp(path.join(os.tmpdir(), 'wiro-mcp-installed-'));
    const env = { PATH: process.env.PATH, HOME: dir, npm_config_registry: registry.url, npm_config_cache: path.join(dir, 'cache') };
    await run('npm', ['install', '--prefix', dir, main], { cwd: dir, env });
    place = { dir, env: { ...env, WIRO_API_KEY: 'x' }, command: path.join(dir, 'node_modules', main, 'bin', 'wiro-mcp.js') };
  });
  after(() => rm(place.dir, { recursive: true, force: true }));

  /** Node with execve becomes the binary; the one without runs it. */
  const nodes = { 'this Node': process.execPath, 'a newer Node': newerNode };
  for (const [name, node] of Object.entries(nodes)) {
    for (const signal of ['SIGTERM', 'SIGINT']) {
      test(`${name} passes ${signal} on and leaves nothing behind`, async (t) => {
        if (!await exists(node)) return t.skip('it is not to be had here');
        const server = await initialize([node, place.command], { cwd: place.dir, env: place.env });
        const processes = await family(server.child.pid);
        server.child.kill(signal);
        const ending = await within(10_000, 'the end', server.ended);
        assert.deepEqual(ending, { code: 0, signal: null }, server.stderr);
        assert.equal(server.stderr, '');
        for (const pid of processes) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
      });
    }

    test(`${name} passes exit codes on`, async (t) => {
      if (!await exists(node)) return t.skip('it is not to be had here');
      await assert.rejects(run(node, [place.command, '--no-such-flag'], place), (error) => {
        assert.equal(error.code, 2);
        assert.match(error.stderr, /no-such-flag/);
        return true;
      });
    });
  }

  test('a newer Node is replaced by the binary', { skip: process.platform !== 'linux' }, async (t) => {
    if (!await exists(newerNode)) return t.skip('it is not to be had here');
    const server = await initialize([newerNode, place.command], { cwd: place.dir, env: place.env });
    t.after(() => server.child.kill());
    assert.equal(path.basename(await readlink(`/proc/${server.child.pid}/exe`)), 'wiro-mcp');
    assert.deepEqual(await family(server.child.pid), [server.child.pid]);
  });

  test('WIRO_MCP_BINARY names another binary, and one that is not there is named', async () => {
    const other = path.join(place.dir, 'other');
    await writeFile(other, '#!/bin/sh\necho other "$@"\n', { mode: 0o644 }); // the command makes it executable
    const { stdout } = await run(place.command, ['a b'], { env: { ...place.env, WIRO_MCP_BINARY: other } });
    assert.equal(stdout, 'other a b\n');
    await assert.rejects(run(place.command, [], { env: { ...place.env, WIRO_MCP_BINARY: '/no/such' } }), (error) => {
      assert.equal(error.code, 1);
      assert.match(error.stderr, /\/no\/such, which WIRO_MCP_BINARY names, does not exist/);
      return true;
    });
  });

  test('a platform without a build is named', async () => {
    const pretend = `Object.defineProperty(process, 'platform', { value: 'sunos' }); require(${JSON.stringify(place.command)})`;
    await assert.rejects(run(process.execPath, ['-e', pretend], { env: place.env }), (error) => {
      assert.equal(error.code, 1);
      assert.match(error.stderr, /no build for sunos on/);
      return true;
    });
  });
});

/** The process and its children, where the system tells. */
async function family(pid) {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return [pid, ...children.split(' ').filter(Boolean).map(Number)];
}
