// Stories with agents, from the first look at the catalog to the end.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { agree } from './agent-cases.mjs';
import { launch, modern } from './client.mjs';
import { startSandbox, within } from './lib.mjs';
import { assertNoSecrets } from './secrets.mjs';

/** A session on a sandbox of its own. What it was told is searched for secrets at the end. */
async function begin(t, options = {}, ...sandboxArgs) {
  const sandbox = await startSandbox(...sandboxArgs);
  const session = await launch({ env: { ...sandbox.env, WIRO_TOOLSETS: 'all' }, ...options });
  t.after(async () => {
    await session.close();
    await sandbox.stop();
    assertNoSecrets(session.results.join('\n'), 'a result');
    assertNoSecrets(session.transport.log, 'the log');
  });
  return session;
}

/** Deploys the blog's agent, enters what it needs and starts it. */
async function blogger(s, tier = 'starter') {
  const { data: { agents: [template] } } = await s.call('list_agents', { search: 'blog' });
  const deployed = await agree(s, 'deploy_agent', { agentguid: template.guid, title: 'Corner blog', tier });
  const entered = fillIn(deployed.data.nextAction, { url: 'https://blog.example.com', user: 'editor', apppassword: 'abcd efgh ijkl' });
  await s.call('set_agent_credentials', entered);
  const useragentguid = deployed.data.agent.useragentguid;
  assert.equal((await s.call('start_agent', { useragentguid })).data.agent.status, 'running');
  return useragentguid;
}

/** A suggested set_agent_credentials with the user's values in it. */
function fillIn({ tool, arguments: args }, values) {
  assert.equal(tool, 'set_agent_credentials');
  return { ...args, fields: args.fields.map((field) => ({ ...field, fieldvalue: values[field.fieldname] })) };
}

