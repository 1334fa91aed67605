// Client packages, each installed in a folder of its own when a test wants it.
import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/** Where packages are kept between runs. */
const kept = path.resolve(import.meta.dirname, '..', '.clients');

/** What packages depend on is taken as it was on this day, so that a run does not depend on what came out since. */
const before = '2026-11-25';

const newerNode = path.resolve(import.meta.dirname, '..', 'node_modules', `node-linux-${process.arch}`, 'bin');

/** The search path for clients: a newer Node goes first where there is one, since some want it. */
export const searchPath = `${newerNode}${path.delimiter}${process.env.PATH}`;

const installing = new Map();

/** The folder with a package in it. The error says why the package is not to be had. */
export function installed(name, version) {
  const spec = `${name}@${version}`;
  if (!installing.has(spec)) installing.set(spec, install(name, spec));
  return installing.get(spec);
}

async function install(name, spec) {
  const folder = path.join(kept, spec.replaceAll('/', '+'));
  if (await access(folder).then(() => true, () => false)) return folder;
  await mkdir(kept, { recursive: true });
  const part = await mkdtemp(path.join(kept, '.part-'));
  try {
    // Since 12, npm runs no script that is not allowed, and some packages put their program in place by one.
    await writeFile(path.join(part, 'package.json'), JSON.stringify({ private: true, allowScripts: { [name]: true } }));
    const words = ['install', '--no-audit', '--no-fund', '--loglevel=error', `--before=${before}`, spec];
    await exec('npm', words, { cwd: part, timeout: 300_000, env: { ...process.env, PATH: searchPath } });
    await rename(part, folder).catch((error) => { // another process was faster
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
    return folder;
  } catch (error) {
    throw new Error(`${spec} is not to be had here: ${String(error.stderr || error.message).trim().split('\n')[0]}`);
  } finally {
    await rm(part, { recursive: true, force: true });
  }
}

/** Imports a module as a program in that folder would. */
export async function load(folder, ...modules) {
  const require = createRequire(path.join(folder, 'index.js'));
  const all = await Promise.all(modules.map(async (module) => {
    let file;
    try {
      file = require.resolve(module);
    } catch { // for import alone
      const [name, rest] = module.match(/^((?:@[^/]+\/)?[^/]+)(.*)$/).slice(1);
      const home = path.join(folder, 'node_modules', name);
      const { exports } = require(path.join(home, 'package.json'));
      const entry = exports[`.${rest}`];
      file = path.join(home, typeof entry === 'string' ? entry : entry.import?.default ?? entry.import ?? entry.default);
    }
    const loaded = await import(pathToFileURL(file));
    return { ...loaded.default, ...loaded };
  }));
  return Object.assign({}, ...all);
}

/** The program of that name in the folder. */
export const program = (folder, name) => path.join(folder, 'node_modules', '.bin', name);
