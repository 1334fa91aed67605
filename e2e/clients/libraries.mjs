// Libraries and command lines that connect to MCP servers, behind one face: list, call, close.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { within } from '../lib.mjs';
import { installed, load, program, searchPath } from './packages.mjs';

const exec = promisify(execFile);
const both = ['stdio', 'http'];

/** What a client makes of a result: its text, and its blocks by type. */
const read = (result) => ({
  text: (result.content ?? []).map((block) => block.text ?? '').join('\n'),
  data: result.structuredContent,
  types: (result.content ?? []).map(({ type }) => type),
  error: result.isError === true,
});

/** The TypeScript SDK. What it reports by onerror, such as an answer that it does not know, is kept in `faults`. */
async function sdk(folder, target, { elicit } = {}) {
  const modules = ['client/index.js', target.url ? 'client/streamableHttp.js' : 'client/stdio.js'];
  const { Client, StdioClientTransport, StreamableHTTPClientTransport } = await load(folder, ...modules.map((module) => `@modelcontextprotocol/sdk/${module}`));
  const client = new Client({ name: 'e2e-sdk', version: '1.0.0' }, { capabilities: elicit ? { elicitation: {} } : {} });
  const transport = target.url
    ? new StreamableHTTPClientTransport(new URL(target.url), { requestInit: { headers: target.headers } })
    : new StdioClientTransport({ ...target, env: { PATH: process.env.PATH, ...target.env }, stderr: 'pipe' });
  let printed = '';
  transport.stderr?.on('data', (text) => { printed += text; });
  const faults = [];
  client.onerror = (error) => faults.push(error);
  try {
    await client.connect(transport);
  } catch (error) {
    throw new Error(`${error.message}\n${printed}`, { cause: error });
  }
  return {
    faults,
    list: async () => (await client.listTools()).tools,
    call: async (name, args, options) => read(await client.callTool({ name, arguments: args }, undefined, options)),
    close: () => client.close(),
  };
}