describe('stories', { concurrency: true }, () => {
  test('from a template to a conversation, and to the end of it', async (t) => {
    const s = await begin(t, {}, '--pace', '0.1'); // progress is held back for 100 ms
    const { data: { agents } } = await s.call('list_agents', { category: 'productivity', search: 'blog' });
    const look = await s.follow({ data: { nextAction: { tool: 'get_agent', arguments: { guid: agents[0].guid } } } });
    assert.deepEqual(look.data.agent.credentials.find((need) => need.credentialkey === 'wordpress').fields.map((f) => f.fieldname), ['url', 'user', 'apppassword']);

    const asked = await s.follow(look);
    assert.match(asked.text, /\$9\.00/);
    assert.deepEqual((await s.call('list_my_agents')).data.agents, [], 'nothing is deployed before the yes');
    const deployed = await s.follow(asked);
    const useragentguid = deployed.data.agent.useragentguid;

    const refused = await s.call('start_agent', { useragentguid }, { error: true });
    assert.match(refused.text, /Setup required: wordpress needs url, user, apppassword: set_agent_credentials/);
    const half = fillIn(refused.data.nextAction, { url: 'https://blog.example.com', user: 'editor', apppassword: '' });
    await s.call('set_agent_credentials', half);
    const stillRefused = await s.call('start_agent', { useragentguid }, { error: true });
    assert.match(stillRefused.text, /wordpress needs apppassword/);
    await s.call('set_agent_credentials', fillIn(stillRefused.data.nextAction, { apppassword: 'abcd efgh ijkl' }));
    const started = await s.watch('start_agent', { useragentguid });
    assert.equal(started.data.agent.status, 'running');
    assert.equal(started.said[0], 'queued');

    const say = (message, sessionkey) => s.watch('send_agent_message', { useragentguid, message, sessionkey });
    const first = await say('I bake bread', 'bread');
    assert.equal(first.data.state, 'completed');
    assert.ok(first.said.length > 3, 'the answer streams');
    assert.match((await say('I sell cakes', 'cakes')).data.answer, /our conversation begins/);
    assert.match((await say('What did I say?', 'bread')).data.answer, /I bake bread/);

    const { data: { sessions } } = await s.call('list_agent_sessions', { useragentguid });
    assert.deepEqual(Object.fromEntries(sessions.map((each) => [each.sessionkey, each.messages])), { bread: 2, cakes: 1 });
    const page = await s.call('list_agent_messages', { useragentguid, sessionkey: 'bread', limit: 1 });
    assert.deepEqual(page.data.messages.map((message) => message.question), ['What did I say?']);
    const older = await s.follow(page);
    assert.deepEqual(older.data.messages.map((message) => message.question), ['I bake bread']);

    const { data: { agent } } = await s.call('get_my_agent', { useragentguid });
    assert.equal(agent.credits.used, 30, 'three messages at ten credits');
    assert.equal((await s.call('stop_agent', { useragentguid })).data.agent.status, 'stopped');
    const gone = await s.call('send_agent_message', { useragentguid, message: 'Are you there?' }, { error: true });
    assert.equal(gone.data.nextAction.tool, 'start_agent');
  });

  test('a custom build, priced, extended with a schedule, changed, and taken back', async (t) => {
    const s = await begin(t);
    const { data: { skills } } = await s.call('list_skills', { capability: 'web_publishing' });
    const name = skills[0].name;
    const price = await s.call('preview_agent_price', { skills: [name], tier: 'pro' });
    const build = { custom: true, title: 'Publisher', tier: 'pro', skills: { [name]: true } };
    const { asked, data } = await agree(s, 'deploy_agent', build);
    assert.equal(asked.data.costUsd, price.data.priceUsd);
    const useragentguid = data.agent.useragentguid;

    const key = { useragentguid, skillkey: 'cron-monday' };
    await s.call('set_custom_skill', { ...key, interval: '0 9 * * 1', value: 'Post a recipe.', enabled: true, usercreated: true });
    const find = async () => (await s.call('get_my_agent', { useragentguid })).data.agent.scheduledSkills.find(({ skillkey }) => skillkey.endsWith('cron-monday'));
    const { skillkey } = await find();
    await s.call('set_custom_skill', { useragentguid, skillkey, interval: '0 18 * * 5', value: 'Post a cake.' });
    assert.equal((await find()).interval, '0 18 * * 5');

    const { data: { versions } } = await s.call('get_custom_skill_history', { useragentguid, skillkey });
    const created = versions.at(-1);
    assert.equal(created.state.value, 'Post a recipe.');
    await s.call('revert_custom_skill', { useragentguid, skillkey, source: 'history', versionguid: created.versionguid });
    assert.equal((await find()).interval, '0 9 * * 1');
  });

  test('out of credits: why, and a pack that helps', async (t) => {
    const s = await begin(t);
    const useragentguid = await blogger(s, 'pro');
    const say = (message, options) => s.call('send_agent_message', { useragentguid, message }, options);
    await say('please spend everything');
    const refused = await say('Hello?', { error: true });
    assert.match(refused.text, /credits/);
    const { data: { agent } } = await s.call('get_my_agent', { useragentguid });
    assert.equal(agent.remainingCredits, 0);
    assert.match(agent.blocked.join(), /credits.*buy_agent_credits/);
    const { data: { transactions } } = await s.call('list_agent_transactions', { useragentguid });
    assert.ok(transactions[0].credits < 0);

    const { tool, arguments: args } = refused.data.nextAction;
    assert.equal(tool, 'buy_agent_credits');
    const { asked } = await agree(s, tool, args);
    const pack = agent.creditPacks.find((each) => each.pack === args.pack);
    assert.equal(asked.data.costUsd, pack.priceUsd);
    assert.equal((await s.call('get_my_agent', { useragentguid })).data.agent.remainingCredits, pack.credits);
    assert.equal((await say('Hello again')).data.state, 'completed');
  });

  test('out of credits as Starter: the way there leads through Pro', async (t) => {
    const s = await begin(t);
    const useragentguid = await blogger(s);
    await s.call('send_agent_message', { useragentguid, message: 'please spend everything' });
    const refused = await s.call('send_agent_message', { useragentguid, message: 'Hello?' }, { error: true });
    const starter = await s.follow(refused, { error: true });
    assert.match(starter.text, /for Pro agents/);
    const asked = await s.follow(starter);
    assert.equal(asked.data.state, 'confirmation_required');
    assert.equal((await s.call('get_my_agent', { useragentguid })).data.agent.tier, 'starter');
    await s.follow(asked);
    assert.equal((await s.call('get_my_agent', { useragentguid })).data.agent.tier, 'pro');
  });

  for (const [where, message, seen] of [
    ['in the middle of its answer', 'please hold', /thinking/],
    ['while it is queued', 'please wait in line', /queued/],
  ]) {
    test(`a message is canceled ${where}`, async (t) => {
      const s = await begin(t);
      const useragentguid = await blogger(s);
      const sent = await s.call('send_agent_message', { useragentguid, message, wait: false });
      const { messageguid, agenttoken } = sent.data.message;
      await s.call('cancel_agent_message', { agenttoken });
      const { data } = await s.call('get_agent_message', { messageguid });
      assert.equal(data.state, 'cancelled');

      let canceled = false;
      const waiting = s.call('send_agent_message', { useragentguid, message, sessionkey: 'other' }, {
        timeout: 60_000,
        onprogress: async ({ message: news }) => {
          if (canceled || !seen.test(news)) return;
          canceled = true;
          const { data: { messages } } = await s.call('list_agent_messages', { useragentguid, sessionkey: 'other' });
          await s.call('cancel_agent_message', { messageguid: messages[0].messageguid });
        },
      });
      const ended = await within(45_000, 'the wait ends', waiting);
      assert.equal(ended.data.state, 'cancelled');
    });
  }

  test('a call that is canceled leaves the agent at work', async (t) => {
    const s = await begin(t);
    const useragentguid = await blogger(s);
    const stop = new AbortController();
    await assert.rejects(s.call('send_agent_message', { useragentguid, message: 'please hold' }, {
      signal: stop.signal,
      onprogress: ({ message }) => { if (/thinking/.test(message)) stop.abort(); },
    }));
    const { data: { messages } } = await s.call('list_agent_messages', { useragentguid });
    assert.equal(messages[0].state, 'running');
  });

  test('the socket drops in mid-answer', async (t) => {
    const s = await begin(t);
    const useragentguid = await blogger(s);
    const { data } = await s.watch('send_agent_message', { useragentguid, message: 'please hang up' });
    assert.equal(data.state, 'completed');
    assert.ok(data.answer.includes('please hang up') && data.thinking);
  });

  test('out of time, a message goes on and is not sent again', async (t) => {
    const s = await begin(t);
    const useragentguid = await blogger(s);
    const waited = await s.call('send_agent_message', { useragentguid, message: 'please hold', timeout_seconds: 0.5 });
    assert.equal(waited.data.state, 'running');
    assert.match(waited.text, /do not send the message again/);
    const { tool, arguments: next } = waited.data.nextAction;
    assert.equal((await s.call(tool, { ...next, wait_seconds: 0.2 })).data.state, 'running');
    assert.equal((await s.call('list_agent_messages', { useragentguid })).data.messages.length, 1);
  });
});

