// Nothing that comes in on stdin ends the process but its end, and that ends it at once.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Program, binary, startSandbox, within } from './lib.mjs';

let sandbox;
before(async () => { sandbox = await startSandbox(); });
after(() => sandbox.stop());

const initialize = {
  jsonrpc: '2.0', id: 'init', method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'e2e', version: '1.0.0' } },
};
const initialized = { jsonrpc: '2.0', method: 'notifications/initialized' };
const call = (id, name, args, meta) => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args, _meta: meta } });

const messages = (program) => program.lines.map((line) => JSON.parse(line));
const answer = (program, id) => program.until(`the answer to ${id}`, () => messages(program).find((m) => m.id === id));

async function serve() {
  const program = new Program([], sandbox.env);
  program.write(initialize);
  await answer(program, 'init');
  program.write(initialized);
  return program;
}

describe('bad input', () => {
  let program;
  beforeEach(async () => { program = await serve(); });
  afterEach(() => program.stop());

  /** The process goes on, and what it wrote is JSON-RPC. */
  async function goesOn() {
    program.write(call('after', 'search_docs', { query: 'task' }));
    const { result } = await answer(program, 'after');
    assert.ok(result.structuredContent.matches.length > 0);
    for (const message of messages(program)) assert.equal(message.jsonrpc, '2.0');
  }

  const deep = (n) => '['.repeat(n) + ']'.repeat(n);
  const inputs = {
    'garbage': ['hello?', '{', '}', '\u0000\u0001\ufffd', '"text"', '42', 'null', 'true', '[]', '[1,2]'],
    'empty lines': ['', '   ', '\t', '\r'],
    'a line of 10 MB': [`{"jsonrpc":"2.0","id":"big","method":"ping","params":{"x":"${'x'.repeat(10 << 20)}"}}`],
    '10 MB of garbage': ['x'.repeat(10 << 20)],
    'JSON that is not a request': ['{}', '{"jsonrpc":"1.0","id":1,"method":"ping"}', '{"jsonrpc":"2.0","id":1}', '{"jsonrpc":"2.0","id":{},"method":"ping"}'],
    'members of wrong types': [
      '{"jsonrpc":"2.0","id":2,"method":5}',
      '{"jsonrpc":"2.0","id":3,"method":"tools/call","params":[]}',
      '{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":{},"arguments":"x"}}',
      '{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"get_task","arguments":[1]}}',
      '{"jsonrpc":"2.0","id":6,"method":"tools/call","params":{"name":"get_task","arguments":{"tasktoken":{"a":1}}}}',
      '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"run_model","arguments":{"model":5,"params":[]}}}',
      '{"jsonrpc":"2.0","id":8,"method":"resources/read","params":{"uri":7}}',
      '{"jsonrpc":"2.0","id":9,"method":"initialize","params":{"protocolVersion":1}}',
    ],
    'a method that does not exist': ['{"jsonrpc":"2.0","id":10,"method":"no/such"}', '{"jsonrpc":"2.0","method":"notifications/no-such"}'],
    'answers to nothing': ['{"jsonrpc":"2.0","id":99,"result":{}}', '{"jsonrpc":"2.0","id":98,"error":{"code":1,"message":"x"}}'],
    'cancellations of nothing': ['{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":12345}}', '{"jsonrpc":"2.0","method":"notifications/cancelled"}'],
    'deeply nested params': [
      `{"jsonrpc":"2.0","id":11,"method":"tools/call","params":{"name":"run_model","arguments":{"model":"sandbox/echo","params":{"prompt":${deep(9000)}}}}}`,
      `{"jsonrpc":"2.0","id":12,"method":"tools/call","params":${deep(100_000)}}`,
      deep(1_000_000),
    ],
  };
  for (const [what, lines] of Object.entries(inputs)) {
    test(`${what} : the process goes on`, async () => {
      program.write(...lines);
      await goesOn();
    });
  }

  test('an unknown tool is refused, with the one that may be meant', async () => {
    program.write(call(1, 'run_modle', {}));
    const { error, result } = await answer(program, 1);
    assert.match(error?.message ?? result.content[0].text, /run_modle/);
    assert.ok(error || result.isError);
    await goesOn();
  });

  test('a tool of a toolset that is off is refused', async () => {
    const narrow = new Program([], { ...sandbox.env, WIRO_TOOLSETS: 'docs' });
    try {
      narrow.write(initialize, initialized, call(1, 'list_tasks', {}));
      const { error, result } = await answer(narrow, 1);
      assert.ok(error || result.isError);
    } finally {
      await narrow.stop();
    }
  });
});

