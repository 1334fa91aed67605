// Coding agents from npm, which follow a model of ours. `wiro-mcp install` writes their configuration.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, describe, test } from 'node:test';
import { Agent } from './agents.mjs';
import { startModel } from './model.mjs';
import { installed } from './packages.mjs';
import { endless, note, picture, printTable, world } from './situations.mjs';

const agents = [
  ['claude', '@anthropic-ai/claude-code', '1.0.128'],
  ['claude', '@anthropic-ai/claude-code', '2.1.112'],
  ['claude', '@anthropic-ai/claude-code', '2.1.332'],
  ['codex', '@openai/codex', '0.169.0'],
  ['gemini', '@google/gemini-cli', '0.61.0'],
  ['opencode', 'opencode-ai', '1.18.33'],
];

/** How each is told to give up on a call after two seconds; nothing for those that cannot be. */
const impatient = {
  claude: { env: { MCP_TOOL_TIMEOUT: '2000' } },
  codex: { edit: (text) => text.replace('tool_timeout_sec = 600', 'tool_timeout_sec = 2') },
  gemini: { edit: (text) => text.replace('"timeout": 600000', '"timeout": 2000') },
};

const call = (tool, args) => () => [{ tool, args }];
const say = (text) => () => text;
const textOf = (results) => results.map(({ text }) => text).join('\n');

/** An agent with a server of that transport, which follows a script. The test is left out where the agent is not to be had. */
async function start(t, [name, pack, version], transport, script, { key, later, ...edits } = {}) {
  let folder;
  try {
    folder = await installed(pack, version);
  } catch (error) {
    t.skip(error.message);
    return null;
  }
  const w = await world(t, transport);
  const model = await startModel(script);
  t.after(() => model.stop());
  const agent = await new Agent(name, folder, model).start();
  t.after(() => agent.stop());
  await agent.install({ key: key ?? w.key, url: w.url, settings: w.env, ...edits, ...(later && { edit: (text) => text.replaceAll(w.key, later) }) });
  if (later) agent.env.WIRO_API_KEY = later;
  return { agent, model, ...w };
}

for (const one of agents) {
  const [name, pack, version] = one;
  const title = `${pack} ${version}`;
  for (const transport of ['stdio', 'http']) {
    describe(`${title} over ${transport}`, () => {
      const situation = (what, script, options, run) => test(what, async (t) => {
        note(title, transport, what, 'FAILED');
        const started = await start(t, one, transport, script, options);
        note(title, transport, what, started ? await run(t, started) ?? 'yes' : 'not tried');
      });

      situation('connect, list, run with a picture', [call('run_model', picture), say('done')], {}, async (t, { agent, model }) => {
        const listed = await agent.list();
        assert.match(listed.said, /wiro/, listed.said);
        const asked = await agent.ask('Make a picture of a lighthouse.');
        assert.deepEqual(model.errors, []);
        assert.equal(model.turns.length, 1, asked.said);
        const [[{ text, images, error }]] = model.turns;
        assert.ok(!error, text);
        assert.match(text, /[Cc]ompleted/);
        assert.match(text, /\/cdn\/o\/\S+\.png/);
        for (const tool of ['search_models', 'run_model', 'wait_for_task']) assert.ok(model.offered.includes(tool), model.offered.join());
        return images ? 'the model sees it' : 'the model reads its address';
      });

      if (impatient[name]) {
        situation('time-out, and the same call again', [
          call('run_model', endless), call('run_model', { ...endless, timeout_seconds: 0 }), call('list_tasks', {}), say('done'),
        ], { edit: impatient[name].edit }, async (t, { agent, model }) => {
          const asked = await agent.ask('Run it.', { env: impatient[name].env });
          assert.equal(model.turns.length, 3, asked.said);
          assert.match(textOf(model.turns[1]), /wait_for_task/);
          const tasks = textOf(model.turns[2]);
          assert.equal(tasks.match(/"model\\*":\s*\\*"sandbox\/run-forever|· sandbox\/run-forever ·/g)?.length, 1, tasks);
        });
      }

      situation('confirmation', [
        call('deploy_agent', { custom: true, title: 'Mail reader', skills: { 'int-gmail-check': true } }),
        (results) => {
          const [, confirmation] = textOf(results).match(/\\*"?confirmation\\*"?[:=]\s*\\*"([\w.-]{20,})/) ?? [];
          if (!confirmation) return `no confirmation in ${textOf(results)}`;
          return [{ tool: 'deploy_agent', args: { custom: true, title: 'Mail reader', skills: { 'int-gmail-check': true }, confirm: true, confirmation } }];
        },
        call('list_my_agents', {}), say('done'),
      ], {}, async (t, { agent, model }) => {
        const asked = await agent.ask('Deploy it.');
        assert.equal(model.turns.length, 3, asked.said + JSON.stringify(model.turns).slice(0, 1500));
        assert.match(textOf(model.turns[0]), /confirm/);
        assert.match(textOf(model.turns[2]), /Mail reader/);
      });

      situation('wrong key', [call('list_tasks', {}), say('done')], { later: 'wrong-key-0123456789' }, async (t, { agent, model }) => {
        const asked = await agent.ask('List them.');
        const said = textOf(model.turns[0] ?? []) || asked.said;
        t.diagnostic(said.replace(/\s+/g, ' ').slice(0, 300));
        assert.match(said, /credentials|key/i);
        return 'told';
      });

      situation('no key', [call('list_tasks', {}), say('done')], { key: '' }, async (t, { agent, model }) => {
        const listed = await agent.list();
        t.diagnostic(`list: ${listed.said.replace(/\s+/g, ' ').slice(-300)}`);
        const asked = await agent.ask('List them.');
        const said = textOf(model.turns[0] ?? []);
        t.diagnostic(`call: ${(said || asked.said).replace(/\s+/g, ' ').slice(0, 400)}`);
        if (transport === 'stdio') assert.match(said, /WIRO_API_KEY/);
        else assert.match(listed.said + said, /wiro/);
        return said ? 'told at the call' : 'shown as not connected';
      });
    });
  }
}

describe('on a busy machine', () => {
  for (const one of [agents[0], agents[1], agents[2]]) {
    test(`${one[1]} ${one[2]}: forty runs, five at a time, lose nothing`, { timeout: 600_000 }, async (t) => {
      const rounds = Array.from({ length: 8 }, (_, round) => () => Array.from({ length: 5 }, (__, i) => (
        { tool: 'run_model', args: { ...picture, params: { prompt: `lighthouse ${5 * round + i}` } } })));
      const started = await start(t, one, 'stdio', [...rounds, say('done')]);
      if (!started) return;
      const burning = [1, 2].map(() => spawn(process.execPath, ['-e', 'const end = Date.now() + 300e3; while (Date.now() < end);'], { stdio: 'ignore' }));
      t.after(() => burning.forEach((burner) => burner.kill('SIGKILL')));
      const asked = await started.agent.ask('Run them all.', { ms: 500_000 });
      const results = started.model.turns.flat();
      assert.equal(results.length, 40, asked.said.slice(-2000));
      const lost = results.filter(({ text, error }) => error || !/completed/i.test(text));
      assert.deepEqual(lost, []);
      note(`${one[1]} ${one[2]}`, 'stdio', '40 runs on a busy machine');
    });
  }
});

after(printTable);