describe('before money is spent', { concurrency: true }, () => {
  const deploy = { custom: true, title: 'Publisher', skills: { 'int-wordpress-post': true } };

  for (const version of ['2025-11-25', modern]) {
    test(`a user of ${version} who can be asked is asked, even where confirm is set`, async (t) => {
      const questions = [];
      let answer = { action: 'accept', content: { agree: true } };
      const s = await begin(t, {
        version, capabilities: { elicitation: { form: {} } },
        onElicit: (question) => { questions.push(question); return answer; },
      });
      const { data } = await s.call('deploy_agent', { ...deploy, confirm: true });
      assert.equal(data.agent.title, 'Publisher');
      assert.equal(questions.length, 1);
      assert.match(questions[0].message, /Publisher.*\$\d/);

      for (answer of [{ action: 'decline' }, { action: 'accept', content: {} }, { action: 'accept', content: { agree: 'true' } }, { action: 'accept', content: { agree: false } }]) {
        const { text } = await s.call('deploy_agent', { ...deploy, title: 'Never' }, { error: true });
        assert.match(text, /did not agree.*nothing was done or charged/);
      }
      answer = { action: 'cancel' }; // at once: there is nobody to ask
      const fallback = await s.call('deploy_agent', { ...deploy, title: 'Never' });
      assert.equal(fallback.data.state, 'confirmation_required');
      assert.match(fallback.text, /This client could not ask its user/);
      assert.equal(questions.length, 6);
      const { data: { agents } } = await s.call('list_my_agents');
      assert.deepEqual(agents.map((agent) => agent.title), ['Publisher']);
    });

    test(`a user of ${version} opens the page that connects an account`, async (t) => {
      const s = await begin(t, {
        version, capabilities: { elicitation: { form: {}, url: {} } },
        onElicit: async ({ mode, url }) => {
          if (mode === 'url') await fetch(url, { redirect: 'manual' });
          return { action: 'accept', ...(mode === 'url' ? {} : { content: { agree: true } }) };
        },
      });
      const { data: { agents: [template] } } = await s.call('list_agents', { search: 'Social Manager' });
      const { data: { agent: { useragentguid } } } = await s.call('deploy_agent', { agentguid: template.guid, title: 'Social' });
      const link = await s.call('connect_agent_account', { useragentguid, provider: 'twitter', redirecturl: 'https://app.example.com/' });
      assert.equal(link.data.state, 'opened');
      assert.equal((await s.follow(link)).data.connected, true);
    });
  }

  test('what a user enters is not repeated in the question or the suggestion', async (t) => {
    const s = await begin(t);
    const credentials = { wordpress: { url: 'https://blog.example.com', user: 'editor', apppassword: 'hunter2 hunter2' } };
    const asked = await s.call('deploy_agent', { ...deploy, credentials });
    assert.equal(asked.data.state, 'confirmation_required');
    assert.ok(!JSON.stringify(asked).includes('hunter2'));
    assert.match(asked.text, /Pass credentials again/);
    const { data } = await s.call('deploy_agent', { ...asked.data.nextAction.arguments, credentials });
    assert.deepEqual(data.agent.blocked, []);
  });
});

test('the search for secrets would find them', async (t) => {
  const sandbox = await startSandbox();
  t.after(() => sandbox.stop());
  const ask = async (endpoint, body) => {
    const headers = { 'Content-Type': 'application/json', 'x-api-key': sandbox.env.WIRO_API_KEY };
    return (await fetch(`${sandbox.env.WIRO_API_BASE_URL}/${endpoint}`, { method: 'POST', headers, body: JSON.stringify(body) })).json();
  };
  const { agents: [template] } = await ask('Agent/List', { search: 'Social Manager' });
  const { useragents: [agent] } = await ask('UserAgent/Deploy', { agentguid: template.guid, title: 'Social', useprepaid: true });
  const detail = JSON.stringify(await ask('UserAgent/Detail', { guid: agent.guid }));
  assert.throws(() => assertNoSecrets(detail, 'Wiro itself'), /gives .* away/);
});
