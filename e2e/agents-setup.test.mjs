// Stories of setting agents up: from the catalog to the first answer, and a build of one's own.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { agree } from './agent-cases.mjs';
import { launch } from './client.mjs';
import { startSandbox } from './lib.mjs';
import { assertNoSecrets } from './secrets.mjs';

async function begin(t, WIRO_TOOLSETS) {
  const sandbox = await startSandbox();
  const s = await launch({ env: { ...sandbox.env, WIRO_TOOLSETS } });
  t.after(async () => {
    await s.close();
    await sandbox.stop();
    assertNoSecrets(s.results.join('\n'), 'a result');
    assertNoSecrets(s.transport.log, 'the log');
  });
  return s;
}

describe('set-up', { concurrency: true }, () => {
  test('a template, from the catalog to the first answer, with the tools that are on by default', async (t) => {
    const s = await begin(t, 'default');
    assert.ok(!s.tools.has('select_agent_account') && !s.tools.has('buy_agent_credits'), 'only those');
    const look = await s.follow(await s.call('list_agents', { search: 'blog' }));
    assert.ok(look.data.agent.credentials.some(({ credentialkey, optional }) => credentialkey === 'wordpress' && !optional));
    const { asked, ...deployed } = await agree(s, 'deploy_agent', look.data.nextAction.arguments);
    assert.match(asked.text, /\$9\.00/);
    assert.match(asked.text, /again every 30 days until cancel_agent_subscription ends it/);
    assert.match(asked.text, /Before it can start, wordpress needs url, user, apppassword: set_agent_credentials\./);
    const { fields, ...rest } = deployed.data.nextAction.arguments;
    const users = { url: 'https://blog.example.com', user: 'editor', apppassword: 'abcd efgh ijkl' };
    const entered = await s.call('set_agent_credentials', { ...rest, fields: fields.map((f) => ({ ...f, fieldvalue: users[f.fieldname] })) });
    assert.match(entered.text, /Nothing is missing: the agent can be started/);
    const started = await s.follow(entered);
    assert.equal(started.data.agent.status, 'running');
    const { useragentguid } = started.data.agent;
    const said = await s.call('send_agent_message', { useragentguid, message: 'Hello' });
    assert.equal(said.data.state, 'completed');
    assert.match(said.data.answer, /Hello/);
  });

  test('a build of one\'s own: two skills, a schedule, another tone, and back', async (t) => {
    const s = await begin(t, 'all');
    const build = {
      custom: true, title: 'Inbox to blog', tier: 'pro', skills: { 'int-gmail-check': true, 'int-wordpress-post': true },
      credentials: { gmail: { account: 'desk@example.com', apppassword: 'wxyz wxyz stuv stuv' } },
      customskills: [{ key: 'cs-persona', value: '## Tone\nFriendly.\n\n## Words\nShort ones.' }],
    };
    const asked = await s.call('deploy_agent', build);
    const { data } = await s.call('deploy_agent', { ...asked.data.nextAction.arguments, credentials: build.credentials });
    assert.match(asked.text, /Before it can start, wordpress needs url, user, apppassword: set_agent_credentials\./);
    assert.doesNotMatch(asked.text, /gmail needs/, 'what is given along is not asked for');
    assert.doesNotMatch(JSON.stringify(asked), /wxyz/, 'a credential is not repeated');
    const { useragentguid } = data.agent;
    await s.call('set_agent_credentials', { useragentguid, fields: [['url', 'https://blog.example.com'], ['user', 'editor'], ['apppassword', 'abcd efgh ijkl']]
      .map(([fieldname, fieldvalue]) => ({ credentialkey: 'wordpress', fieldname, fieldvalue })) });
    assert.equal((await s.call('start_agent', { useragentguid })).data.agent.status, 'running');

    const look = async (full = true) => (await s.call('get_my_agent', { useragentguid, full })).data.agent;
    const persona = (await look()).customSkills.find(({ skillkey }) => skillkey.endsWith('persona'));
    assert.ok(persona.editable);
    assert.equal(persona.value, build.customskills[0].value);
    const { skillkey } = persona;

    const task = await s.call('set_custom_skill', { useragentguid, skillkey: 'weekly', value: 'Publish a digest of the inbox.', interval: '0 9 * * 1', enabled: true, usercreated: true });
    assert.equal(task.data.skillkey, 'cs-cron-weekly', 'the real key');
    const scheduled = (await look()).scheduledSkills.find((each) => each.skillkey === task.data.skillkey);
    assert.equal(scheduled.schedule, 'every Monday at 09:00 UTC');
    assert.equal(scheduled.value, 'Publish a digest of the inbox.');

    const toned = await s.call('set_custom_skill', { useragentguid, skillkey, part: 'Tone', value: 'Formal.' });
    assert.equal(toned.data.before.value, persona.value);
    assert.equal(toned.data.after.value, '## Tone\nFormal.\n\n## Words\nShort ones.', 'the other part stays');
    assert.match(toned.text, /Before:\s+## Tone\s+Friendly/);
    const back = await s.follow(toned);
    assert.equal(back.data.after.value, persona.value);
    assert.equal((await look()).customSkills.find((each) => each.skillkey === skillkey).value, persona.value);
    while ((await look(false)).status !== 'running') ; // each change restarted it
    assert.equal((await s.call('send_agent_message', { useragentguid, message: 'Hello' })).data.state, 'completed');
    await s.call('delete_custom_skill', { useragentguid, skillkey: task.data.skillkey });
    assert.ok(!(await look()).scheduledSkills.some((each) => each.skillkey === task.data.skillkey));
  });
});
