// The same binary answers clients of 2026-07-28, which never initialize, over stdio.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { driveEveryTool } from './cases.mjs';
import { launch, modern, versions } from './client.mjs';
import { Program, startSandbox } from './lib.mjs';

let sandbox;
before(async () => { sandbox = await startSandbox(); });
after(() => sandbox.stop());

test('the official client drives every tool', async (t) => {
  const session = await launch({ version: modern, env: { ...sandbox.env, WIRO_TOOLSETS: 'all' } });
  t.after(() => session.close());
  assert.equal(session.client.getProtocolEra(), 'modern');
  assert.equal(session.client.getServerVersion().name, 'wiro-mcp');
  assert.ok(session.client.getInstructions());
  await driveEveryTool(session);
  await session.watch('run_model', { model: 'wiro/z-image-turbo', params: { prompt: 'a lighthouse' } });
  session.messages();
});

test('a call that is canceled leaves its task running and the server at work', async (t) => {
  const session = await launch({ version: modern, env: sandbox.env });
  t.after(() => session.close());
  const stop = new AbortController();
  await assert.rejects(session.call('run_model', { model: 'sandbox/run-forever', params: {}, again: true }, {
    signal: stop.signal,
    onprogress: ({ message }) => { if (message === 'running') stop.abort(); },
  }));
  const { data: { tasks: [{ state, task }] } } = await session.call('list_tasks', { model: 'sandbox/run-forever' });
  assert.equal(state, 'running');
  await session.call('kill_task', { tasktoken: task.token });
});

describe('on the wire', () => {
  let program;
  before(() => { program = new Program([], sandbox.env); });
  after(() => program.stop());

  const envelope = (version) => ({
    'io.modelcontextprotocol/protocolVersion': version,
    'io.modelcontextprotocol/clientInfo': { name: 'e2e', version: '1.0.0' },
    'io.modelcontextprotocol/clientCapabilities': {},
  });
  let lastID = 0;
  const ask = (method, params = {}, version = modern, to = program) => {
    const id = ++lastID;
    to.write({ jsonrpc: '2.0', id, method, params: { ...params, _meta: { ...envelope(version), ...params._meta } } });
    return to.until(`the answer to ${method}`, () => to.lines.map((line) => JSON.parse(line)).find((m) => m.id === id));
  };

  test('server/discover offers the version, and what there is', async () => {
    const { result } = await ask('server/discover');
    assert.ok(result.supportedVersions.includes(modern));
    assert.ok(result.capabilities.tools && result.capabilities.resources);
    assert.ok(result.instructions);
  });

  test('a version that the server does not have is refused with those that it has', async () => {
    const { error } = await ask('tools/list', {}, '2031-01-01');
    assert.ok(error, 'it is refused');
    assert.equal(error.code, -32022);
    assert.ok(error.data.supported.includes(modern));
  });

  test('a tool is called without any handshake, with progress', async (t) => {
    const slow = await startSandbox('--pace', '0.2'); // progress is held back for 100 ms
    const own = new Program([], slow.env);
    t.after(async () => {
      await own.stop();
      await slow.stop();
    });
    const { result } = await ask('tools/call', {
      name: 'run_model', arguments: { model: 'wiro/z-image-turbo', params: { prompt: 'a lighthouse' } },
      _meta: { progressToken: 'p1' },
    }, modern, own);
    assert.equal(result.structuredContent.state, 'completed');
    const progress = own.lines.map((line) => JSON.parse(line)).filter((m) => m.method === 'notifications/progress');
    assert.ok(progress.length > 2 && progress.every((m) => m.params.progressToken === 'p1'));
  });

  test('the same process still initializes an older client', async () => {
    program.write({
      jsonrpc: '2.0', id: 'old', method: 'initialize',
      params: { protocolVersion: versions[0], capabilities: {}, clientInfo: { name: 'e2e', version: '1.0.0' } },
    });
    const { result } = await program.until('the answer', () => program.lines.map((line) => JSON.parse(line)).find((m) => m.id === 'old'));
    assert.equal(result.protocolVersion, versions[0]);
  });
});
