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
  }
});
