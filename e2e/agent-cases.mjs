// A call, or a few, for every tool that has to do with agents and teams, in this order.
import assert from 'node:assert/strict';

/** Calls a tool that spends money: it asks for a yes first, which it gets. */
export async function agree(s, name, args) {
  const asked = await s.call(name, args);
  assert.equal(asked.data.state, 'confirmation_required', asked.text);
  assert.match(asked.text, /Nothing has been charged/);
  assert.ok(asked.text.includes(asked.data.message));
  assert.equal(asked.data.nextAction.tool, name);
  assert.equal(asked.data.nextAction.arguments.confirm, true);
  const alone = await s.call(name, { ...args, confirm: true });
  assert.equal(alone.data.state, 'confirmation_required', 'confirm without a confirmation is a question');
  const done = await s.follow(asked);
  assert.notEqual(done.data.state, 'confirmation_required');
  return { ...done, asked };
}

export const agentCases = {
  async list_agents(s, state) {
    const { data, text } = await s.call('list_agents');
    assert.equal(data.total, 9);
    for (const { slug, guid } of data.agents) assert.ok(text.includes(slug) && text.includes(guid));
    await s.follow(await s.call('list_agents', { limit: 2 }));
    state.template = (await s.call('list_agents', { search: 'blog' })).data.agents[0];
    assert.equal(state.template.slug, 'blog-content-editor');
  },

  async get_agent(s, state) {
    const { data } = await s.call('get_agent', { slug: state.template.slug, full: true });
    assert.deepEqual(data.agent.tiers, state.template.tiers);
    assert.ok(data.agent.credentials.some((need) => need.credentialkey === 'wordpress'));
    assert.ok(data.agent.scheduledSkills.length > 0);
    assert.equal(data.nextAction.tool, 'deploy_agent');
  },

  async deploy_agent(s, state) {
    const args = { agentguid: state.template.guid, title: 'Bakery blog' };
    const { data, asked } = await agree(s, 'deploy_agent', args);
    assert.equal(asked.data.costUsd, state.template.tiers.find((tier) => tier.tier === 'starter').priceUsd);
    assert.equal(data.agent.status, 'setup required');
    state.agent = data.agent.useragentguid;
    const ads = (await s.call('list_agents', { search: 'Google Ads' })).data.agents[0];
    state.ads = (await agree(s, 'deploy_agent', { agentguid: ads.guid, title: 'Ads' })).data.agent.useragentguid;
    const custom = { custom: true, title: 'Mail reader', skills: { 'int-gmail-check': true } };
    state.custom = (await agree(s, 'deploy_agent', custom)).data.agent.useragentguid;
  },

  async list_my_agents(s, state) {
    const { data, text } = await s.call('list_my_agents');
    const guids = data.agents.map((agent) => agent.useragentguid);
    for (const guid of [state.agent, state.ads, state.custom]) assert.ok(guids.includes(guid) && text.includes(guid));
    await s.call('list_my_agents', { pinned: true });
  },

  async get_my_agent(s, state) {
    const { data, text } = await s.call('get_my_agent', { useragentguid: state.agent });
    assert.match(data.agent.blocked.join(), /wordpress needs url, user, apppassword/);
    assert.ok(text.length < 4096, `${text.length} characters`);
    assert.equal(data.nextAction.tool, 'set_agent_credentials');
    assert.deepEqual(data.nextAction.arguments.fields.map((field) => field.fieldname), ['url', 'user', 'apppassword']);
  },

  async update_my_agent(s, state) {
    const { data } = await s.call('update_my_agent', {
      useragentguid: state.agent, title: 'Corner blog', pinned: true, cover_file_url: state.file,
    });
    assert.equal(data.agent.title, 'Corner blog');
  },

  async list_credential_types(s) {
    const { data } = await s.call('list_credential_types', { credential_mode: 'oauth' });
    assert.ok(data.credentials.every((type) => type.mode === 'oauth'));
    const one = await s.call('list_credential_types', { skill: 'int-wordpress-post' });
    assert.equal(one.data.credentials[0].key, 'wordpress');
  },

  async set_agent_credentials(s, state) {
    const values = { url: 'https://blog.example.com', user: 'editor', apppassword: 'abcd efgh ijkl mnop' };
    const fields = Object.entries(values).map(([fieldname, fieldvalue]) => ({ credentialkey: 'wordpress', fieldname, fieldvalue }));
    const set = await s.call('set_agent_credentials', { useragentguid: state.agent, fields });
    assert.equal(set.data.applied, 3);
    assert.ok(!JSON.stringify(set).includes(values.apppassword));
    assert.match(set.text, /Nothing is missing: the agent can be started/);
    assert.equal(set.data.nextAction.tool, 'start_agent');
    const { data, text } = await s.call('get_my_agent', { useragentguid: state.agent });
    assert.deepEqual(data.agent.blocked.filter((reason) => reason.includes('wordpress')), []);
    assert.ok(text.includes('apppassword [set]') && !text.includes(values.apppassword));
    const history = await s.call('get_agent_credential_history', { useragentguid: state.agent, credentialkey: 'gmail' });
    assert.ok(history.data.changes.some((change) => change.value === '[set]'));
  },

  async get_agent_credential_history(s, state) {
    const { data, text } = await s.call('get_agent_credential_history', { useragentguid: state.agent, credentialkey: 'wordpress' });
    assert.equal(data.changes.length, 3);
    assert.ok(text.includes('https://blog.example.com') && !text.includes('mnop'));
  },

  async connect_agent_account(s, state) {
    const { data, text } = await s.call('connect_agent_account', {
      useragentguid: state.ads, provider: 'google-ads', redirecturl: 'https://app.example.com/done',
    });
    assert.ok(text.includes(data.authorizeUrl));
    const consent = await fetch(data.authorizeUrl, { redirect: 'manual' });
    const back = new URL(consent.headers.get('location'));
    assert.equal(back.origin, 'https://app.example.com');
    state.customer = JSON.parse(back.searchParams.get('gads_accounts'))[0];
  },

  async get_agent_account_status(s, state) {
    const { data, text } = await s.call('get_agent_account_status', { useragentguid: state.ads, provider: 'google-ads' });
    assert.equal(data.connected, false);
    assert.match(text, /select_agent_account/);
  },

  async select_agent_account(s, state) {
    const selected = await s.call('select_agent_account', {
      useragentguid: state.ads, provider: 'google-ads', id: state.customer.id, name: state.customer.name,
    });
    const { data } = await s.follow(selected);
    assert.equal(data.connected, true);
    assert.equal(data.id, state.customer.id);
  },

  async refresh_agent_token(s, state) {
    const { data } = await s.call('refresh_agent_token', { useragentguid: state.ads, provider: 'google-ads' });
    assert.deepEqual([data.accessToken, data.refreshToken], ['[set]', '[set]']);
  },

  async disconnect_agent_account(s, state) {
    const account = { useragentguid: state.ads, provider: 'google-ads' };
    assert.match((await s.call('get_my_agent', { useragentguid: state.ads })).text, /google-ads: connected/);
    await s.call('disconnect_agent_account', account);
    assert.equal((await s.call('get_agent_account_status', account)).data.connected, false);
    const refused = await s.call('refresh_agent_token', account, { error: true }); // Wiro repeats all that it was sent
    assert.match(refused.text, /Token refresh failed/);
  },

  async list_drive_folders(s, state) {
    const { data } = await s.call('list_drive_folders', { useragentguid: state.ads });
    assert.ok(data.serviceAccountEmail.includes('@'));
    assert.ok(data.folders.length > 0);
    assert.equal((await s.follow({ data })).data.applied, 2 * data.folders.length);
  },

  async start_agent(s, state) {
    const refused = await s.call('start_agent', { useragentguid: state.ads }, { error: true });
    assert.match(refused.text, /Setup required: google-ads needs an account: connect_agent_account/);
    const { data } = await s.call('start_agent', { useragentguid: state.agent });
    assert.equal(data.agent.status, 'running');
  },

  async send_agent_message(s, state) {
    const { data, text } = await s.call('send_agent_message', { useragentguid: state.agent, message: 'Hello there' });
    assert.equal(data.state, 'completed');
    assert.ok(data.answer.includes('Hello there') && text.includes(data.answer));
    assert.ok(data.thinking && !data.answer.includes(data.thinking));
    state.message = data.message;
    const held = await s.call('send_agent_message', { useragentguid: state.agent, message: 'please hold', sessionkey: 'held', wait: false });
    assert.equal(held.data.state, 'submitted');
    state.held = held.data.message;
    const failed = await s.call('send_agent_message', { useragentguid: state.agent, message: 'please fail', sessionkey: 'failed' });
    assert.equal(failed.data.state, 'failed');
    state.failed = failed.data.message;
  },

  async get_agent_message(s, state) {
    const { data } = await s.call('get_agent_message', { messageguid: state.message.messageguid });
    assert.equal(data.message.question, 'Hello there');
    const failed = await s.call('get_agent_message', { agenttoken: state.failed.agenttoken });
    assert.equal(failed.data.state, 'failed');
  },

  async list_agent_messages(s, state) {
    const { data } = await s.call('list_agent_messages', { useragentguid: state.agent });
    assert.deepEqual(data.messages.map((message) => message.question), ['Hello there']);
  },

  async list_agent_sessions(s, state) {
    const { data } = await s.call('list_agent_sessions', { useragentguid: state.agent });
    assert.deepEqual(data.sessions.map((session) => session.sessionkey).sort(), ['default', 'failed', 'held']);
    await s.follow({ data });
  },

  async cancel_agent_message(s, state) {
    await s.call('cancel_agent_message', { agenttoken: state.held.agenttoken });
    const { data } = await s.call('get_agent_message', { messageguid: state.held.messageguid });
    assert.equal(data.state, 'cancelled');
    const over = await s.call('cancel_agent_message', { messageguid: state.message.messageguid }, { error: true });
    await s.follow(over);
  },

  async delete_agent_messages(s, state) {
    await s.call('delete_agent_messages', { useragentguid: state.agent, items: [{ messageguid: state.message.messageguid, side: 'both' }] });
    await s.call('delete_agent_messages', { useragentguid: state.agent, sessionkey: 'failed' });
    assert.deepEqual((await s.call('list_agent_messages', { useragentguid: state.agent })).data.messages, []);
  },

  async stop_agent(s, state) {
    const { data } = await s.call('stop_agent', { useragentguid: state.agent });
    assert.equal(data.agent.status, 'stopped');
  },

  async list_skills(s) {
    const { data } = await s.call('list_skills', { capability: 'email_publishing' });
    assert.ok(data.skills.length > 1);
    const one = await s.call('list_skills', { name: data.skills[0].name });
    assert.equal(one.data.skills.length, 1);
  },

  async list_skill_capabilities(s) {
    const { data } = await s.call('list_skill_capabilities');
    assert.ok(data.capabilities.some(({ name }) => name === 'social_publishing'));
  },

  async apply_agent_skills(s, state) {
    const { data, asked } = await agree(s, 'apply_agent_skills', { useragentguid: state.custom, skills: { 'int-wordpress-post': true } });
    assert.ok(data.enabledSkills.includes('int-wordpress-post'));
    assert.ok(data.chargedUsd <= asked.data.costUsd);
    assert.equal(data.idempotencyKey, asked.data.nextAction.arguments.idempotency_key);
  },

  async set_custom_skill(s, state) {
    const skill = { useragentguid: state.agent, skillkey: 'content-strategy' };
    await s.call('set_custom_skill', { ...skill, value: '## Style\nRhymes only.' });
    const task = { useragentguid: state.agent, skillkey: 'cron-recipes', interval: '0 9 * * 1', value: 'Post a recipe.', enabled: true, usercreated: true };
    await s.call('set_custom_skill', task);
    const { data } = await s.call('get_my_agent', { useragentguid: state.agent });
    assert.ok(data.agent.scheduledSkills.some(({ skillkey }) => skillkey === 'cron-recipes'));
  },

  async rename_custom_skill(s, state) {
    const { data } = await s.call('rename_custom_skill', { useragentguid: state.agent, oldskillkey: 'cron-recipes', newskillkey: 'cron-cakes' });
    state.renamed = data.skillkey;
  },

  async get_custom_skill_history(s, state) {
    const { data, text } = await s.call('get_custom_skill_history', { useragentguid: state.agent, skillkey: 'content-strategy' });
    assert.match(text, /Rhymes only/);
    assert.ok(data.versions.length > 0 && data.preset);
  },

  async revert_custom_skill(s, state) {
    const { data } = await s.call('revert_custom_skill', { useragentguid: state.agent, skillkey: 'content-strategy', source: 'preset' });
    assert.equal(data.action, 'reset-to-preset');
    assert.doesNotMatch(data.state.value, /Rhymes/);
    await s.follow({ data });
  },

  async delete_custom_skill(s, state) {
    await s.call('delete_custom_skill', { useragentguid: state.agent, skillkey: state.renamed });
    const { data } = await s.call('get_my_agent', { useragentguid: state.agent });
    assert.ok(!data.agent.scheduledSkills.some(({ skillkey }) => skillkey === state.renamed));
  },

  async preview_agent_price(s, state) {
    const draft = await s.call('preview_agent_price', { skills: ['int-gmail-check'], tier: 'pro' });
    assert.ok(draft.data.priceUsd > 0);
    const { data } = await s.call('preview_agent_price', { useragentguid: state.custom, skill_overrides: { 'int-wordpress-post': false } });
    assert.ok(!data.enabledSkills.includes('int-wordpress-post'));
  },

  async subscribe_agent(s, state) {
    const { text } = await s.call('subscribe_agent', { useragentguid: state.agent }, { error: true });
    assert.match(text, /has a subscription, active until/); // the sandbox has no agent without one
  },

  async cancel_agent_subscription(s, state) {
    const { data } = await s.call('cancel_agent_subscription', { useragentguid: state.agent });
    assert.equal(data.nextAction.tool, 'renew_agent_subscription');
  },

  async renew_agent_subscription(s, state) {
    const { data, asked } = await agree(s, 'renew_agent_subscription', { useragentguid: state.agent });
    assert.deepEqual([asked.data.costUsd, data.chargedUsd], [0, 0]);
  },

  async upgrade_agent_tier(s, state) {
    const { data, asked } = await agree(s, 'upgrade_agent_tier', { useragentguid: state.agent });
    assert.equal(data.chargedUsd, asked.data.costUsd);
    assert.equal((await s.follow({ data })).data.agent.tier, 'pro');
  },

  async buy_agent_credits(s, state) {
    const { asked } = await agree(s, 'buy_agent_credits', { useragentguid: state.agent, pack: 'small' });
    assert.ok(asked.data.costUsd > 0);
  },

  async list_agent_transactions(s, state) {
    const { data } = await s.call('list_agent_transactions', { useragentguid: state.agent });
    assert.ok(data.transactions.some(({ type }) => type === 'purchase'));
    assert.ok(data.credits.extra > 0);
    await s.follow(await s.call('list_agent_transactions', { useragentguid: state.agent, limit: 1 }));
  },

  async get_agent_logs(s, state) {
    const { data } = await s.call('get_agent_logs', { useragentguid: state.agent });
    assert.ok(data.events.some(({ action }) => action === 'agent_start'));
    assert.equal((await s.call('get_agent_logs', { useragentguid: state.agent, full: true })).data.date, data.date);
  },

  async list_agent_log_dates(s, state) {
    const dates = await s.call('list_agent_log_dates', { useragentguid: state.agent });
    await s.follow(dates);
    state.date = dates.data.dates[0].date;
  },

  async delete_agent_log(s, state) {
    await s.call('delete_agent_log', { useragentguid: state.agent, date: state.date });
    const again = await s.call('delete_agent_log', { useragentguid: state.agent, date: state.date });
    assert.match(again.text, /no logs/);
  },

  async create_organization(s, state) {
    state.organization = (await s.call('create_organization', { name: 'Corner Bakery' })).data.organizationguid;
  },

  async restore_organization(s, state) {
    await s.call('restore_organization', { organizationguid: state.organization });
  },

  async create_team(s, state) {
    state.team = (await s.call('create_team', { organizationguid: state.organization, name: 'Ovens' })).data.teamguid;
  },

  async invite_team_member(s, state) {
    const { text } = await s.call('invite_team_member', { teamguid: state.team, email: 'ada@example.com', role: 'member' });
    assert.match(text, /ada@example\.com/);
  },

  async update_team(s, state) {
    await s.call('update_team', { teamguid: state.team, modelaccess: 'blocklist', blockedmodelids: ['7'] });
  },

  async transfer_credit(s, state) {
    const { data } = await agree(s, 'transfer_credit', { amount: 10, targetteamguid: state.team });
    assert.equal(data.totalUsd, 10);
  },

  async get_team_spending(s, state) {
    assert.equal((await s.call('get_team_spending', { teamguid: state.team })).data.totalUsd, 0);
  },

  async transfer_agent(s, state) {
    await s.call('transfer_agent', { useragentguid: state.custom, targetteamguid: state.team });
    const { data } = await s.call('list_my_agents', { teamguid: state.team });
    assert.deepEqual(data.agents.map((agent) => agent.useragentguid), [state.custom]);
    await s.call('transfer_agent', { useragentguid: state.custom, targetteamguid: '' });
  },

  async transfer_project(s, state) {
    const project = { projectapikey: 'sandbox-signed-key' };
    const { text } = await s.call('transfer_project', { ...project, targetteamguid: state.team });
    assert.ok(!text.includes(project.projectapikey));
    await s.call('transfer_project', { ...project, targetteamguid: '' });
  },
};
