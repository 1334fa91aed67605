// What a client is told when something goes wrong: what happened, why, and what to do next.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch } from './client.mjs';
import { startSandbox } from './lib.mjs';

let sandbox;
let session;
before(async () => {
  sandbox = await startSandbox();
  session = await launch({ env: sandbox.env });
});
after(async () => {
  await session.close();
  await sandbox.stop();
});

const run = (model, params = { prompt: 'a lighthouse' }) => ['run_model', { model, params }];

describe('an error says what helps', { concurrency: true }, () => {
  const cases = {
    'no such model': [run('openai/sora-9'), /openai\/sora-9 does not exist.*Closest: openai\/sora-2/s],
    'a slug that climbs': [run('../Task/Kill'), /owner\/model/],
    'a slug with a query': [run('a/b?c'), /a\/b does not exist/],
    'a slug of three parts': [run('a/b/c'), /owner\/model/],
    'an empty slug': [run(''), /owner\/model/],
    'a missing argument': [['run_model', { params: {} }], /needs model/],
    'an unknown argument': [['get_task', { token: 'x' }], /token.*tasktoken/s],
    'a missing parameter': [run('black-forest-labs/flux-2-pro', {}), /prompt/],
    'a wrong type': [['search_models', { limit: 'many' }], /limit/],
    'no such task': [['get_task', { tasktoken: 'nobodys' }], /no such task under this API key/],
    'no such page': [['read_doc', { page: 'quantum gardening' }], /quantum gardening/],
    'an empty question': [['search_docs', { query: '  ' }], /query/],
    'no such address': [['upload_file', { url: 'ftp://example.com/x.png' }], /http/],
    'the concurrency limit': [run('sandbox/limit-96'), /concurrent task limit.*frees up/s],
    'no money': [run('sandbox/no-balance-97'), /Add funds/],
    'a model for accounts': [run('sandbox/sign-in-98'), /registered account/],
    'refused credentials': [run('sandbox/token-expired-99'), /WIRO_API_KEY/],
    'a blocked model': [run('sandbox/not-accessible'), /tool-not-accessible/],
    'a suspended account': [run('sandbox/suspended'), /suspended/],
    'a fault at Wiro': [run('sandbox/error-500'), /may have reached Wiro.*list_tasks/s],
    'a gateway that answers HTML': [run('sandbox/bad-gateway-502'), /web page, not JSON.*may have reached Wiro/],
    'JSON that breaks off': [run('sandbox/broken-json'), /may have reached Wiro/],
    'an answer without end': [run('sandbox/oversize'), /larger than/],
  };
  for (const [what, [[tool, args], says]] of Object.entries(cases)) {
    test(what, async () => {
      const { text } = await session.call(tool, args, { error: true });
      assert.match(text, says);
      assert.ok(text.length < 1200, `it is short: ${text}`);
      assert.doesNotMatch(text, /internal error|goroutine|\*json\./);
      assert.ok(text.split('may have reached Wiro').length <= 2, `it says things once: ${text}`);
    });
  }

  test('a model that fails is not charged, and its own words are shown', async () => {
    const { data, text } = await session.call(...run('sandbox/fail'));
    assert.equal(data.state, 'failed');
    assert.match(text, /CUDA out of memory/);
    assert.match(text, /Not charged/);
    const price = await session.call('get_task_price', { tasktoken: data.task.token });
    assert.deepEqual([price.data.billed, price.data.costUsd], [false, 0]);
  });

  test('the task of a submit whose answer was cut off is found', async () => {
    const { data, text } = await session.call(...run('sandbox/cut-connection'));
    assert.equal(data.state, 'completed');
    assert.match(text, /answer to the submit was lost; its task was found/);
  });

  test('a rate limit is waited out', async () => {
    const { data } = await session.call(...run('sandbox/rate-limit-429'));
    assert.equal(data.state, 'completed');
  });
});

test('credentials that Wiro does not know are named, and never repeated', async (t) => {
  const wrong = await launch({ env: { ...sandbox.env, WIRO_API_KEY: 'hunter2-hunter2' } });
  t.after(() => wrong.close());
  const { text } = await wrong.call('list_tasks', {}, { error: true });
  assert.match(text, /WIRO_API_KEY/);
  assert.ok(!text.includes('hunter2') && !wrong.transport.log.includes('hunter2'));
  await wrong.call('search_docs', { query: 'signature' });
});

test('signed requests work', async (t) => {
  const env = { ...sandbox.env, WIRO_API_KEY: 'sandbox-signed-key', WIRO_API_SECRET: 'sandbox-signed-secret' };
  const signed = await launch({ env });
  t.after(() => signed.close());
  await Promise.all(Array.from({ length: 100 }, () => signed.call('list_tasks', { limit: 1 })));
});

test('a Wiro that cannot be reached is said clearly', async (t) => {
  const elsewhere = await startSandbox();
  await elsewhere.stop();
  const alone = await launch({ env: elsewhere.env });
  t.after(() => alone.close());
  const { text } = await alone.call(...run('openai/sora-2'), { error: true });
  assert.match(text, /cannot be reached.*Nothing was sent or charged/s);
});
