// The protocol's own conformance suite: every scenario that needs no special tools. It wants
// Node 22 or later, which npm brings along for Linux.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startSandbox, startServer } from './lib.mjs';
import { startProxy } from './proxy.mjs';

const everywhere = ['server-initialize', 'ping', 'completion-complete', 'tools-list', 'resources-list', 'prompts-list'];
const lists = ['completion-complete', 'tools-list', 'resources-list', 'prompts-list'];
const scenarios = {
  '2025-06-18': everywhere,
  '2025-11-25': [...everywhere, 'dns-rebinding-protection', 'server-sse-multiple-streams'],
  '2026-07-28': [
    ...lists, 'dns-rebinding-protection', 'server-sse-multiple-streams', 'sep-2164-resource-not-found',
    'caching', 'http-header-validation', 'input-required-result-unsupported-methods',
  ],
};

const modules = path.join(import.meta.dirname, 'node_modules');
const suite = path.join(modules, '@modelcontextprotocol/conformance/dist/index.js');
const bundled = path.join(modules, '.bin/node');
const node = existsSync(bundled) ? bundled : process.execPath;

/** Runs a scenario; the suite cannot send credentials, so a proxy in front adds them. */
function conforms(url, scenario, version) {
  const args = [suite, 'server', '--url', url, '--scenario', scenario, '--spec-version', version];
  return new Promise((resolve) => {
    execFile(node, args, { timeout: 60_000 }, (error, stdout, stderr) => resolve({ ok: !error, output: stdout + stderr }));
  });
}

describe('conformance', { concurrency: 2 }, () => {
  let sandbox;
  let server;
  let proxy;
  before(async () => {
    sandbox = await startSandbox();
    server = await startServer(sandbox.env);
    proxy = await startProxy([server.origin], { authorization: `Bearer ${sandbox.env.WIRO_API_KEY}` });
  });
  after(async () => {
    await proxy.stop();
    await server.stop();
    await sandbox.stop();
  });

  for (const [version, names] of Object.entries(scenarios)) {
    for (const scenario of names) {
      test(`${version} ${scenario}`, async () => {
        const { ok, output } = await conforms(`${proxy.origin}/v1`, scenario, version);
        assert.ok(ok, output);
      });
    }
  }
});
