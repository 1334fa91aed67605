// Programs are written for the official Node server's structured results: those of its tools are
// valid under the schemas that it publishes, in every state, and hold what these programs read.
// testdata/official-tools.json has the schemas as facts: names, types and shapes.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { dial, launch } from './client.mjs';
import { startSandbox, startServer } from './lib.mjs';

const official = new Map(JSON.parse(readFileSync(path.join(import.meta.dirname, 'testdata', 'official-tools.json'), 'utf8')).map((tool) => [tool.name, tool]));

/** The schema of the same objects that may have more members. */
function open(schema) {
  if (Array.isArray(schema)) return schema.map(open);
  if (!schema || typeof schema !== 'object') return schema;
  const { additionalProperties, ...rest } = schema;
  const opened = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, open(value)]));
  return additionalProperties === false || additionalProperties === undefined ? opened : { ...opened, additionalProperties };
}

const ajv = addFormats.default(new Ajv2020({ strict: false }));
const validators = new Map([...official].map(([name, { outputSchema }]) => [name, ajv.compile(open(outputSchema))]));

describe('the tools of the official server', { concurrency: true }, () => {
  let sandbox;
  let server;
  before(async () => {
    sandbox = await startSandbox('--pace', '0.005');
    server = await startServer(sandbox.env);
  });
  after(async () => {
    await server.stop();
    await sandbox.stop();
  });

  const connect = {
    stdio: () => launch({ env: sandbox.env }),
    HTTP: () => dial({ url: `${server.origin}/v1`, headers: { Authorization: `Bearer ${sandbox.env.WIRO_API_KEY}` } }),
  };

  for (const [transport, open] of Object.entries(connect)) {
    /** A caller of the official tools whose results are held against their schemas. */
    async function client(t) {
      const session = await open();
      t.after(() => session.close());
      const states = new Map();
      const call = async (name, args = {}, options) => {
        const result = await session.call(name, args, options);
        const valid = validators.get(name);
        assert.ok(valid(result.data), `${name} ${JSON.stringify(args)}: ${ajv.errorsText(valid.errors)} in ${JSON.stringify(result.data)}`);
        if (result.data.state) states.set(name, (states.get(name) ?? new Set()).add(result.data.state));
        return result.data;
      };
      return { session, call, states };
    }

    test(`over ${transport}, it takes the same arguments`, async (t) => {
      const { session } = await client(t);
      for (const [name, { inputSchema }] of official) {
        const own = session.tools.get(name).inputSchema;
        for (const [argument, { type, enum: values, default: value }] of Object.entries(inputSchema.properties ?? {})) {
          const ours = own.properties[argument];
          assert.ok(ours, `${name} has no ${argument}`);
          assert.ok(ours.type === type || (type === 'integer' && ours.type === 'number'), `${name}.${argument} is ${ours.type}`);
          for (const allowed of values ?? []) assert.ok(!ours.enum || ours.enum.includes(allowed), `${name}.${argument}: ${allowed}`);
          if (value !== undefined && ours.default !== undefined) assert.deepEqual(ours.default, value, `${name}.${argument}`);
        }
        for (const required of own.required ?? []) assert.ok(inputSchema.required?.includes(required), `${name} wants ${required}`);
      }
    });

    test(`over ${transport}, models are found, listed and described in its shapes`, async (t) => {
      const { session, call } = await client(t);
      const first = await call('search_models', { search: 'image', limit: '1' }, { loose: true });
      assert.equal(typeof first.nextStart, 'number');
      assert.equal(first.limit, 1);
      assert.equal(first.nextAction.tool, 'get_model_schema');
      assert.equal(first.nextAction.arguments.model, first.models[0].slug);
      const { models: [priced] } = await call('search_models', { search: 'imagen' });
      for (const member of ['title', 'description', 'pricing', 'estimatedCostUsd']) assert.ok(priced[member], member);
      const all = await call('search_models', { search: 'sora' });
      assert.ok('nextStart' in all && all.nextStart === null, 'the last page says so');
      const none = await call('search_models', { search: 'xyzzyplugh' });
      assert.deepEqual([none.models, none.total, none.nextStart], [[], 0, null]);
      const typo = await session.call('search_models', { categories: ['txt-to-image'], limit: '1' }, { error: true });
      assert.deepEqual(typo.data.nextAction.arguments, { categories: ['text-to-image'], limit: 1 }, 'arguments keep their types');

      for (const task of ['upscale an image to 4K', 'qwxzy']) await call('recommend_model', { task });
      const shelves = await call('explore');
      for (const { title, models } of shelves.categories) {
        assert.ok(title);
        for (const model of models) assert.ok(model.title && model.pricing, JSON.stringify(model));
      }

      let slugs = [];
      for (let start = 0; start !== null;) {
        const page = await call('search_models', { start, limit: 100 });
        slugs = slugs.concat(page.models.map(({ slug }) => slug));
        start = page.nextStart;
      }
      assert.ok(slugs.length > 200);
      const sample = transport === 'stdio' ? slugs : slugs.slice(0, 20);
      let numbers = 0;
      for (const model of sample) {
        const { model: { parameters }, nextAction } = await call('get_model_schema', { model });
        assert.equal(nextAction.tool, 'run_model');
        numbers += parameters.flatMap(({ items }) => items).filter(({ min }) => typeof min === 'number').length;
      }
      assert.ok(numbers > 0);
    });

    test(`over ${transport}, a task has its shapes in every state`, async (t) => {
      const { call, states } = await client(t);
      /** Looks at a task with every tool that shows one, and returns its price. */
      const look = async (state, { token, id }, billed) => {
        for (const [name, args] of [['get_task', { tasktoken: token }], ['get_task', { taskid: id }], ['wait_for_task', { tasktoken: token, timeout_seconds: 10 }]]) {
          if (state === 'running' && name === 'wait_for_task') args.timeout_seconds = 0;
          const data = await call(name, args);
          assert.equal(data.state, state, name);
          assert.equal(data.task.token, token);
          if (state === 'running') assert.equal(data.nextAction.tool, 'wait_for_task');
        }
        const price = await call('get_task_price', { tasktoken: token });
        assert.equal(price.billed, billed);
        assert.equal(price.costUsd === null, billed === null, 'unknown is null, never 0');
        assert.ok(price.nextAction);
        const { tasks } = await call('list_tasks', { limit: 100 });
        const row = tasks.find(({ task }) => task.token === token);
        assert.equal(row.state, state);
        assert.ok(Array.isArray(row.outputs));
        return row;
      };

      for (const [model, params, kind] of [
        ['black-forest-labs/flux-2-pro', { prompt: 'a lighthouse' }, 'image'], ['openai/sora-2', { prompt: 'waves' }, 'video'],
        ['wiro/kokoro-tts', { prompt: 'hello' }, 'audio'], ['openai/gpt-5-mini', { prompt: 'hello' }, 'text'],
      ]) {
        const done = await call('run_model', { model, params: await fill(call, model, params), again: true });
        assert.equal(done.state, 'completed', model);
        assert.equal(done.outputs[0].kind, kind);
        assert.ok(done.task.durationSeconds > 0 && done.task.costUsd > 0);
        const row = await look('completed', done.task, true);
        assert.equal(row.outputs[0].kind, kind);
        if (kind === 'text') assert.ok(done.response && done.outputs[0].text && row.outputs[0].text);
      }

      const failed = await call('run_model', { model: 'sandbox/fail', params: {}, again: true });
      assert.equal(failed.state, 'failed');
      assert.ok(failed.error);
      await look('failed', failed.task, failed.task.costUsd > 0);

      const submitted = await call('run_model', { model: 'sandbox/queue-forever', params: {}, wait: false, again: true });
      assert.equal(submitted.state, 'submitted');
      await look('running', submitted.task, null);
      const canceled = await call('cancel_task', { tasktoken: submitted.task.token });
      assert.deepEqual([canceled.action, canceled.success], ['cancel', true]);
      await look('cancelled', submitted.task, false);

      const running = await call('run_model', { model: 'sandbox/run-forever', params: {}, timeout_seconds: 1, again: true });
      assert.equal(running.state, 'running');
      assert.equal(running.task.costUsd, null);
      await look('running', running.task, null);
      const killed = await call('kill_task', { taskid: running.task.id });
      assert.deepEqual([killed.action, killed.success], ['kill', true]);
      await look('cancelled', running.task, false);

      for (const name of ['run_model', 'get_task', 'wait_for_task', 'get_task_price']) {
        const seen = [...states.get(name)].sort();
        const all = name === 'run_model' ? ['completed', 'failed', 'running', 'submitted'] : ['cancelled', 'completed', 'failed', 'running'];
        assert.deepEqual(seen, all, name);
      }
      const pages = await call('list_tasks', { limit: '1' }, { loose: true });
      assert.deepEqual(pages.nextAction.arguments, { limit: 1, start: 1 }, 'arguments keep their types');
      const last = await call('list_tasks', { limit: 100 });
      assert.equal(last.nextStart, null);
      const none = await call('list_tasks', { model: 'nobody/nothing' });
      assert.deepEqual([none.tasks, none.total, none.nextStart], [[], 0, null]);
    });

    test(`over ${transport}, files and the documentation have its shapes`, async (t) => {
      const { call } = await client(t);
      const { outputs: [{ url }] } = await call('run_model', { model: 'black-forest-labs/flux-2-pro', params: { prompt: 'a boat' }, again: true });
      const { file } = await call('upload_file', { url, file_name: 'boat.png' });
      assert.ok(file.sizeBytes > 0);
      const { matches, docsUrl } = await call('search_docs', { query: 'how do I cancel a task' });
      assert.ok(matches.length > 0 && matches.length <= 3);
      assert.ok(docsUrl.startsWith('https://'));
      assert.deepEqual((await call('search_docs', { query: 'qwxzy plughxyzzy' })).matches, []);
    });
  }
});

/** The params with what a model requires beside them. */
async function fill(call, model, params) {
  const { nextAction } = await call('get_model_schema', { model });
  return { ...nextAction.arguments.params, ...params };
}
