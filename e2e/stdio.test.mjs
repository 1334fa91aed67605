// Clients of every version that begins with initialize drive every tool over stdio.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { driveEveryTool } from './cases.mjs';
import { launch, versions } from './client.mjs';
import { startSandbox } from './lib.mjs';

describe('over stdio', { concurrency: true }, () => {
  for (const version of versions) {
    test(`a client of ${version} drives every tool`, async (t) => {
      const sandbox = await startSandbox();
      t.after(() => sandbox.stop());
      const session = await launch({ version, env: { ...sandbox.env, WIRO_TOOLSETS: 'all' } });
      t.after(() => session.close());
      await driveEveryTool(session);
      const [initialized] = session.messages();
      assert.equal(initialized.result.protocolVersion, version);
      assert.equal(initialized.result.serverInfo.name, 'wiro-mcp');
      assert.ok(initialized.result.instructions);
    });

    test(`a client of ${version} that takes everything gets what its version has`, async (t) => {
      const sandbox = await startSandbox();
      t.after(() => sandbox.stop());
      const session = await launch({ version, name: 'claude-code', env: { ...sandbox.env, WIRO_INLINE_IMAGES: 'always' } });
      t.after(() => session.close());
      const { content } = await session.call('run_model', { model: 'wiro/z-image-turbo', params: { prompt: 'a lighthouse' } });
      const types = content.map(({ type }) => type);
      assert.ok(types.includes('image'));
      assert.equal(types.includes('resource_link'), version >= '2025-06-18');
    });
  }
});
