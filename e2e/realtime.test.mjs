// Realtime models with the official client: speech from text, text from speech, a conversation.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { dial, launch } from './client.mjs';
import { startSandbox, startServer, within } from './lib.mjs';

const narrator = 'wiro/moss-tts';
const dictation = 'wiro/voxtral-mini-realtime';
const voice = 'openai/gpt-realtime-mini';

/** A tone as a WAV file of 48 kHz with two channels. */
function tone(seconds) {
  const data = Buffer.alloc(Math.round(seconds * 48_000) * 4);
  for (let i = 0; i < data.length; i += 4) {
    const sample = Math.round(Math.sin((2 * Math.PI * 440 * i) / 4 / 48_000) * 12_000);
    data.writeInt16LE(sample, i);
    data.writeInt16LE(sample, i + 2);
  }
  return Buffer.concat([wavHeader(data.length, 2, 48_000), data]);
}

function wavHeader(length, channels, rate) {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate * channels * 2, 28);
  header.writeUInt16LE(channels * 2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(length, 40);
  return header;
}

/** Asserts a whole WAV file of PCM at 24 kHz, and returns how long it is. */
function seconds(wav) {
  const length = wav.length - 44;
  assert.deepEqual(wav.subarray(0, 44), wavHeader(length, 1, 24_000));
  assert.ok(wav.subarray(44).some((byte) => byte !== 0), 'it is not silent');
  return length / 48_000;
}

const close = (actual, expected, slack, what) => assert.ok(Math.abs(actual - expected) <= slack, `${what}: ${actual}, not ${expected}`);

let sandbox;
let server;
let home;
before(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), 'wiro-e2e-'));
  sandbox = await startSandbox();
  server = await startServer(sandbox.env);
});
after(async () => {
  await server.stop();
  await sandbox.stop();
  await rm(home, { recursive: true, force: true });
});

const overStdio = (name) => launch({
  env: {
    ...sandbox.env, WIRO_OUTPUT_DIR: path.join(home, name), WIRO_FILES_DIRS: home, XDG_STATE_HOME: path.join(home, 'state'), HOME: home,
  },
});
const overHTTP = () => dial({ url: `${server.origin}/v1`, headers: { Authorization: 'Bearer sandbox-demo-key' } });