async function modern(folder, target) {
  const { Client, StreamableHTTPClientTransport } = await load(folder, '@modelcontextprotocol/client');
  const { StdioClientTransport } = await load(folder, '@modelcontextprotocol/client/stdio');
  const client = new Client({ name: 'e2e-client', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
  const faults = [];
  client.onerror = (error) => faults.push(error);
  await client.connect(target.url
    ? new StreamableHTTPClientTransport(new URL(target.url), { requestInit: { headers: target.headers } })
    : new StdioClientTransport({ ...target, env: { PATH: process.env.PATH, ...target.env }, stderr: 'ignore' }));
  return {
    faults,
    list: async () => (await client.listTools()).tools,
    call: async (name, args, options) => read(await client.callTool({ name, arguments: args }, options)),
    close: () => client.close(),
  };
}

async function ai(folder, target) {
  const { createMCPClient, experimental_createMCPClient: create = createMCPClient } = await load(folder, '@ai-sdk/mcp');
  const { StdioMCPTransport, Experimental_StdioMCPTransport: Stdio = StdioMCPTransport } = await load(folder, '@ai-sdk/mcp/mcp-stdio');
  const faults = [];
  const client = await create({
    transport: target.url ? { type: 'http', url: target.url, headers: target.headers } : new Stdio({ ...target, env: { PATH: process.env.PATH, ...target.env } }),
    onUncaughtError: (error) => faults.push(error),
  });
  const tools = await client.tools();
  return {
    faults,
    list: async () => Object.entries(tools).map(([name, { inputSchema }]) => ({ name, inputSchema: inputSchema.jsonSchema })),
    call: async (name, args, { signal, timeout } = {}) => read(await tools[name].execute(args, {
      messages: [], toolCallId: '1', abortSignal: signal ?? (timeout ? AbortSignal.timeout(timeout) : undefined),
    })),
    close: () => client.close(),
  };
}

async function langchain(folder, target) {
  const { MultiServerMCPClient } = await load(folder, '@langchain/mcp-adapters');
  const client = new MultiServerMCPClient({
    mcpServers: { wiro: target.url ? { transport: 'http', url: target.url, headers: target.headers, automaticSSEFallback: false } : { transport: 'stdio', ...target, env: { PATH: process.env.PATH, ...target.env } } },
  });
  const tools = new Map((await client.getTools()).map((tool) => [tool.name, tool]));
  return {
    list: async () => [...tools.values()].map(({ name, schema }) => ({ name, inputSchema: schema })),
    async call(name, args, { signal, timeout } = {}) {
      const out = await tools.get(name).invoke(args, { signal, timeout });
      const content = typeof out === 'string' ? [{ type: 'text', text: out }] : Array.isArray(out) ? out : [{ type: 'text', text: JSON.stringify(out) }];
      return read({ content });
    },
    close: () => client.close(),
  };
}

async function mastra(folder, target) {
  const { MCPClient } = await load(folder, '@mastra/mcp');
  const client = new MCPClient({
    id: String(Math.random()), timeout: 60_000,
    servers: { wiro: target.url ? { url: new URL(target.url), requestInit: { headers: target.headers } } : { ...target, env: { PATH: process.env.PATH, ...target.env } } },
  });
  const tools = await (client.listTools ?? client.getTools).call(client);
  const only = await client.listToolsWithErrors?.();
  if (Object.keys(tools).length === 0) {
    await client.disconnect();
    throw new Error(JSON.stringify(only?.errors ?? 'no tools'));
  }
  return {
    list: async () => Object.entries(tools).map(([name, { inputSchema }]) => ({ name: name.replace(/^wiro_/, ''), inputSchema })),
    async call(name, args, { signal, timeout } = {}) {
      const out = await tools[`wiro_${name}`].execute(args, { abortSignal: signal ?? (timeout ? AbortSignal.timeout(timeout) : undefined) });
      return out.content ? read(out) : { text: JSON.stringify(out), data: out, types: [], error: 'error' in out };
    },
    close: () => client.disconnect(),
  };
}

/** A command line that connects anew for every call. */
const shell = (lines) => async (folder, target) => {
  const home = await mkdtemp(path.join(os.tmpdir(), 'wiro-mcp-shell-'));
  const env = { PATH: searchPath, HOME: home, NO_COLOR: '1', CI: '1', ...target.env };
  const run = async (words, { timeout = 90_000 } = {}) => {
    const ran = exec(words[0], words.slice(1), { env, cwd: home, timeout, maxBuffer: 64 << 20 });
    ran.child.stdin.end();
    try {
      return (await ran).stdout;
    } catch (error) { // some say by their exit code that the tool failed
      if (/^\s*\{/.test(error.stdout ?? '') && !error.killed) return error.stdout;
      throw new Error(`${error.message}\n${error.stdout}${error.stderr}`);
    }
  };
  return {
    list: async () => JSON.parse(await run(lines.list(folder, target))).tools,
    async call(name, args, options) {
      const out = JSON.parse(await run(lines.call(folder, target, name, args), options));
      return out.content ? read(out) : { text: JSON.stringify(out), data: out, types: [], error: 'error' in out };
    },
    close: () => rm(home, { recursive: true, force: true, maxRetries: 3 }),
  };
};

const headerOf = ({ headers = {} }) => Object.entries(headers).map(([name, value]) => `${name}: ${value}`);

const inspector = (folder, { url, command, args, ...target }, ...words) => [
  program(folder, 'mcp-inspector'), '--cli',
  ...(url ? [url, '--transport', 'http', ...headerOf(target).flatMap((header) => ['--header', header])]
    : [...Object.entries(target.env).flatMap(([name, value]) => ['-e', `${name}=${value}`]), command, ...args]), ...words,
];
const pairs = (args) => Object.entries(args).map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
const byInspector = shell({
  list: (folder, target) => inspector(folder, target, '--method', 'tools/list'),
  call: (folder, target, name, args) => inspector(folder, target, '--method', 'tools/call', '--tool-name', name, ...pairs(args).flatMap((pair) => ['--tool-arg', pair])),
});

const mcporter = (folder, verb, { url, command, args, ...target }, ...words) => [
  program(folder, 'mcporter'), verb,
  ...(url ? ['--http-url', url, '--allow-http', ...headerOf(target).flatMap((header) => ['--header', header.replace(': ', '=')])]
    : ['--stdio', [command, ...args].join(' '), ...Object.entries(target.env).flatMap(([name, value]) => ['--env', `${name}=${value}`])]),
  '--name', 'wiro', ...words,
];
const byMcporter = shell({
  list: (folder, target) => mcporter(folder, 'list', target, '--schema', '--json'),
  call: (folder, target, name, args) => mcporter(folder, 'call', target, name, '--args', JSON.stringify(args), '--output', 'json'),
});

/**
 * A bridge that clients without HTTP launch: it speaks stdio, and the newest SDK speaks with it. Bridges may write
 * progress and result in one piece.
 */
const bridge = (words) => async (folder, target) => {
  const home = await mkdtemp(path.join(os.tmpdir(), 'wiro-mcp-bridge-'));
  const [command, ...args] = words(folder, target);
  const client = await sdk(await newestSDK(), { command, args, env: { PATH: searchPath, HOME: home, MCP_REMOTE_CONFIG_DIR: home, BROWSER: 'true' } });
  return { ...client, faults: [], close: async () => { await client.close(); await rm(home, { recursive: true, force: true, maxRetries: 5 }); } };
};

/** A bridge that serves a program of stdio by HTTP. */
const server = (words) => async (folder, target) => {
  const port = await freePort();
  const [command, ...args] = words(folder, target, port);
  const child = spawn(command, args, { env: { PATH: searchPath, HOME: os.tmpdir(), ...target.env }, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  let said = '';
  await within(60_000, 'the bridge listens', new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        said += text;
        if (/[Ll]istening/.test(said)) resolve();
      });
    }
    ended.then(() => reject(new Error(said)));
  }));
  const client = await sdk(await newestSDK(), { url: `http://127.0.0.1:${port}/mcp` });
  return { ...client, close: async () => { await client.close(); process.kill(-child.pid, 'SIGTERM'); await ended; } };
};

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  return port;
}

