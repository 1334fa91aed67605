#!/usr/bin/env node
'use strict';
// Finds the binary of this platform and becomes it, or runs it where Node cannot be replaced.
const fs = require('fs');
const { platform, arch } = process;

const self = require('../package.json');
const releases = self.repository.url.replace(/^git\+|\.git$/g, '') + '/releases';
const file = platform === 'win32' ? 'bin/wiro-mcp.exe' : 'bin/wiro-mcp';

function fail(text) {
  console.error(`wiro-mcp: ${text}`);
  process.exit(1);
}

function findBinary() {
  const name = `${self.name}-${platform}-${arch}`;
  if (!self.optionalDependencies[name]) {
    fail(`there is no build for ${platform} on ${arch}. Build it with "go install github.com/wiroai/wiro-mcp-go/cmd/wiro-mcp@latest" ` +
      'and set WIRO_MCP_BINARY to its path.');
  }
  try {
    return require.resolve(`${name}/${file}`);
  } catch {
    return fail(`the package ${name} is missing. Install ${self.name} again on this machine, with optional dependencies ` +
      '(without --omit=optional or --no-optional), or download the binary from ' +
      `${releases} and set WIRO_MCP_BINARY to its path.`);
  }
}

function isExecutable(path) {
  try {
    fs.accessSync(path, fs.constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const binary = process.env.WIRO_MCP_BINARY || findBinary();
if (!fs.existsSync(binary)) fail(`${binary}, which WIRO_MCP_BINARY names, does not exist.`);
if (!isExecutable(binary)) {
  try {
    fs.chmodSync(binary, 0o755); // some tools that copy packages drop the mode
  } catch (error) {
    fail(`${binary} is not executable: ${error.message}`);
  }
}
const args = process.argv.slice(2);

if (platform !== 'win32' && typeof process.execve === 'function') {
  process.execve(binary, [binary, ...args], process.env);
}

const child = require('child_process').spawn(binary, args, { stdio: 'inherit', windowsHide: true });
child.on('error', (error) => fail(`${binary} cannot be started: ${error.message}`));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    // A terminal sends Ctrl-C to the child as well, and a second one would end it at once.
    if (signal === 'SIGINT' && require('tty').isatty(0)) return;
    child.kill(signal);
  });
}
child.on('exit', (code, signal) => {
  if (!signal) process.exit(code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
