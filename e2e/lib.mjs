// Processes under test: the built binary, and Wiro's emulator to run it against.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';

/** The binary under test. */
export const binary = path.resolve(import.meta.dirname, process.env.WIRO_MCP_BIN ?? '../bin/wiro-mcp');

/** Fails when what is awaited takes longer than it may. */
export async function within(ms, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** One run of the binary, whose output is read by the line. */
export class Program {
  /** Everything that it wrote to stdout, by line, and to stderr. */
  lines = [];
  stderr = '';
  #waiting = new Set();

  /** The environment is exactly what is given here, but for PATH and HOME. */
  constructor(args, env = {}) {
    const { PATH, HOME } = process.env;
    this.child = spawn(binary, args, { env: { PATH, HOME, ...env } });
    this.child.stdin.on('error', () => {}); // it may end while something is written to it
    this.child.stderr.setEncoding('utf8').on('data', (text) => {
      this.stderr += text;
      this.#news();
    });
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      this.lines.push(line);
      this.#news();
    });
    this.ended = once(this.child, 'close').then(([code, signal]) => {
      this.#news();
      return { code, signal };
    });
  }

  /** Writes lines to stdin; objects as JSON. */
  write(...lines) {
    for (const line of lines) {
      this.child.stdin.write((typeof line === 'string' ? line : JSON.stringify(line)) + '\n');
    }
  }

  /** Waits until find() returns something, looking again at every output. */
  async until(what, find, ms = 10_000) {
    let look;
    const found = new Promise((resolve, reject) => {
      look = () => {
        try {
          const value = find();
          if (value !== undefined && value !== null && value !== false) resolve(value);
        } catch (error) {
          reject(error);
        }
      };
      this.#waiting.add(look);
      look();
      this.ended.then(() => reject(new Error(`${what}: the program ended. ${this.stderr}`)));
    });
    try {
      return await within(ms, what, found);
    } finally {
      this.#waiting.delete(look);
    }
  }

  #news() {
    for (const look of [...this.#waiting]) look();
  }

  /** Ends it, and returns how it ended. */
  async stop() {
    this.child.kill('SIGTERM');
    const kill = setTimeout(() => this.child.kill('SIGKILL'), 3000);
    const ending = await this.ended;
    clearTimeout(kill);
    return ending;
  }
}

/**
 * Starts the emulator and returns the settings that it prints. Tasks take a fiftieth of
 * their usual time.
 */
export async function startSandbox(...args) {
  const program = new Program(['sandbox', '--listen', '127.0.0.1:0', '--pace', '0.02', ...args]);
  const settings = () => program.lines.flatMap((line) => line.match(/^\s*export (WIRO_\w+)=(.*)$/)?.slice(1, 3) ?? []);
  // The settings come as one block, which WIRO_ALLOW_PRIVATE_URLS closes.
  await program.until('the sandbox prints its settings', () => settings().includes('WIRO_ALLOW_PRIVATE_URLS'));
  const env = {};
  const pairs = settings();
  for (let i = 0; i < pairs.length; i += 2) env[pairs[i]] ??= pairs[i + 1];
  return { env, stop: () => program.stop() };
}

/** Starts `wiro-mcp http` on a free port of this machine, without credentials of its own. */
export async function startServer({ WIRO_API_KEY, WIRO_API_SECRET, ...env }) {
  const program = new Program(['http', '--listen', '127.0.0.1:0'], { ...env, WIRO_LOG_FORMAT: 'json' });
  const address = await program.until('the server listens', () => program.stderr.match(/"address":"([^"]+)".*"message":"listening"/)?.[1]);
  return { program, origin: `http://${address}`, stop: () => program.stop() };
}

const hello = {
  jsonrpc: '2.0', id: 1, method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'e2e', version: '1' } },
};

/** Starts an MCP server by any command over stdio, and returns it once it answered initialize. */
export async function initialize([command, ...args], options) {
  const child = spawn(command, args, options);
  const server = { child, stderr: '', ended: once(child, 'close').then(([code, signal]) => ({ code, signal })) };
  child.stderr.setEncoding('utf8').on('data', (text) => { server.stderr += text; });
  child.stdin.write(JSON.stringify(hello) + '\n');
  const lines = createInterface({ input: child.stdout });
  const [line] = await within(60_000, 'initialize', Promise.race([
    once(lines, 'line'),
    server.ended.then((ending) => assert.fail(`ended with ${JSON.stringify(ending)}: ${server.stderr}`)),
  ]));
  assert.equal(JSON.parse(line).result.serverInfo.name, 'wiro-mcp');
  return server;
}