const newest = '1.32.2';
const newestSDK = () => installed('@modelcontextprotocol/sdk', newest);


const sdkVersion = (version, transports, quick = false) => ({ title: `TypeScript SDK ${version}`, package: ['@modelcontextprotocol/sdk', version], connect: sdk, transports, quick, progress: true, timeout: both });

/**
 * The clients. `progress` is there if a program can ask for it, `timeout` if the server hears of a call that was given
 * up: the AI SDK sends no cancel. Quick ones run with the other end-to-end tests.
 */
export const libraries = [
  // Streamable HTTP came with 1.10. Results with resource links are understood since 1.13.
  sdkVersion('1.0.1', ['stdio'], true), sdkVersion('1.4.1', ['stdio']), sdkVersion('1.9.0', ['stdio']),
  sdkVersion('1.10.2', both), sdkVersion('1.12.3', both, true), sdkVersion('1.13.3', both), sdkVersion('1.17.5', both),
  sdkVersion('1.20.2', both), sdkVersion('1.24.3', both), sdkVersion('1.29.0', both), sdkVersion(newest, both, true),
  { title: '@modelcontextprotocol/client 2.4.0', package: ['@modelcontextprotocol/client', '2.4.0'], connect: modern, transports: both, quick: true, progress: true, timeout: both },
  { title: '@ai-sdk/mcp 1.0.10', package: ['@ai-sdk/mcp', '1.0.10'], connect: ai, transports: both, quick: true },
  { title: '@ai-sdk/mcp 1.0.30', package: ['@ai-sdk/mcp', '1.0.30'], connect: ai, transports: both, quick: true },
  { title: '@ai-sdk/mcp 2.0.99', package: ['@ai-sdk/mcp', '2.0.99'], connect: ai, transports: both, quick: true, timeout: ['http'] },
  { title: 'LangChain 1.1.4', package: ['@langchain/mcp-adapters', '1.1.4'], connect: langchain, transports: both, timeout: both },
  { title: 'Mastra 1.13.1', package: ['@mastra/mcp', '1.13.1'], connect: mastra, transports: both, timeout: both },
  { title: 'Mastra 2.0.0', package: ['@mastra/mcp', '2.0.0'], connect: mastra, transports: both, timeout: both },
  { title: 'Inspector 0.17.5', package: ['@modelcontextprotocol/inspector', '0.17.5'], connect: byInspector, transports: both },
  { title: 'Inspector 2.12.0', package: ['@modelcontextprotocol/inspector', '2.12.0'], connect: byInspector, transports: both },
  { title: 'mcporter 0.12.3', package: ['mcporter', '0.12.3'], connect: byMcporter, transports: both },
  ...['0.1.49', '0.15.1'].map((version) => ({
    title: `mcp-remote ${version}`, package: ['mcp-remote', version], transports: ['http'], quick: true, progress: true, timeout: both,
    connect: bridge((folder, target) => [program(folder, 'mcp-remote'), target.url, '--allow-http', ...headerOf(target).flatMap((header) => ['--header', header.replace(': ', ':')])]),
  })),
  {
    title: 'supergateway 4.0.0 to stdio', package: ['supergateway', '4.0.0'], transports: ['http'], timeout: both,
    connect: bridge((folder, target) => [program(folder, 'supergateway'), '--streamableHttp', target.url, ...headerOf(target).flatMap((header) => ['--header', header])]),
  },
  {
    // It sends all progress on the connection of the oldest call, which the result of another one overtakes on its own.
    title: 'supergateway 4.0.0 to HTTP', package: ['supergateway', '4.0.0'], transports: ['stdio'], progress: true, apart: true, timeout: both,
    connect: server((folder, { command, args }, port) => [program(folder, 'supergateway'), '--stdio', [command, ...args].join(' '), '--outputTransport', 'streamableHttp', '--stateful', '--port', String(port)]),
  },
];
