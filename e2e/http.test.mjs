// The server for many people: clients of every version over Streamable HTTP.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { driveEveryTool } from './cases.mjs';
import { dial, modern, versions } from './client.mjs';
import { startSandbox, startServer, within } from './lib.mjs';
import { startProxy } from './proxy.mjs';
import { assertNoSecrets } from './secrets.mjs';

let sandbox;
let server;
let url;
const bearer = { Authorization: 'Bearer sandbox-demo-key' };
before(async () => {
  sandbox = await startSandbox();
  server = await startServer(sandbox.env);
  url = `${server.origin}/v1`;
});
after(async () => {
  await server.stop();
  await sandbox.stop();
});

const overHTTP = [...versions.filter((version) => version >= '2025-03-26'), modern];

describe('over HTTP', { concurrency: true }, () => {
  for (const version of overHTTP) {
    test(`a client of ${version} drives every tool`, async (t) => {
      const wiro = await startSandbox();
      t.after(() => wiro.stop());
      const own = await startServer({ ...wiro.env, WIRO_TOOLSETS: 'all' });
      t.after(() => own.stop());
      const session = await dial({ version, url: `${own.origin}/mcp`, headers: bearer });
      t.after(() => session.close());
      assert.equal(session.client.getServerVersion().name, 'wiro-mcp');
      await driveEveryTool(session);
      const { said } = await session.watch('run_model', { model: 'wiro/z-image-turbo', params: { prompt: 'a lighthouse' } });
      assert.ok(said.length > 2, 'progress streams');
      assertNoSecrets(own.program.stderr, 'the log');
    });
  }
});

test('credentials come as key and secret too, in either header, and at either endpoint', async () => {
  for (const [path, headers] of [
    ['/mcp', { Authorization: 'Bearer sandbox-signed-key:sandbox-signed-secret' }],
    ['/v1', { 'x-api-key': 'sandbox-signed-key', 'x-api-secret': 'sandbox-signed-secret' }],
  ]) {
    const session = await dial({ url: server.origin + path, headers });
    await session.call('list_tasks');
    await session.close();
  }
});

test('a request narrows what it is offered', async () => {
  const session = await dial({ url, headers: { ...bearer, 'X-MCP-Toolsets': 'tasks', 'X-MCP-Readonly': 'true' } });
  assert.deepEqual([...session.tools.keys()].sort(), ['get_task', 'get_task_price', 'list_tasks', 'wait_for_task']);
  await session.close();
});

/** Sends one message as a client without a library would. */
const post = (message, headers) => fetch(url, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', ...headers },
  body: JSON.stringify({ jsonrpc: '2.0', ...message }),
});

test('without credentials every method is refused, with how to send them', async () => {
  for (const headers of [{}, { Authorization: 'Bearer' }, { Authorization: 'Basic eDp5' }]) {
    const response = await post({ id: 1, method: 'tools/list' }, headers);
    assert.equal(response.status, 401);
    assert.match(response.headers.get('WWW-Authenticate'), /^Bearer/);
    assert.match((await response.json()).error.message, /Authorization: Bearer/);
  }
  assert.equal((await fetch(`${url}?api_key=sandbox-demo-key`, { method: 'POST', body: '{}' })).status, 400);
});

test('strange pages and hosts are refused, and strange paths are not there', async () => {
  assert.equal((await post({ id: 1, method: 'tools/list' }, { ...bearer, Origin: 'https://evil.example' })).status, 403);
  assert.equal((await fetch(`${server.origin}/v2`, { method: 'POST', headers: bearer })).status, 404);
  assert.equal((await fetch(url, { headers: bearer })).status, 405);
  assert.equal((await post({ id: 1, method: 'tools/list', params: { x: 'x'.repeat(5 << 20) } }, bearer)).status, 413);
});

test('health, readiness and metrics need no credentials', async () => {
  for (const path of ['/healthz', '/readyz', '/metrics']) {
    assert.equal((await fetch(server.origin + path)).status, 200, path);
  }
});

test("nobody ends another's call: not with a cancel of the same id, and not by going away", async (t) => {
  const run = { model: 'sandbox/run-forever', params: {} };
  const stop = new AbortController();
  let running = 0;
  let onprogress;
  const both = new Promise((resolve) => {
    onprogress = ({ message }) => { if (message === 'running' && ++running === 2) resolve(); };
  });
  const [one, other] = await Promise.all([1, 2].map(() => dial({ url, headers: bearer })));
  t.after(() => Promise.all([one.close(), other.close()]));
  const mine = one.call('run_model', run, { onprogress });
  const theirs = assert.rejects(other.call('run_model', run, { onprogress, signal: stop.signal }));
  await within(10_000, 'both run', both);
  stop.abort(); // which sends notifications/cancelled with the id that both calls have
  await theirs;
  for (let requestId = 0; requestId < 10; requestId++) {
    const response = await post({ method: 'notifications/cancelled', params: { requestId } }, bearer);
    assert.equal(response.status, 202);
  }
  const { data: { tasks } } = await one.call('list_tasks', { model: run.model });
  await Promise.all(tasks.filter((row) => row.state === 'running').map(({ task }) => one.call('kill_task', { tasktoken: task.token })));
  const { data } = await mine;
  assert.equal(data.state, 'cancelled', 'my call lasted until its task was killed');
});

test('two processes behind a balancer serve one client', async (t) => {
  const second = await startServer(sandbox.env);
  const proxy = await startProxy([server.origin, second.origin]);
  t.after(async () => {
    await proxy.stop();
    await second.stop();
  });
  for (const version of [versions.at(-1), modern]) {
    const session = await dial({ version, url: `${proxy.origin}/v1`, headers: bearer });
    const submitted = await session.call('run_model', { model: 'openai/sora-2', params: { prompt: 'waves' }, wait: false });
    const { data } = await session.call('wait_for_task', { tasktoken: submitted.data.task.token });
    assert.equal(data.state, 'completed');
    assert.equal((await session.call('run_model', { model: 'sandbox/echo', params: { prompt: 'Hello' } })).data.response, 'Hello');
    await session.close();
  }
  assert.ok(proxy.served.every((count) => count >= 4), `both served: ${proxy.served}`);
});

for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT']) test(`${signal} lets an open wait return its running result`, async (t) => {
  const leaving = await startServer(sandbox.env);
  const session = await dial({ url: `${leaving.origin}/v1`, headers: bearer });
  t.after(() => session.close());
  const { data, text } = await session.call('run_model', { model: 'sandbox/run-forever', params: {} }, {
    onprogress: ({ message }) => { if (message === 'running') leaving.program.child.kill(signal); },
  });
  assert.equal(data.state, 'running');
  assert.match(text, /restarting/);
  const { code } = await within(5000, 'it ends', leaving.program.ended);
  assert.equal(code, 0);

  const successor = await dial({ url, headers: bearer });
  t.after(() => successor.close());
  const waiting = successor.follow({ data });
  await successor.call('kill_task', { tasktoken: data.task.token });
  assert.equal((await waiting).data.state, 'cancelled');
});

test('no key and no secret reaches the log', async () => {
  assert.doesNotMatch(server.program.stderr, /sandbox-(demo|signed)-(key|secret)/);
  assert.match(server.program.stderr, /"tool":"run_model"/);
});
