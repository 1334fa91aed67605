// What the libraries between a server and a model make of the tools' schemas: nothing that a tool takes may be lost.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { launch } from './client.mjs';
import { installed, load, program, searchPath } from './clients/packages.mjs';
import { binary } from './lib.mjs';

const exec = promisify(execFile);
const env = { WIRO_TOOLSETS: 'all' };
let tools;
before(async () => {
  const session = await launch({ args: ['--sandbox'], env });
  tools = [...session.tools.values()];
  await session.close();
});

/** Every argument of a schema with its type, also those of inner objects. */
function* argumentsOf(schema, at = '') {
  const { properties = {}, items } = given(schema);
  for (const [name, inner] of Object.entries(properties)) {
    yield [`${at}.${name}`, given(inner)];
    yield* argumentsOf(inner, `${at}.${name}`);
  }
  if (items) yield* argumentsOf(items, `${at}[]`);
}

/** The schema of what is given where null may be, too. */
const given = (schema) => schema.anyOf?.find(({ type }) => type !== 'null') ?? schema;

/** An object whose members the caller chooses. */
const isOpen = (schema) => schema.type === 'object' && !schema.properties;

/** Fails where a converted schema lacks an argument, or, unless it closes all objects, narrows an open one to {}. */
function keeps(tool, converted, { closes = false } = {}) {
  const kept = new Map(argumentsOf(converted));
  for (const [name, schema] of argumentsOf(tool.inputSchema)) {
    assert.ok(kept.has(name), `${tool.name} lost ${name}`);
    if (isOpen(schema) && !closes) assert.notEqual(kept.get(name).additionalProperties, false, `${tool.name}${name} became {}`);
  }
}

/** The folder of a package, or a test that is left out. */
async function folderOf(t, ...pack) {
  try {
    return await installed(...pack);
  } catch (error) {
    t.skip(error.message);
    return null;
  }
}

describe('schemas', { concurrency: 2 }, () => {
  test('the OpenAI Agents SDK for JavaScript', async (t) => {
    const folder = await folderOf(t, '@openai/agents-core', '0.20.0');
    if (!folder) return;
    const { mcpToFunctionTool } = await load(folder, '@openai/agents-core');
    for (const tool of tools) {
      keeps(tool, mcpToFunctionTool(tool, { name: 'wiro' }, false).parameters);
      keeps(tool, mcpToFunctionTool(tool, { name: 'wiro' }, true).parameters);
    }
  });

  test('the OpenAI Agents SDK for Python, re-modelled', () => {
    for (const tool of tools) {
      let strict;
      try {
        strict = ensureStrict(structuredClone(tool.inputSchema));
      } catch {
        continue; // it takes the schema as it is
      }
      keeps(tool, strict);
    }
  });

  test('the Google GenAI SDK', async (t) => {
    const folder = await folderOf(t, '@google/genai', '3.1.0');
    if (!folder) return;
    const { mcpToTool } = await load(folder, '@google/genai');
    const callable = mcpToTool({ listTools: async () => ({ tools }), callTool: async () => ({}) });
    const { functionDeclarations } = await callable.tool();
    assert.equal(functionDeclarations.length, tools.length);
    for (const [i, { parametersJsonSchema, parameters }] of functionDeclarations.entries()) keeps(tools[i], lowerTypes(parametersJsonSchema ?? parameters));
  });

  test('the AI SDK with its Google provider', async (t) => {
    const folder = await folderOf(t, '@ai-sdk/google', '4.0.121');
    if (!folder) return;
    const { createGoogleGenerativeAI } = await load(folder, '@ai-sdk/google');
    let sent;
    const fetch = async (url, { body }) => {
      sent = JSON.parse(body);
      return Response.json({ candidates: [{ content: { role: 'model', parts: [{ text: 'ok' }] }, finishReason: 'STOP' }], usageMetadata: {} });
    };
    await createGoogleGenerativeAI({ apiKey: 'x', fetch })('gemini-2.5-pro').doGenerate({
      prompt: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }],
      tools: tools.map(({ name, description, inputSchema }) => ({ type: 'function', name, description, inputSchema })),
    });
    const declared = new Map(sent.tools.flatMap(({ functionDeclarations }) => functionDeclarations).map((one) => [one.name, one.parameters ?? one.parametersJsonSchema]));
    for (const tool of tools) {
      const { properties = {} } = tool.inputSchema;
      if (Object.keys(properties).length > 0) keeps(tool, declared.get(tool.name));
      else assert.ok(declared.has(tool.name), tool.name);
    }
  });

  test("Mastra's layers for every provider", async (t) => {
    const folder = await folderOf(t, '@mastra/schema-compat', '1.3.11');
    if (!folder) return;
    const compat = await load(folder, '@mastra/schema-compat');
    const layers = { OpenAI: 'openai', OpenAIReasoning: 'openai', Google: 'google', Anthropic: 'anthropic', DeepSeek: 'deepseek', Meta: 'meta' };
    for (const [name, provider] of Object.entries(layers)) {
      const layer = new compat[`${name}SchemaCompatLayer`]({ modelId: provider, provider, supportsStructuredOutputs: false });
      for (const tool of tools) { // OpenAI's layers close every object, whatever its schema says
        keeps(tool, layer.processToJSONSchema(compat.jsonSchema(structuredClone(tool.inputSchema)), 'input'), { closes: provider === 'openai' });
      }
    }
  });

  test('Inspector --strict has nothing to say about any toolset', async (t) => {
    if (!process.env.ALL_CLIENTS) return t.skip('make e2e-clients installs Inspector');
    const folder = await folderOf(t, '@modelcontextprotocol/inspector', '2.12.0');
    if (!folder) return;
    const words = ['--cli', '-e', 'WIRO_TOOLSETS=all', binary, '--sandbox', '--method', 'tools/list', '--strict'];
    const { stderr } = await exec(program(folder, 'mcp-inspector'), words, { env: { PATH: searchPath, HOME: t.name }, maxBuffer: 64 << 20 });
    assert.doesNotMatch(stderr, /warning|error/i);
    t.diagnostic(stderr.trim().slice(0, 200));
  });
});

/** Gemini writes types in capitals. */
const lowerTypes = (value) => JSON.parse(JSON.stringify(value), (key, inner) => (key === 'type' && typeof inner === 'string' ? inner.toLowerCase() : inner));

/** openai-agents' strict_schema.py: every object is closed and requires all that it has; an open one is refused. */
function ensureStrict(schema) {
  if (schema.type === 'object') {
    if (schema.additionalProperties) throw new Error('additionalProperties should not be set for object types');
    schema.additionalProperties = false;
    if (schema.properties) schema.required = Object.keys(schema.properties);
  }
  for (const inner of Object.values(schema.properties ?? {})) ensureStrict(inner);
  if (schema.items) ensureStrict(schema.items);
  return schema;
}
