// A run ends as it should, whatever Wiro's socket does. That the last event was lost shows
// at the safety poll, after half a minute.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch } from './client.mjs';
import { startSandbox } from './lib.mjs';

let sandbox;
before(async () => { sandbox = await startSandbox(); });
after(() => sandbox.stop());

/** Runs one of the sandbox's models in a process, and so on a socket, of its own. */
async function run(t, model) {
  const session = await launch({ env: sandbox.env });
  t.after(() => session.close());
  return session.watch('run_model', { model: `sandbox/${model}`, params: { prompt: 'a lighthouse' } }, { timeout: 60_000 });
}

describe('a run ends', { concurrency: true }, () => {
  const misfortunes = {
    'socket-drop': 'the socket drops in mid-run',
    'socket-refuse': 'the socket turns it away',
    'lost-final-event': 'the final event is lost',
    'silent-socket': 'the socket stays silent',
    'duplicate-events': 'every event comes twice',
    'garbage-events': 'the socket sends nonsense',
    'stderr-noise': 'the model writes to stderr',
    'no-outputs': 'the model makes nothing',
  };
  for (const [model, misfortune] of Object.entries(misfortunes)) {
    test(`well, when ${misfortune}`, async (t) => {
      const { data } = await run(t, model);
      assert.equal(data.state, 'completed', JSON.stringify(data));
    });
  }

  test('badly, when its model never runs', async (t) => {
    const { data, text } = await run(t, 'fail-early');
    assert.equal(data.state, 'failed');
    assert.match(text, /could not be downloaded/);
  });
});
