// Files of the user's on their way in, and what a run made on its way out.
import assert from 'node:assert/strict';
import { mkdtemp, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import zlib from 'node:zlib';
import { launch } from './client.mjs';
import { startSandbox } from './lib.mjs';

const chunk = (type, data) => {
  const body = Buffer.concat([Buffer.from(type), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(zlib.crc32(body));
  return Buffer.concat([length, body, crc]);
};

/** A grey PNG whose compressed pixels take about this many bytes. */
function picture(bytes = 1000) {
  const side = Math.ceil(Math.sqrt(bytes));
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header[8] = 8; // bits
  const pixels = Buffer.alloc(side * (side + 1));
  for (let i = 0; i < pixels.length; i++) pixels[i] = i % (side + 1) === 0 ? 0 : (i * 7919) % 251;
  const data = zlib.deflateSync(pixels, { level: 0 });
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

const video = 'klingai/kling-v3';
let sandbox;
let session;
let home;
let files;
before(async () => {
  sandbox = await startSandbox();
  home = await mkdtemp(path.join(os.tmpdir(), 'media-'));
  files = path.join(home, 'pictures');
  await mkdir(files);
  await mkdir(path.join(home, '.ssh'));
  await writeFile(path.join(home, '.ssh', 'id_rsa'), 'a key');
  await writeFile(path.join(home, 'private.png'), picture());
  await writeFile(path.join(files, 'my cat.png'), picture());
  await writeFile(path.join(files, '.env'), 'KEY=1');
  await writeFile(path.join(files, 'talk.wav'), Buffer.concat([Buffer.from('RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\0\0\0\0', 'latin1')]));
  await symlink(path.join(home, 'private.png'), path.join(files, 'link.png'));
  execFileSync('mkfifo', [path.join(files, 'pipe.png')]);
  session = await launch({ env: { ...sandbox.env, HOME: home, WIRO_FILES_DIRS: files, WIRO_OUTPUT_DIR: path.join(home, 'out'), WIRO_INLINE_IMAGES: 'always' } });
});
after(async () => {
  await session.close();
  await sandbox.stop();
  await rm(home, { recursive: true });
});

const animate = (inputImageFirst, options) => session.call('run_model', { model: video, params: { prompt: 'it turns around', inputImageFirst } }, options);

test('a local picture becomes a video, however its path is written', async () => {
  const cat = path.join(files, 'my cat.png');
  for (const written of [cat, '~/pictures/my cat.png', pathToFileURL(cat).href]) {
    const { data, text } = await animate(written);
    assert.equal(data.state, 'completed', written);
    assert.equal(data.outputs[0].kind, 'video');
    assert.match(text, /\[0\.mp4\]\(http/);
  }
  const stored = await session.call('upload_file', { path: cat });
  assert.equal(stored.data.file.name, 'my cat.png');
  assert.equal(stored.data.file.sizeBytes, picture().length);
  assert.equal((await animate(stored.data.file.url)).data.state, 'completed');
});

test('files that are none of the server’s business are refused, and it says what is allowed', async () => {
  for (const [written, says] of [
    [path.join(home, 'private.png'), 'WIRO_FILES_DIRS'], [path.join(files, 'link.png'), 'WIRO_FILES_DIRS'], ['~/.ssh/id_rsa', files],
    [path.join(files, '.env'), 'hidden'], ['/dev/zero', files], [path.join(files, 'pipe.png'), 'regular file'], ['C:\\Users\\me\\cat.png', 'Windows'],
  ]) {
    const { text } = await animate(written, { error: true });
    assert.ok(text.includes(says), `${written}: ${text}`);
    assert.ok(!text.includes('a key'));
  }
});

test('a data: URI of 10 MB goes to Wiro as a file, and does not come back', async () => {
  const { data, ...result } = await animate('data:image/png;base64,' + picture(10_000_000).toString('base64'));
  assert.equal(data.state, 'completed');
  assert.ok(JSON.stringify(result).length < 20_000);
});

test('three files, mixed with URLs, arrive byte by byte', async () => {
  const cat = path.join(files, 'my cat.png');
  const drawn = picture(2000);
  const { data } = await session.call('run_model', {
    model: 'wiro/virtual-try-on',
    params: { inputImageHuman: cat, inputImageClothes: [cat, 'https://files.example.com/a,b.png', 'data:image/png;base64,' + drawn.toString('base64')] },
  });
  assert.equal(data.state, 'completed');
  const { data: { params } } = await session.call('get_task', { tasktoken: data.task.token });
  const stored = async (address) => Buffer.from(await (await fetch(address)).arrayBuffer());
  assert.deepEqual(await stored(params.inputImageHuman), picture());
  const clothes = params.inputImageClothes;
  assert.equal(clothes.length, 3);
  assert.ok(clothes.includes('https://files.example.com/a,b.png'), 'the comma is part of the address');
  const sent = await Promise.all(clothes.filter((address) => !address.includes('example.com')).map(stored));
  assert.deepEqual(sent.toSorted(Buffer.compare), [picture(), drawn].toSorted(Buffer.compare));
});

test('a transcript is in the result', async () => {
  const { data, text } = await session.call('run_model', { model: 'openai/whisper-large-3', params: { inputAudio: path.join(files, 'talk.wav') } });
  assert.ok(data.outputs[0].text.length > 20);
  assert.ok(text.includes(data.outputs[0].text));
  const read = await session.call('read_output', { tasktoken: data.task.token });
  assert.equal(read.data.text, data.outputs[0].text);
});

test('four pictures: four Markdown images, one contact sheet, and saved twice eight files', async () => {
  const model = 'google/imagen-v4-fast';
  const { data: { model: { parameters } } } = await session.call('get_model_schema', { model });
  const samples = parameters.flatMap(({ items }) => items).find(({ id }) => /samples|num_images|numImages/.test(id)).id;
  const { data, text, content } = await session.call('run_model', { model, params: { prompt: 'a lighthouse at dawn', [samples]: 4 } });
  assert.equal(data.outputs.length, 4);
  assert.equal(text.match(/!\[a lighthouse at dawn\]\(http/g).length, 4);
  const [sheet, ...others] = content.filter(({ type }) => type === 'image');
  assert.equal(others.length, 0);
  assert.ok(Buffer.from(sheet.data, 'base64').length <= 200 << 10);
  for (let i = 0; i < 2; i++) {
    const saved = await session.call('save_output', { tasktoken: data.task.token });
    assert.equal(saved.data.files.length, 4);
    for (const file of saved.data.files) assert.equal(file.fileUrl, pathToFileURL(file.path).href);
  }
  assert.equal((await readdir(path.join(home, 'out'))).length, 8);
});

/** A disk of this size below a folder, or undefined where this system lets nobody make one. */
async function disk(t, name, size) {
  const folder = path.join(home, name);
  await mkdir(folder);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0777`, 'none', folder], { stdio: 'ignore' });
  } catch {
    t.skip('no file system can be mounted here');
    return undefined;
  }
  t.after(() => execFileSync('umount', [folder]));
  return folder;
}

/** Runs a model and saves its pictures in a folder that takes none: the result is there all the same. */
async function unsaved(t, folder, says) {
  const own = await launch({ env: { ...sandbox.env, HOME: home, WIRO_OUTPUT_DIR: folder, WIRO_SAVE_OUTPUTS: 'true' } });
  t.after(() => own.close());
  const { data, text } = await own.call('run_model', { model: 'black-forest-labs/flux-2-pro', params: { prompt: `for ${path.basename(folder)}` } });
  assert.equal(data.state, 'completed');
  assert.ok(data.outputs[0].url && text.includes(data.outputs[0].url) && data.task.costUsd > 0);
  for (const part of [says, folder, 'WIRO_OUTPUT_DIR']) assert.ok(text.includes(part), `${part}: ${text}`);
  assert.equal(data.nextAction.tool, 'save_output');
  const refused = await own.call('save_output', { tasktoken: data.task.token }, { error: true });
  assert.ok(refused.text.includes(says), refused.text);
  assert.equal((await fetch(data.outputs[0].url)).status, 200);
  return own;
}

test('a full disk: the result survives, and it says what to do', async (t) => {
  const folder = await disk(t, 'full', '16k');
  if (!folder) return;
  await writeFile(path.join(folder, 'other'), Buffer.alloc(8 << 10));
  const own = await unsaved(t, folder, 'is full');
  assert.deepEqual(await readdir(folder), ['other'], 'nothing half written is left');
  execFileSync('mount', ['-o', 'remount,size=4m', folder]);
  const { data: { tasks: [{ task }] } } = await own.call('list_tasks', { limit: 1 });
  assert.equal((await own.call('save_output', { tasktoken: task.token })).data.files.length, 1);
});

test('a folder that can only be read: the result survives, and it says what to do', async (t) => {
  const folder = await disk(t, 'readonly', '1m');
  if (!folder) return;
  execFileSync('mount', ['-o', 'remount,ro', folder]);
  await unsaved(t, folder, 'cannot be written');
});
