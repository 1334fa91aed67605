// What a client sees while a task runs, and what becomes of the task when it stops looking.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { launch } from './client.mjs';
import { startSandbox, within } from './lib.mjs';

let sandbox;
let session;
before(async () => { sandbox = await startSandbox(); });
after(() => sandbox.stop());
beforeEach(async () => { session = await launch({ env: sandbox.env }); });
afterEach(() => session.close());

const run = (model, prompt) => session.watch('run_model', { model, params: { prompt } });

/** Starts a run of its own that never ends and calls when() on progress; returns the call. */
function runForever(when, options) {
  return session.call('run_model', { model: 'sandbox/run-forever', params: {}, again: true }, {
    ...options,
    onprogress: ({ message }) => { if (message === 'running') when(); },
  });
}

/** The tasks that run now. */
async function running() {
  const { data } = await session.call('list_tasks', { limit: 100, model: 'sandbox/run-forever' });
  return data.tasks.filter(({ state }) => state === 'running').map(({ task }) => task);
}

const kill = (tasks) => Promise.all(tasks.map(({ token }) => session.call('kill_task', { tasktoken: token })));

test("progress goes from the queue through the model's own percent to the end", async () => {
  const { said, news, data } = await run('black-forest-labs/flux-2-pro', 'a lighthouse');
  assert.equal(data.state, 'completed');
  assert.match(said[0], /^submitted: task \d+, token \w+, costs \$/);
  assert.ok(said.some((message) => /^\d+%, step \d+ of \d+/.test(message)), said.join('\n'));
  assert.ok(news.some(({ total }) => total === 100));
});

test('a language model streams: words are counted as they come, thinking apart from the answer', async (t) => {
  // Progress is held back for 100 ms: the last words come with the result, which replaces it.
  const slow = await startSandbox('--pace', '0.1');
  const own = await launch({ env: slow.env });
  t.after(async () => {
    await own.close();
    await slow.stop();
  });
  const { said, data, text } = await own.watch('run_model', { model: 'qwen/qwen3-5-27b', params: { prompt: 'Why is the sky blue?' } });
  assert.ok(data.thinking && data.response);
  assert.ok(!data.response.includes(data.thinking));
  assert.ok(text.includes(data.response));
  const counts = said.map((message) => message.match(/^(\d+) words so far: \S/)?.[1]).filter(Boolean).map(Number);
  assert.ok(counts.length > 2, said.join('\n'));
  assert.deepEqual(counts, counts.toSorted((a, b) => a - b));
  assert.ok(counts.at(-1) <= data.response.split(/\s+/).length);
});

test('out of time, a run goes on, and the next step gets its result', async () => {
  const waited = await session.call('run_model', { model: 'sandbox/queue-forever', params: {}, timeout_seconds: 0.2 });
  assert.equal(waited.data.state, 'running');
  assert.equal(waited.data.nextAction.tool, 'wait_for_task');
  const end = session.follow(waited);
  await session.call('cancel_task', { tasktoken: waited.data.task.token });
  assert.equal((await end).data.state, 'cancelled');
});

test('a call that is canceled leaves its task running and the server at work', async () => {
  const stop = new AbortController();
  await assert.rejects(runForever(() => stop.abort(), { signal: stop.signal }), /abort/i);
  const tasks = await running();
  assert.equal(tasks.length, 1);
  await kill(tasks);
});

test('sixty-four waits at once hold nobody else up', async () => {
  const count = 64;
  let started = 0;
  let calls;
  await within(20_000, 'all runs start', new Promise((resolve) => {
    calls = Array.from({ length: count }, () => runForever(() => { if (++started === count) resolve(); }));
  }));
  await within(1000, 'tools/list', session.list());
  const tasks = await running();
  assert.equal(tasks.length, count);
  await kill(tasks);
  const ends = await within(10_000, 'all waits end', Promise.all(calls));
  assert.ok(ends.every(({ data }) => data.state === 'cancelled'));
  assert.equal(new Set(ends.map(({ data }) => data.task.token)).size, count);
});
