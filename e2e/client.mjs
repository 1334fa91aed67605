// Clients of the binary that check everything that comes back.
import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Client as ModernClient, StreamableHTTPClientTransport as ModernHTTPTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport as ModernStdioTransport } from '@modelcontextprotocol/client/stdio';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { binary } from './lib.mjs';
import { watchMessages } from './protocol.mjs';

/** The versions that begin with initialize, and the one that does not. */
export const versions = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'];
export const modern = '2026-07-28';

/** A transport that asks for a certain version, where its client begins with initialize. */
const asking = (Base) => class extends Base {
  send(message, ...rest) {
    if (message.method === 'initialize') {
      message = { ...message, params: { ...message.params, protocolVersion: this.version } };
    }
    return super.send(message, ...rest);
  }
};

/** A stdio transport that keeps what comes. */
const tapped = (Base) => class extends asking(Base) {
  stdout = '';
  log = '';

  async start() {
    this.stderr.setEncoding('utf8').on('data', (text) => { this.log += text; });
    await super.start();
    this._process.stdout.on('data', (chunk) => { this.stdout += chunk.toString('latin1'); });
  }
};

const transports = {
  stdio: tapped(StdioClientTransport),
  modernStdio: tapped(ModernStdioTransport),
  http: asking(StreamableHTTPClientTransport),
  modernHTTP: ModernHTTPTransport,
};

/**
 * Launches the binary and connects to it with the official client of that version.
 * capabilities are the client's; onElicit answers what the user is asked.
 */
export async function launch({ version = versions.at(-1), env, args = [], ...options }) {
  const Transport = version === modern ? transports.modernStdio : transports.stdio;
  return connect(new Transport({ command: binary, args, env, stderr: 'pipe' }), { version, ...options });
}

/** Connects to a server by HTTP with the official client of that version. */
export async function dial({ version = versions.at(-1), url, headers, ...options }) {
  const Transport = version === modern ? transports.modernHTTP : transports.http;
  return connect(new Transport(new URL(url), { requestInit: { headers } }), { version, ...options });
}

async function connect(transport, { version, capabilities = {}, name = 'e2e', onElicit }) {
  transport.version = version;
  watchMessages(transport, version);
  const isModern = version === modern;
  const client = isModern
    ? new ModernClient({ name, version: '1.0.0' }, { capabilities, versionNegotiation: { mode: { pin: modern } } })
    : new Client({ name, version: '1.0.0' }, { capabilities });
  if (onElicit) await handleElicitation(client, isModern, onElicit);
  await client.connect(transport, { timeout: 10_000 });
  const session = new Session(client, transport, version);
  try {
    await session.list();
  } catch (error) {
    await client.close(); // a program that still runs would keep the tests from ending
    throw error;
  }
  return session;
}

async function handleElicitation(client, isModern, onElicit) {
  const answer = (request) => onElicit(request.params);
  if (isModern) return client.setRequestHandler('elicitation/create', answer);
  const { ElicitRequestSchema } = await import('@modelcontextprotocol/sdk/types.js');
  return client.setRequestHandler(ElicitRequestSchema, answer);
}

/** A connected client. Every result that passes is held against the contract of the tools. */
export class Session {
  /** The tools by name, and the names of those that have been called. */
  tools = new Map();
  called = new Set();
  /** Every result, as JSON. */
  results = [];
  #ajv = addFormats.default(new Ajv2020({ strict: true, allowUnionTypes: false }));
  #schemas = new Map();

  constructor(client, transport, version) {
    Object.assign(this, { client, transport, version });
  }

  async list() {
    const { tools, nextCursor } = await this.client.listTools();
    assert.equal(nextCursor, undefined);
    assert.deepEqual(this.transport.invalid, []);
    this.tools = new Map(tools.map((tool) => [tool.name, tool]));
    return tools;
  }

