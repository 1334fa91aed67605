// What everyday jobs cost a model: calls, bytes of text, bytes of structure. A result is read as text
// or as structure, so the structure may not grow far beyond the text, and says nothing twice.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { launch } from './client.mjs';
import { jobs } from './jobs.mjs';
import { startSandbox } from './lib.mjs';

/**
 * The most that the structures may take, by the byte of text: of all jobs together, and of the mean of the
 * jobs. The members that the official server gives take 1.2 and 1.27 of it.
 */
const most = { together: 1.36, mean: 1.42 };

/** The jobs in which a tool has to refuse something. */
const refusals = ['wrong params', 'models that misbehave', 'a budget of $0.05', 'a language model with a system prompt'];

const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

describe('everyday jobs', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'wiro-mcp-jobs-'));
  const state = { file: path.join(folder, 'cat.png') };
  const table = [];
  let sandbox;
  let session;
  before(async () => {
    writeFileSync(state.file, png);
    sandbox = await startSandbox();
    const env = { ...sandbox.env, HOME: folder, WIRO_TOOLSETS: 'all', WIRO_FILES_DIRS: folder, WIRO_OUTPUT_DIR: path.join(folder, 'out') };
    session = await launch({ env });
  });
  after(async () => {
    await session?.close();
    await sandbox?.stop();
    rmSync(folder, { recursive: true });
  });

  for (const [name, job] of Object.entries(jobs)) {
    test(name, async () => {
      const row = { name, calls: 0, text: 0, structure: 0 };
      await job(async (tool, args) => {
        const result = await session.call(tool, args, { error: refusals.includes(name) && 'any', loose: true });
        row.calls++;
        row.text += Buffer.byteLength(result.text);
        row.structure += Buffer.byteLength(JSON.stringify(result.data));
        return result;
      }, state);
      table.push(row);
    });
  }

  test('the structures stay close to the texts', (t) => {
    const sum = (member) => table.reduce((all, row) => all + row[member], 0);
    for (const row of table) t.diagnostic(`${row.name}: ${row.calls} calls, ${row.text} of text, ${row.structure} of structure`);
    const together = sum('structure') / sum('text');
    const mean = table.reduce((all, row) => all + row.structure / row.text, 0) / table.length;
    t.diagnostic(`${sum('calls')} calls, ${sum('text')} of text, ${sum('structure')} of structure: ${together.toFixed(2)}, mean ${mean.toFixed(2)}`);
    assert.ok(together <= most.together, `${together} of all jobs together`);
    assert.ok(mean <= most.mean, `${mean} is the mean of the jobs`);
  });
});
