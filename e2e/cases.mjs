// Calls of every tool. The cases run in this order: later ones use what earlier ones left in
// state. A tool without a case is called with its examples.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { agentCases } from './agent-cases.mjs';
import { assertNoSecrets } from './secrets.mjs';

/** The register of the tools with their examples, as `make snapshots` writes it. */
const register = new Map(JSON.parse(readFileSync(path.join(import.meta.dirname, 'tools.json'), 'utf8')).map((tool) => [tool.name, tool]));
const example = (name) => register.get(name).examples[0];

/**
 * Calls every tool that the session lists. It needs a sandbox of its own. No result gives
 * away a secret.
 */
export async function driveEveryTool(session) {
  const state = {};
  for (const name of session.tools.keys()) {
    assert.ok(register.get(name)?.examples.length, `${name} has no example: make snapshots`);
    for (const args of register.get(name).examples) {
      if (cases[name]) session.accepts(name, args);
      else await session.call(name, args, { error: 'any' });
    }
  }
  for (const [name, run] of Object.entries(cases)) {
    if (!session.tools.has(name)) continue;
    await run(session, state);
  }
  for (const name of Object.keys(cases)) {
    assert.ok(!session.tools.has(name) || session.called.has(name), `no case calls ${name}`);
  }
  assertNoSecrets(session.results.join('\n'), 'a result');
  assertNoSecrets(session.transport.log ?? '', 'the log');
}