describe('the end', () => {
  /** A server with a call in flight whose task never ends. */
  async function waiting() {
    const program = await serve();
    program.write(call('wait', 'run_model', { model: 'sandbox/run-forever', params: {} }, { progressToken: 1 }));
    await program.until('the task runs', () => messages(program).find((m) => m.params?.message === 'running'));
    return program;
  }

  const endings = {
    'end of input': (program) => program.child.stdin.end(),
    'SIGTERM': (program) => program.child.kill('SIGTERM'),
    'SIGINT': (program) => program.child.kill('SIGINT'),
    'SIGHUP': (program) => program.child.kill('SIGHUP'),
  };
  for (const [what, end] of Object.entries(endings)) {
    for (const [state, start] of Object.entries({ 'at rest': serve, 'in the middle of a wait': waiting })) {
      test(`${what} ends it within a second ${state}`, async () => {
        const program = await start();
        end(program);
        const { code, signal } = await within(1000, what, program.ended);
        assert.deepEqual({ code, signal }, { code: 0, signal: null }, program.stderr);
        messages(program);
        assert.doesNotMatch(program.stderr, /panic|goroutine/);
      });
    }
  }

  test('a parent that is killed takes it along, although somebody else holds the pipe', async () => {
    // The shell starts the server with the test's own end of the pipe, and is killed alone.
    const shell = spawn('sh', ['-c', `exec 3<&0; "${binary}" <&3 & echo $! >&2; wait`], {
      env: { ...process.env, ...sandbox.env }, stdio: ['pipe', 'pipe', 'pipe'],
    });
    shell.stdin.write('');
    const [line] = await once(shell.stderr.setEncoding('utf8'), 'data');
    const pid = Number(line.trim());
    assert.ok(pid > 1);
    const lives = () => { try { process.kill(pid, 0); return true; } catch { return false; } };
    try {
      await delay(500); // it has seen its parent
      assert.ok(lives());
      shell.kill('SIGKILL');
      for (let waited = 0; lives(); waited += 200) {
        assert.ok(waited < 10_000, 'it lives on');
        await delay(200);
      }
    } finally {
      if (lives()) process.kill(pid);
      shell.stdin.destroy();
    }
  });

  test('a client that stops reading does not keep it alive', async () => {
    const program = await serve();
    program.child.stdout.pause();
    for (let id = 0; id < 200; id++) program.write({ jsonrpc: '2.0', id, method: 'tools/list' });
    program.child.stdin.end();
    const exited = new Promise((resolve) => program.child.once('exit', resolve));
    await within(8000, 'it ends', exited);
    program.child.stdout.resume();
    await program.ended;
  });
});

describe('settings', () => {
  const run = async (args, env) => {
    const program = new Program(args, env);
    const { code } = await within(5000, 'it ends', program.ended);
    return { code, stdout: program.lines, stderr: program.stderr };
  };

  test('no key: it starts, and a call answers how to get and set one', async () => {
    const program = new Program([], {});
    program.write(initialize, initialized, call(1, 'list_tasks', {}));
    const { result } = await answer(program, 1);
    await program.stop();
    assert.equal(result.isError, true);
    assert.match(result.content[0].text, /WIRO_API_KEY/);
    assert.match(result.content[0].text, /https:\/\/wiro\.ai\/panel\/project/);
    assert.match(program.stderr, /WIRO_API_KEY is not set/);
  });

  test('--sandbox needs no key', async () => {
    const program = new Program(['--sandbox']);
    program.write(initialize, initialized, call(1, 'list_tasks', {}));
    const { result } = await answer(program, 1);
    await program.stop();
    assert.deepEqual(result.structuredContent.tasks, []);
  });

  test('wrong settings are named all at once, and none is repeated that may be secret', async () => {
    const { code, stdout, stderr } = await run([], {
      WIRO_API_KEY: 'hunter2 hunter2', WIRO_API_BASE_URL: 'ftp://x', WIRO_TOOLSETS: 'models,nonsense',
      WIRO_READ_ONLY: 'perhaps', WIRO_RUN_TIMEOUT: '2h', WIRO_LOG_LEVEL: 'loud', WIRO_LOG_FORMAT: 'xml',
    });
    assert.equal(code, 2);
    assert.deepEqual(stdout, []);
    for (const name of ['API_BASE_URL', 'TOOLSETS', 'READ_ONLY', 'RUN_TIMEOUT', 'LOG_LEVEL', 'LOG_FORMAT']) {
      assert.match(stderr, new RegExp(`WIRO_${name}`));
    }
    assert.doesNotMatch(stderr, /hunter2/);
    assert.match(stderr, /nonsense/);
  });

  test('a flag wins over the environment', async () => {
    const { code, stdout } = await run(['tools', '--toolsets', 'docs'], { WIRO_TOOLSETS: 'all' });
    assert.equal(code, 0);
    const names = stdout.filter((line) => line.startsWith(' ')).map((line) => line.trim().split(/\s+/)[0]);
    assert.deepEqual(names, ['search_docs', 'read_doc']);
  });

  test('read-only leaves only readers', async () => {
    const { stdout } = await run(['tools', '--json'], { WIRO_READ_ONLY: 'true', WIRO_TOOLSETS: 'all' });
    const tools = JSON.parse(stdout.join('\n'));
    assert.ok(tools.length > 10 && tools.every((tool) => tool.annotations.readOnlyHint));
  });
});
