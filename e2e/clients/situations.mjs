// What every client goes through: connect, list, a run with a picture, progress, a time-out and the same call again, a
// confirmation, a wrong key, no key.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { binary, startSandbox, startServer } from '../lib.mjs';
import { installed } from './packages.mjs';

export const picture = { model: 'black-forest-labs/flux-2-pro', params: { prompt: 'a lighthouse at dawn' } };
export const endless = { model: 'sandbox/run-forever', params: {} };
const agent = { custom: true, title: 'Mail reader', skills: { 'int-gmail-check': true } };

/** What was tried, for the table at the end: by client and transport, what came of each situation. */
const table = new Map();

/** Notes what came of a situation. */
export function note(client, transport, situation, outcome = 'yes') {
  const name = `${client}, ${transport}`;
  if (!table.has(name)) table.set(name, {});
  table.get(name)[situation] = outcome;
}

/** Prints the table. */
export function printTable() {
  const columns = [...new Set([...table.values()].flatMap(Object.keys))];
  const lines = [['client', ...columns], ['---', ...columns.map(() => '---')], ...[...table].map(([name, row]) => [name, ...columns.map((column) => row[column] ?? '')])];
  console.log(lines.map((line) => `| ${line.join(' | ')} |`).join('\n'));
}

/** A Wiro of its own, and a server of that transport: a program to launch, or an address. */
export async function world(t, transport, settings = {}) {
  const sandbox = await startSandbox();
  t.after(() => sandbox.stop());
  const { WIRO_API_KEY: key, WIRO_API_SECRET: _, ...own } = sandbox.env;
  const env = { ...own, WIRO_STORE: 'memory', WIRO_LOG_LEVEL: 'disabled', ...settings };
  if (transport === 'stdio') {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'wiro-mcp-store-')); // some clients end the server with the call that they give up
    t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
    env.WIRO_STORE = `file:${folder}`;
    return { key, env, target: (credentials = key) => ({ command: binary, args: [], env: { ...env, ...(credentials && { WIRO_API_KEY: credentials }) } }) };
  }
  const server = await startServer({ ...env, WIRO_LOG_LEVEL: 'info' });
  t.after(() => server.stop());
  const url = `${server.origin}/mcp`;
  return { key, env, url, server, target: (credentials = key) => ({ url, headers: credentials ? { Authorization: `Bearer ${credentials}` } : {} }) };
}

/** Drives a library through all situations. */
export function drive(client) {
  for (const transport of client.transports) {
    describe(`${client.title} over ${transport}`, { concurrency: 2 }, () => {
      const situation = (name, run) => test(name, async (t) => {
        let folder;
        try {
          folder = await installed(...client.package);
        } catch (error) {
          note(client.title, transport, name, 'not tried');
          return t.skip(error.message);
        }
        note(client.title, transport, name, 'FAILED');
        const w = await world(t, transport);
        const connect = async (credentials) => {
          const connected = await client.connect(folder, w.target(credentials));
          t.after(() => connected.close());
          return connected;
        };
        note(client.title, transport, name, await run(t, connect, w) ?? 'yes');
      });

      situation('connect, list, run with a picture', async (t, connect) => {
        const session = await connect();
        const names = (await session.list()).map(({ name }) => name);
        for (const name of ['search_models', 'run_model', 'wait_for_task', 'send_agent_message']) assert.ok(names.includes(name), names.join());
        completed(await session.call('run_model', picture));
        assert.deepEqual(faultsOf(session), []);
      });

      if (client.progress) {
        situation('progress', async (t, connect) => {
          const session = await connect();
          const run = async (i) => {
            const heard = [];
            const result = await session.call('run_model', { ...picture, params: { prompt: `lighthouse ${i}` } }, { onprogress: (news) => heard.push(news.progress) });
            completed(result);
            assert.deepEqual(heard, heard.toSorted((a, b) => a - b));
            return heard.length;
          };
          const heard = await Promise.all(Array.from({ length: 20 }, (_, i) => run(i)));
          for (let i = 20; i < 26; i++) heard.push(await run(i));
          const late = client.apart ? /progress notification for an unknown token/ : /^$/;
          assert.deepEqual(faultsOf(session).filter((message) => !late.test(message)), [], 'an answer or progress that the client does not know');
          assert.ok(heard.some((count) => count > 0), 'no progress at all');
        });
      }

      if (client.timeout?.includes(transport)) {
        situation('time-out, and the same call again', async (t, connect) => {
          const session = await connect();
          await assert.rejects(session.call('run_model', endless, { timeout: 1500 }));
          const tasks = async () => { // some clients hand on the text, some the structure
            const { text, data } = await session.call('list_tasks', {});
            return text.match(/· sandbox\/run-forever ·/g)?.length ?? data?.tasks?.filter(({ task }) => task.model === endless.model).length;
          };
          assert.equal(await tasks(), 1, 'the call made one task');
          const again = await session.call('run_model', { ...endless, timeout_seconds: 0 });
          assert.match(again.text, /wait_for_task/);
          assert.equal(await tasks(), 1, 'the same call again made none');
          assert.deepEqual(faultsOf(session).filter((message) => !/abort/i.test(message)), []);
        });
      }

      situation('confirmation', async (t, connect) => {
        const session = await connect();
        const asked = await session.call('deploy_agent', agent);
        assert.match(asked.text, /confirm/i);
        const [, confirmation] = asked.text.match(/"confirmation":\s*"([^"]+)"/) ?? asked.text.match(/confirmation[=: ]+"?([\w.-]{20,})/) ?? [];
        assert.ok(confirmation, `no sealed confirmation in ${asked.text}`);
        const agents = async () => ((await session.call('list_my_agents', {})).text.match(/Mail reader/g) ?? []).length;
        assert.equal(await agents(), 0);
        const made = await session.call('deploy_agent', { ...agent, confirm: true, confirmation });
        assert.equal(made.error, false, made.text);
        await session.call('deploy_agent', { ...agent, confirm: true, confirmation }).catch(() => {});
        assert.ok(await agents() >= 1);
      });

      situation('wrong key', async (t, connect) => {
        const said = await told(connect, 'wrong-key-0123456789');
        t.diagnostic(said.replace(/\s+/g, ' ').slice(0, 400));
        assert.match(said, /key/i);
        return 'told';
      });

      situation('no key', async (t, connect) => {
        const said = await told(connect, '');
        t.diagnostic(said.replace(/\s+/g, ' ').slice(0, 400));
        assert.match(said, transport === 'stdio' ? /WIRO_API_KEY/ : /wiro\.ai\/panel|401|auth|key/i);
        return 'told';
      });
    });
  }
}

/** What the client could not make sense of. */
const faultsOf = ({ faults = [] }) => faults.map(({ message }) => message.slice(0, 200)).slice(0, 3);

/** What the user reads where the key does not do: at the connection, or at the first call. */
async function told(connect, key) {
  try {
    const session = await connect(key);
    return (await session.call('list_tasks', {})).text;
  } catch (error) {
    return String(error.stack ?? error) + JSON.stringify(error.cause ?? '');
  }
}

/** Fails unless the run is told with its picture. */
function completed({ text, data, error }) {
  assert.equal(error, false, text);
  assert.match(text + JSON.stringify(data ?? {}), /[Cc]ompleted/);
  assert.match(text || JSON.stringify(data), /https?:\/\/\S+\/cdn\/o\/\S+\.png/);
}
