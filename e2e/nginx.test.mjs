// Behind nginx with its usual settings, which gives up on a server that is silent.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startSandbox, startServer } from './lib.mjs';

const nginx = process.env.NGINX ?? 'nginx';
const isThere = await promisify(execFile)(nginx, ['-v']).then(() => true, () => false);

/** How long nginx waits for a server here; the server breaks its silence every 15 seconds. */
const patience = 20;

describe('behind nginx', { concurrency: true, skip: isThere ? false : 'there is no nginx here' }, () => {
  let sandbox;
  let server;
  let proxy;
  let folder;
  let origin;

  before(async () => {
    sandbox = await startSandbox();
    server = await startServer(sandbox.env);
    folder = await mkdtemp(path.join(os.tmpdir(), 'wiro-mcp-nginx-'));
    do await listen(); while (proxy.exitCode !== null); // another process took its port
  });

  /** Starts nginx on a port that was free just now. */
  async function listen() {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address();
    await new Promise((closed) => probe.close(closed));
    await writeFile(path.join(folder, 'nginx.conf'), `
      daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr;
      events {}
      http {
        access_log off; client_body_temp_path ${folder}/a; proxy_temp_path ${folder}/b;
        fastcgi_temp_path ${folder}/c; uwsgi_temp_path ${folder}/d; scgi_temp_path ${folder}/e;
        server {
          listen 127.0.0.1:${port};
          location / { proxy_pass ${server.origin}; proxy_read_timeout ${patience}s; }
        }
      }`);
    proxy = spawn(nginx, ['-p', folder, '-c', path.join(folder, 'nginx.conf')], { stdio: 'ignore' });
    origin = `http://127.0.0.1:${port}`;
    for (let tries = 0; proxy.exitCode === null; tries++) {
      const served = await readFile(path.join(folder, 'pid'), 'utf8').catch(() => '');
      if (served.trim() === String(proxy.pid)) return;
      assert.ok(tries < 200, 'nginx does not listen');
      await sleep(50);
    }
  }
  after(async () => {
    proxy?.kill('SIGQUIT');
    await server?.stop();
    await sandbox?.stop();
    if (folder) await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  });

  for (const accept of ['application/json', '*/*', 'application/json, text/event-stream']) {
    test(`a wait longer than nginx has patience arrives, with Accept: ${accept}`, async () => {
      const began = performance.now();
      const response = await fetch(`${origin}/mcp`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Accept: accept, Authorization: 'Bearer sandbox-demo-key' },
        body: JSON.stringify({
          jsonrpc: '2.0', id: 1, method: 'tools/call',
          params: { name: 'run_model', arguments: { model: 'sandbox/run-forever', params: {}, timeout_seconds: patience + 3 } },
        }),
      });
      assert.equal(response.status, 200);
      const body = await response.text();
      const message = JSON.parse(body.match(/^data: (\{.*)$/m)?.[1] ?? body);
      assert.equal(message.result.structuredContent.state, 'running', body);
      assert.ok(performance.now() - began > 1000 * patience, 'it was a wait at all');
    });
  }
});
