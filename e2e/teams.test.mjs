// The story of an agent that a team owns, and what messages to it say.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agree } from './agent-cases.mjs';
import { launch, modern, versions } from './client.mjs';
import { startSandbox } from './lib.mjs';
import { assertNoSecrets } from './secrets.mjs';

const values = { url: 'https://blog.example.com', user: 'editor', apppassword: 'abcd efgh ijkl' };

for (const version of [versions.at(-1), modern]) {
  test(`a team's agent is bought, set up, talked to, transferred and canceled (${version})`, async (t) => {
    const sandbox = await startSandbox();
    const s = await launch({ version, env: { ...sandbox.env, WIRO_TOOLSETS: 'all' } });
    t.after(async () => {
      await s.close();
      await sandbox.stop();
      assertNoSecrets(s.results.join('\n'), 'a result');
      assertNoSecrets(s.transport.log, 'the log');
    });

    // Bought, out of the team's wallet.
    const { data: { organizationguid } } = await s.call('create_organization', { name: 'Bakery' });
    const { data: { teamguid } } = await s.call('create_team', { organizationguid, name: 'Ovens' });
    const { data: { agents: [template] } } = await s.call('list_agents', { search: 'blog' });
    const wish = { agentguid: template.guid, title: 'Corner blog', tier: 'pro', teamguid };
    const poor = await s.call('deploy_agent', wish);
    const refused = await s.follow(poor, { error: true });
    assert.match(refused.text, /Insufficient wallet balance.*Nothing was done or charged/s);
    await agree(s, 'transfer_credit', { amount: 500, targetteamguid: teamguid });
    const { data: bought, asked } = await agree(s, 'deploy_agent', wish);
    assert.match(asked.text, new RegExp(`the wallet of team "${teamguid}"`));
    assert.equal(bought.agent.teamguid, teamguid);
    const { useragentguid } = bought.agent;
    const spent = async () => (await s.call('get_team_spending', { teamguid })).data.totalUsd;
    assert.equal(await spent(), asked.data.costUsd);
    assert.deepEqual((await s.call('list_my_agents')).data.agents, [], 'it is not among the personal ones');

    // Set up, by following what is suggested.
    const { tool, arguments: args } = bought.nextAction;
    assert.equal(tool, 'set_agent_credentials');
    await s.call(tool, { ...args, fields: args.fields.map((field) => ({ ...field, fieldvalue: values[field.fieldname] })) });
    const ready = await s.call('get_my_agent', { useragentguid });
    assert.deepEqual(ready.data.nextAction.arguments, { useragentguid, teamguid });
    assert.equal((await s.follow(ready)).data.agent.status, 'running');

    // Talked to, with and without naming the team; the next step names it.
    const said = await s.call('send_agent_message', {
      useragentguid, message: 'Write about this', attachments: ['data:text/plain;base64,cnllIGJyZWFk'],
    });
    assert.equal(said.data.state, 'completed');
    assert.equal(said.data.message.attachments.length, 1);
    assert.ok(said.data.creditsUsed > 0 && said.data.creditsLeft > 0);
    assert.match(said.text, /It used \d+ credits; [\d,]+ credits are left/);
    const held = await s.call('send_agent_message', { useragentguid, message: 'please hold', wait: false });
    assert.equal(held.data.nextAction.arguments.teamguid, teamguid);
    const waits = await s.call('get_agent_message', { ...held.data.nextAction.arguments, wait_seconds: 0.2 });
    assert.equal(waits.data.state, 'running');
    const { messageguid } = held.data.message;
    await s.call('cancel_agent_message', { messageguid, teamguid });
    const canceled = await s.call('get_agent_message', { messageguid, useragentguid });
    assert.equal(canceled.data.state, 'cancelled');
    assert.match(canceled.text, /^Canceled: /);
    assert.equal((await s.call('list_agent_messages', { useragentguid })).data.messages.length, 2);

    // More credits, at the price that was quoted.
    const { data: { agent: { creditPacks } } } = ready;
    const pack = await agree(s, 'buy_agent_credits', { useragentguid, pack: 'small' });
    assert.equal(pack.data.chargedUsd, creditPacks.find((each) => each.pack === 'small').priceUsd);
    assert.equal(pack.data.chargedUsd, pack.asked.data.costUsd);
    assert.ok(pack.data.creditsLeft > canceled.data.creditsLeft);

    // Transferred to the personal workspace, and back.
    const home = await s.call('transfer_agent', { useragentguid, targetteamguid: '' });
    assert.deepEqual(home.data.nextAction.arguments, { useragentguid });
    assert.equal((await s.call('start_agent', { useragentguid })).data.agent.status, 'running', 'the restart is waited for');
    const wrong = await s.call('send_agent_message', { useragentguid, message: 'Hello', teamguid }, { error: true });
    assert.match(wrong.text, /The agent is personal/);
    assert.equal((await s.follow(wrong)).data.state, 'completed');
    const back = await s.call('transfer_agent', { useragentguid, targetteamguid: teamguid });
    assert.equal((await s.follow(back)).data.agent.teamguid, teamguid);

    // Canceled: it works to the end of what is paid for, and is not charged again.
    const before = await spent();
    const stopped = await s.call('stop_agent', { useragentguid });
    assert.match(stopped.text, /Its subscription \(pro\) goes on: it renews .* cancel_agent_subscription ends it/);
    const ended = await s.call('cancel_agent_subscription', { useragentguid });
    assert.match(ended.text, /is not charged again/);
    assert.equal(ended.data.chargedUsd, 0);
    const { data: { agents } } = await s.call('list_my_agents', { teamguid });
    assert.match(agents[0].subscription, /^canceled, ends /);
    assert.equal(await spent(), before);
  });
}