const cases = {
  async search_models(s) {
    const { data, text } = await s.call('search_models', example('search_models'));
    assert.ok(data.models.length > 0);
    for (const model of data.models) {
      assert.match(model.slug, /^[\w.-]+\/[\w.-]+$/);
      assert.ok(text.includes(model.slug));
      assert.ok(!model.categories.includes('tool'));
    }
    const first = await s.call('search_models', { limit: 3 });
    assert.equal(first.data.nextAction.tool, 'get_model_schema');
    const second = await s.call('search_models', { limit: 3, start: first.data.nextStart });
    assert.equal(second.data.start, 3);
    assert.notEqual(second.data.models[0].slug, first.data.models[0].slug);
    assert.deepEqual((await s.call('search_models', { search: 'xyzzyplugh' })).data.models, []);
  },

  async get_model_schema(s) {
    const { data, text } = await s.call('get_model_schema', example('get_model_schema'));
    const items = data.model.parameters.flatMap((group) => group.items);
    const prompt = items.find((item) => item.id === 'prompt');
    assert.equal(prompt.required, true);
    for (const item of items) assert.ok(text.includes(item.id));
    assert.equal(data.nextAction.tool, 'run_model');
  },

  async recommend_model(s) {
    const { data } = await s.call('recommend_model', example('recommend_model'));
    assert.equal(data.models[0].slug, 'wiro/image-upscaler');
    await s.follow({ data });
  },

  async explore(s) {
    const { data } = await s.call('explore');
    assert.ok(data.categories.every((shelf) => shelf.title && shelf.models.length));
  },

  async run_model(s, state) {
    const { data, content } = await s.call('run_model', example('run_model'));
    assert.equal(data.state, 'completed');
    assert.equal(data.task.exitCode, '0');
    assert.ok(data.task.costUsd > 0);
    assert.equal(data.outputs[0].kind, 'image');
    assert.equal(data.outputs[0].mimeType, 'image/png');
    assert.ok(content.every((block) => block.type !== 'resource_link'), 'a client that nobody knows gets no links');
    state.done = data.task;
    state.image = data.outputs[0].url;
    const picture = Buffer.from(await (await fetch(state.image)).arrayBuffer());
    assert.equal(picture.subarray(1, 4).toString(), 'PNG');
    assert.equal(picture.length, data.outputs[0].sizeBytes);

    const chat = await s.call('run_model', { model: 'openai/gpt-5-mini', params: { prompt: 'Say hello' } });
    assert.ok(chat.data.response && chat.text.includes(chat.data.response));
    assert.equal(chat.data.outputs[0].mimeType, 'text/plain');

    const submitted = await s.call('run_model', { model: 'openai/sora-2', params: { prompt: 'waves' }, wait: false });
    assert.equal(submitted.data.state, 'submitted');
    assert.ok(submitted.text.includes(submitted.data.task.token));
    state.submitted = submitted.data.task.token;
  },

  async wait_for_task(s, state) {
    const { data } = await s.call('wait_for_task', { tasktoken: state.submitted });
    assert.equal(data.state, 'completed');
    assert.equal(data.outputs[0].kind, 'video');
  },

  async get_task(s, state) {
    const byToken = await s.call('get_task', { tasktoken: state.done.token });
    assert.equal(byToken.data.outputs[0].url, state.image);
    const byID = await s.call('get_task', { taskid: state.done.id });
    assert.deepEqual(byID.data, byToken.data);
    assert.ok(byToken.data.params.prompt && byToken.text.includes(byToken.data.params.prompt));
    const swapped = await s.call('get_task', { tasktoken: state.done.id });
    assert.equal(swapped.data.task.token, state.done.token);
    assert.equal((await s.call('get_task', { tasktoken: state.submitted, wait_seconds: 5 })).data.state, 'completed');
  },

  async list_tasks(s, state) {
    const { data, text } = await s.call('list_tasks', { limit: 100 });
    assert.ok(data.tasks.some(({ task }) => task.token === state.done.token));
    for (const { task } of data.tasks) assert.ok(text.includes(task.token));
    const one = await s.call('list_tasks', { model: 'openai/gpt-5-mini' });
    assert.ok(one.data.tasks.every(({ task }) => task.model === 'openai/gpt-5-mini'));
    const sum = (tasks) => tasks.reduce((usd, { task }) => usd + (task.costUsd ?? 0), 0);
    const all = await s.call('list_tasks', { since: 'all', limit: 1 });
    assert.equal(all.data.totals.tasks, data.tasks.length);
    assert.ok(Math.abs(all.data.totals.costUsd - sum(data.tasks)) < 1e-6);
    assert.ok(all.text.includes(`${data.tasks.length} tasks: `));
    const done = await s.call('list_tasks', { state: 'completed', since: '1h' });
    assert.ok(done.data.tasks.length > 0 && done.data.tasks.every((row) => row.state === 'completed'));
  },

  async get_task_price(s, state) {
    const { data, text } = await s.call('get_task_price', { tasktoken: state.done.token });
    assert.equal(data.billed, true);
    assert.equal(data.costUsd, state.done.costUsd);
    assert.ok(text.includes(String(data.costUsd)));
  },

  async cancel_task(s) {
    const { data: { task } } = await s.call('run_model', { model: 'sandbox/queue-forever', params: {}, wait: false });
    const { data, text } = await s.call('kill_task', { tasktoken: task.token });
    assert.deepEqual([data.action, data.success, data.task.costUsd], ['cancel', true, 0]);
    assert.match(text, /Not charged/);
    assert.equal((await s.call('get_task', { tasktoken: task.token })).data.state, 'cancelled');
  },

  async kill_task(s) {
    const running = await s.call('run_model', { model: 'sandbox/run-forever', params: {}, timeout_seconds: 1 });
    assert.equal(running.data.state, 'running');
    assert.match(running.text, /do not run the model again/);
    const { token } = running.data.task;
    const { data, text } = await s.call('cancel_task', { tasktoken: token });
    assert.deepEqual([data.action, data.success, data.task.costUsd], ['kill', true, 0]);
    assert.match(text, /Not charged/);
    const price = await s.call('get_task_price', { tasktoken: token });
    assert.deepEqual([price.data.billed, price.data.costUsd], [false, 0]);
  },

  async create_folder(s, state) {
    const { data } = await s.call('create_folder', { name: `training-${s.version}` });
    state.folder = data.file.id;
  },

  async upload_file(s, state) {
    const { data } = await s.call('upload_file', { url: state.image, file_name: 'lighthouse.png', folderid: state.folder });
    assert.equal(data.file.mimeType, 'image/png');
    const uploaded = await (await fetch(data.file.url)).arrayBuffer();
    assert.equal(uploaded.byteLength, data.file.sizeBytes);
    const upscaled = await s.call('run_model', { model: 'wiro/image-upscaler', params: { inputImage: data.file.url } });
    assert.equal(upscaled.data.state, 'completed');
    state.file = data.file.url;
  },

  async delete_task_files(s, state) {
    await s.call('delete_task_files', { tasktoken: state.done.token });
    assert.notEqual((await fetch(state.image)).status, 200);
  },

  async search_docs(s) {
    const { data, text } = await s.call('search_docs', { query: 'task_postprocess_end', limit: 3 });
    assert.ok(data.matches.length > 0);
    for (const match of data.matches) {
      assert.ok(match.text.includes('task_postprocess_end'));
      assert.ok(text.includes(match.title));
    }
  },

  async read_doc(s) {
    const { data, text } = await s.call('read_doc', { page: 'Tasks' });
    assert.ok(text.includes(data.text));
    assert.equal((await s.call('read_doc', { page: data.url })).data.page, 'Tasks');
  },

  ...agentCases,
};
