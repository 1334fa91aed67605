// Coding agents, each driven without a person: how it is installed, configured, asked and listed.
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile, mkdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { binary } from '../lib.mjs';

const exec = promisify(execFile);

/**
 * What differs between the agents. `client` is the name that `wiro-mcp install` knows it by. Settings that `install`
 * leaves alone are written by `prepare`.
 */
const claude = {
  client: 'claude-code', file: '.claude.json',
  ask: (prompt) => ['-p', prompt, '--output-format', 'stream-json', '--verbose', '--allowedTools', 'mcp__wiro'],
  list: ['mcp', 'list'],
  env: ({ url }) => ({
    ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: 'sk-ant-nobody', CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', DISABLE_AUTOUPDATER: '1',
    ENABLE_TOOL_SEARCH: 'false', // else the model is only told of tools that it looks for
  }),
};

export const agents = {
  claude: { ...claude, bin: 'claude' },
  codex: {
    client: 'codex', file: '.codex/config.toml', bin: 'codex',
    ask: (prompt) => ['exec', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', prompt],
    list: ['mcp', 'list'],
    env: () => ({ OPENAI_API_KEY: 'sk-nobody' }),
    prepare: (home, { url }) => writeFile(path.join(home, '.codex/config.toml'), [
      'model = "gpt-5.2"', 'model_provider = "script"', 'check_for_update_on_startup = false', '',
      '[model_providers.script]', 'name = "script"', `base_url = "${url}/v1"`, 'env_key = "OPENAI_API_KEY"', 'wire_api = "responses"', 'supports_websockets = false', '',
    ].join('\n')),
  },
  gemini: {
    client: 'gemini-cli', file: '.gemini/settings.json', bin: 'gemini',
    ask: (prompt) => ['--yolo', '-m', 'gemini-2.5-pro', '-p', prompt],
    list: ['mcp', 'list'],
    env: ({ url }) => ({ GEMINI_API_KEY: 'nobody', GOOGLE_GEMINI_BASE_URL: url, GEMINI_CLI_TRUST_WORKSPACE: 'true' }),
    prepare: (home) => writeFile(path.join(home, '.gemini/settings.json'), JSON.stringify({
      security: { auth: { selectedType: 'gemini-api-key' }, folderTrust: { enabled: false } }, privacy: { usageStatisticsEnabled: false },
      general: { disableAutoUpdate: true, enableAutoUpdate: false },
    }, null, 2)),
  },
  opencode: {
    client: 'opencode', file: '.config/opencode/opencode.jsonc', bin: 'opencode',
    ask: (prompt) => ['run', '-m', 'script/model', prompt],
    list: ['mcp', 'list'],
    env: () => ({ OPENCODE_DISABLE_AUTOUPDATE: 'true', OPENCODE_DISABLE_MODELS_FETCH: 'true' }),
    prepare: (home, { url }) => writeFile(path.join(home, '.config/opencode/opencode.jsonc'), JSON.stringify({
      $schema: 'https://opencode.ai/config.json', permission: 'allow', autoupdate: false, share: 'disabled', model: 'script/model', small_model: 'script/model',
      provider: { script: { npm: '@ai-sdk/openai-compatible', name: 'Script', options: { baseURL: `${url}/v1`, apiKey: 'nobody' }, models: { model: { name: 'Model', tool_call: true, attachment: true, modalities: { input: ['text', 'image'], output: ['text'] }, limit: { context: 200000, output: 8000 } } } } },
    }, null, 2)),
  },
};

/** An agent in a home folder of its own, which follows a model. */
export class Agent {
  constructor(name, folder, model) {
    this.kind = agents[name];
    this.folder = folder;
    this.model = model;
  }

  async start() {
    this.home = await mkdtemp(path.join(os.tmpdir(), 'wiro-mcp-home-'));
    this.project = path.join(this.home, 'work');
    await mkdir(path.join(this.home, path.dirname(this.kind.file)), { recursive: true });
    await mkdir(this.project);
    this.env = { PATH: process.env.PATH, HOME: this.home, TERM: 'dumb', NO_COLOR: '1', CI: '1', ...this.kind.env(this.model) };
    await this.kind.prepare?.(this.home, this.model);
    return this;
  }

  /** Has `wiro-mcp install` write the entry; settings are added to what the server is launched with. */
  async install({ key, url, settings = {}, edit = (text) => text }) {
    const file = path.join(this.home, this.kind.file);
    if (key) this.env.WIRO_API_KEY = key;
    const args = ['install', this.kind.client, '--yes', ...(url ? ['--remote', url] : [])];
    await exec(binary, args, { env: { ...this.env, ...settings, WIRO_API_KEY: key ?? '' } });
    await writeFile(file, edit(withSettings(await readFile(file, 'utf8'), url ? {} : settings)));
  }

  /** Runs the program, and returns what it printed and how it ended. */
  run(args, { ms = 120_000, env = {}, onstart } = {}) {
    const child = spawn(path.join(this.folder, 'node_modules/.bin', this.kind.bin), args, {
      cwd: this.project, env: { ...this.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true,
    });
    onstart?.(child);
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text) => { stdout += text; });
    child.stderr.setEncoding('utf8').on('data', (text) => { stderr += text; });
    const stop = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), ms);
    return new Promise((resolve) => {
      child.on('close', (code, signal) => {
        clearTimeout(stop);
        resolve({ code, signal, stdout, stderr, said: stdout + stderr });
      });
    });
  }

  ask(prompt, options) { return this.run(this.kind.ask(prompt), options); }

  list(options) { return this.run(this.kind.list, options); }

  stop() { return rm(this.home, { recursive: true, force: true, maxRetries: 5 }); }
}

/** Adds settings beside the key in an entry that `install` wrote, in JSON or TOML. */
function withSettings(text, settings) {
  const added = Object.entries(settings).filter(([name]) => name !== 'WIRO_API_KEY' && name !== 'WIRO_API_SECRET');
  if (added.length === 0) return text;
  const json = added.map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`).join(', ');
  const toml = added.map(([name, value]) => `${name} = ${JSON.stringify(value)}`).join('\n');
  return text.replace(/("WIRO_API_KEY": ".*?")/, `$1, ${json}`).replace(/^(WIRO_API_KEY = .*)$/m, `$1\n${toml}`);
}