for (const [transport, connect, isLocal] of [['stdio', () => overStdio('out'), true], ['HTTP', overHTTP, false]]) {
  describe(`realtime models over ${transport}`, { concurrency: true }, () => {
    let session;
    before(async () => { session = await connect(); });
    after(() => session.close());

    /** The speech of a result: the saved file, or the one in the caller's storage. */
    async function speech({ data, text }) {
      const output = data.outputs.findLast(({ mimeType }) => mimeType === 'audio/wav');
      if (isLocal) {
        assert.ok(text.includes(output.path), text);
        return readFile(output.path);
      }
      assert.equal(output.path, undefined);
      return Buffer.from(await (await fetch(output.url)).arrayBuffer());
    }

    async function input(name, length) {
      if (!isLocal) return `data:audio/wav;base64,${tone(length).toString('base64')}`;
      const file = path.join(home, name);
      await writeFile(file, tone(length));
      return file;
    }

    test('a text is spoken, with progress in seconds', async () => {
      const words = 'word '.repeat(100).trim();
      const spoken = await session.watch('run_model', { model: narrator, params: { text: words } });
      assert.equal(spoken.data.state, 'completed');
      close(seconds(await speech(spoken)), 36, 0.01, 'length');
      close(spoken.data.task.costUsd, 0.005, 1e-9, 'cost');
      assert.ok(spoken.said.some((message) => /^\d+ s of speech so far$/.test(message)), spoken.said.join('\n'));
    });

    test('a file is transcribed', async () => {
      const { data, text } = await session.call('run_model', { model: dictation, params: {}, input_audio: await input('note.wav', 1) });
      assert.deepEqual(data.transcript, [{ speaker: 'user', text: 'this is the sandbox writing' }]);
      assert.ok(text.includes('this is the sandbox writing'));
      if (data.quote) close(data.task.costUsd, data.quote.usd, 1e-5, 'cost as quoted');
    });

    test('a conversation has the words of both, and the speech of the AI', async () => {
      const talk = await session.call('run_model', { model: voice, params: { voice: 'marin' }, input_audio: await input('question.wav', 2) });
      assert.deepEqual(talk.data.transcript, [
        { speaker: 'user', text: '(2.0 seconds of speech)' },
        { speaker: 'ai', text: 'Turn 1. The sandbox heard 2.0 seconds.' },
      ]);
      assert.match(talk.text, /You: \(2\.0 seconds of speech\)\nAI: Turn 1\./);
      close(seconds(await speech(talk)), 2.52, 0.01, 'length');
      assert.equal(talk.data.params.output_audio_format, 'audio/pcm');
    });

    test('without sound, or with telephone sound, nothing is run', async () => {
      const refused = await session.call('run_model', { model: voice, params: {} }, { error: true });
      assert.match(refused.text, /nothing was started or charged\. It is a realtime model that listens.*input_audio/);
      const telephone = { model: voice, params: { output_audio_format: 'audio/pcmu' }, input_audio: await input('x.wav', 1) };
      assert.match((await session.call('run_model', telephone, { error: true })).text, /nothing was started or charged\. output_audio_format.*24 kHz/);
      const dear = { ...telephone, params: {}, max_cost_usd: 0.001 };
      assert.match((await session.call('run_model', dear, { error: true })).text, /\$0\.002.*over max_cost_usd/);
      const quoted = await session.call('run_model', { ...dear, max_cost_usd: 1, dry_run: true });
      assert.equal(quoted.data.state, 'dry_run');
      assert.ok(quoted.text.length < 8_000, 'the content of the sound is not repeated');
    });

    test('a wait that ends in the middle is picked up', async () => {
      const run = { model: narrator, params: { text: `${transport} ${'word '.repeat(600)}` } };
      const begun = await session.call('run_model', { ...run, timeout_seconds: 0.5 });
      assert.equal(begun.data.state, 'running');
      const done = await session.follow(begun);
      assert.equal(done.data.state, 'completed');
      assert.equal(done.data.task.token, begun.data.task.token);
      close(seconds(await speech(done)), 601 * 0.36, 0.01, 'length');
      const again = await session.call('get_task', { tasktoken: begun.data.task.token });
      assert.deepEqual(again.data.outputs, done.data.outputs);
    });

    test('kill_task ends a session, and what there is is kept', async () => {
      const { data: { task } } = await session.call('run_model', { model: narrator, params: { text: `${transport} ${'kill '.repeat(5_000)}` }, wait: false });
      let now;
      do now = await session.call('wait_for_task', { tasktoken: task.token, timeout_seconds: 0.2 });
      while (!/[1-9]\d* s of speech/.test(now.text));
      const killed = await session.call('kill_task', { tasktoken: task.token });
      assert.match(killed.text, /session was ended\. Charged \$0\.005/);
      const kept = await session.follow(killed);
      const length = seconds(await speech(kept));
      assert.ok(length >= 1 && length < 1_800, `${length} s`);
    });
  });
}

test('a session ends with its client, and a new process has what there is', async () => {
  const first = await overStdio('ended');
  const run = { model: narrator, params: { text: 'goodbye '.repeat(5_000) } };
  const { data: { task } } = await first.call('run_model', { ...run, wait: false });
  let now;
  do now = await first.call('wait_for_task', { tasktoken: task.token, timeout_seconds: 0.2 });
  while (!/[1-9]\d* s of speech/.test(now.text));
  await within(5_000, 'the process ends', first.close());

  const second = await overStdio('ended');
  const found = await second.call('wait_for_task', { tasktoken: task.token });
  assert.match(found.text, /ended early/);
  const [saved] = await readdir(path.join(home, 'ended'));
  assert.ok(found.data.outputs.some((output) => output.path === path.join(home, 'ended', saved)), found.text);
  assert.ok(seconds(await readFile(path.join(home, 'ended', saved))) >= 1);
  close(found.data.task.costUsd, 0.005, 1e-9, 'cost');
  await second.close();
});
