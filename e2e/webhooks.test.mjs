// What Wiro posts to the addresses that calls name.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { launch } from './client.mjs';
import { startSandbox, within } from './lib.mjs';

/** A program that receives webhooks, and misses the first one. */
async function receive(t) {
  const posted = [];
  let tell;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    posted.push(JSON.parse(body));
    response.writeHead(posted.length === 1 ? 503 : 200).end();
    tell?.();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }));
  const after = (n) => within(30_000, `${n} webhooks`, new Promise((resolve) => {
    tell = () => { if (posted.length >= n) resolve(posted); };
    tell();
  }));
  return { url: `http://127.0.0.1:${server.address().port}/hook`, after };
}

async function begin(t) {
  const sandbox = await startSandbox();
  const s = await launch({ env: { ...sandbox.env, WIRO_TOOLSETS: 'all' } });
  t.after(async () => {
    await s.close();
    await sandbox.stop();
  });
  return s;
}

test('the result of a run is posted to callbackUrl until it is taken', async (t) => {
  const [s, hook] = [await begin(t), await receive(t)];
  const run = { model: 'wiro/z-image-turbo', params: { prompt: 'a lighthouse' } };
  const refused = await s.call('run_model', { ...run, callbackUrl: 'example.com/hook' }, { error: true });
  assert.match(refused.text, /callbackUrl must be an http or https address/);
  const { data } = await s.call('run_model', { ...run, callbackUrl: hook.url });
  assert.equal(data.state, 'completed');
  const [first, second] = await hook.after(2);
  assert.deepEqual(first, second);
  assert.equal(second.socketaccesstoken, data.task.token);
  assert.equal(second.status, 'task_postprocess_end');
});

test('the answer to a message is posted to callbackurl until it is taken', async (t) => {
  const [s, hook] = [await begin(t), await receive(t)];
  const deploy = {
    custom: true, title: 'Publisher', skills: { 'int-wordpress-post': true },
    credentials: { wordpress: { url: 'https://blog.example.com', user: 'editor', apppassword: 'abcd efgh ijkl' } },
  };
  const asked = await s.call('deploy_agent', deploy);
  const { data: { agent: { useragentguid } } } = await s.call('deploy_agent', { ...asked.data.nextAction.arguments, credentials: deploy.credentials });
  await s.call('start_agent', { useragentguid });
  const { data } = await s.call('send_agent_message', { useragentguid, message: 'Hello', callbackurl: hook.url });
  assert.equal(data.state, 'completed');
  const [, taken] = await hook.after(2);
  assert.equal(taken.messageguid, data.message.messageguid);
  assert.equal(taken.status, 'agent_end');
  assert.equal(taken.content, 'Hello');
});