  /**
   * Calls a tool and returns its result, which must not be an error unless error is set; with
   * error 'any' it may be either. loose sends arguments as models write them, which the schema does
   * not allow.
   * Options of the client (signal, onprogress, timeout) pass through.
   */
  async call(name, args = {}, { error = false, loose = false, ...options } = {}) {
    const tool = this.tools.get(name);
    assert.ok(tool, `${name} is not among the tools`);
    this.called.add(name);
    const request = { name, arguments: args };
    const result = this.version === modern
      ? await this.client.callTool(request, { timeout: 30_000, ...options })
      : await this.client.callTool(request, undefined, { timeout: 30_000, ...options });
    this.results.push(JSON.stringify(result));
    assert.deepEqual(this.transport.invalid, []);
    const told = `${name} ${JSON.stringify(args)}: ${textOf(result)}`;
    if (error !== 'any') assert.equal(result.isError ?? false, error, told);
    if (!result.isError) {
      if (!loose) this.#validate(tool, 'inputSchema', args);
      this.#validate(tool, 'outputSchema', result.structuredContent);
    }
    this.#complete(told, result);
    return { ...result, text: textOf(result), data: result.structuredContent };
  }

  /** Holds arguments against a tool's schema, without a call. */
  accepts(name, args) {
    this.#validate(this.tools.get(name), 'inputSchema', args);
  }

  #validate(tool, kind, value, given = () => tool[kind]) {
    const key = `${tool.name} ${kind}`;
    if (!this.#schemas.has(key)) this.#schemas.set(key, this.#ajv.compile(given()));
    const valid = this.#schemas.get(key);
    assert.ok(valid(value), `${key}: ${this.#ajv.errorsText(valid.errors)} in ${JSON.stringify(value)}`);
  }

  /**
   * Both forms of a result stand alone. A next step can be taken as it stands, but for what
   * its reason names.
   */
  #complete(told, { content, structuredContent: data }) {
    assert.ok(data && typeof data === 'object', `${told}: has no structured form`);
    const text = textOf({ content });
    assert.ok(text.trim(), `${told}: has no text`);
    for (const { url } of [...(data.outputs ?? []), ...(data.matches ?? []), data.file ?? {}, { url: data.authorizeUrl }]) {
      if (url) assert.ok(text.includes(url), `${told}: the text lacks ${url}`);
    }
    if (data.task?.token) assert.ok(text.includes(data.task.token), `${told}: the text lacks the token`);
    if (data.error) assert.ok(text.includes(data.error), `${told}: the text lacks the error`);
    const next = data.nextAction;
    if (!next) return;
    const tool = this.tools.get(next.tool);
    assert.ok(tool, `${told}: the next step is ${next.tool}, which is not among the tools`);
    assert.ok(text.includes(next.reason), `${told}: the text lacks the next step`);
    const { required = [], ...optional } = tool.inputSchema;
    this.#validate(tool, 'next step', next.arguments, () => optional);
    const open = required.filter((argument) => !(argument in next.arguments));
    for (const argument of open) assert.ok(next.reason.includes(argument), `${told}: the next step lacks ${argument}`);
  }

  /** Calls a tool and returns its result with all progress, which must rise, with news. */
  async watch(name, args, options) {
    const news = [];
    const result = await this.call(name, args, { ...options, onprogress: (progress) => news.push(progress) });
    const all = JSON.stringify(news, null, 1);
    for (const [i, { progress, total, message }] of news.entries()) {
      assert.ok(message, `progress says what is going on: ${all}`);
      assert.ok(i === 0 || progress > news[i - 1].progress, `progress rises: ${all}`);
      assert.ok(i === 0 || message !== news[i - 1].message, `progress brings news: ${all}`);
      assert.ok(total === undefined || progress <= total, `progress stays within its total: ${all}`);
    }
    return { ...result, news, said: news.map(({ message }) => message) };
  }

  /** Takes the next step that a result suggests. */
  follow({ data: { nextAction } }, options) {
    assert.ok(nextAction, 'there is no next step');
    return this.call(nextAction.tool, nextAction.arguments, options);
  }

  /** What the server wrote to stdout, parsed; a line that is not JSON-RPC fails. */
  messages() {
    const lines = Buffer.from(this.transport.stdout, 'latin1').toString('utf8').split('\n');
    assert.equal(lines.pop(), '', 'the last line is not complete');
    return lines.map((line) => {
      const message = JSON.parse(line);
      assert.equal(message.jsonrpc, '2.0', line);
      const kinds = [typeof message.method === 'string', 'result' in message, 'error' in message];
      assert.equal(kinds.filter(Boolean).length, 1, line);
      return message;
    });
  }

  close() {
    return this.client.close();
  }
}

/** The text of a result. */
export function textOf({ content = [] }) {
  return content.filter((block) => block.type === 'text').map((block) => block.text).join('\n');
}
