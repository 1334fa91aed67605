// The packages of this repository, and an npm registry of a folder of tarballs.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, link, mkdir, mkdtemp, readdir, readFile, copyFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { binary } from './lib.mjs';

const run = promisify(execFile);

/** The repository. */
export const root = path.resolve(import.meta.dirname, '..');

/** The platforms that are built, in the words of Go: every one is part of the packages. */
const builds = ['linux_amd64', 'linux_arm64', 'darwin_amd64', 'darwin_arm64', 'darwin_all', 'windows_amd64', 'windows_arm64'];
const goos = { win32: 'windows' }[process.platform] ?? process.platform;
const here = `${goos}_${{ x64: 'amd64' }[process.arch] ?? process.arch}`;

/**
 * Makes the packages of a kind, npm or mcpb, from the binary under test; the binaries of other
 * platforms are stand-ins. Returns a folder that holds them in a folder named after the kind.
 */
export async function makePackages(kind, version) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'wiro-mcp-packages-'));
  for (const build of builds) {
    const file = path.join(folder, 'dist', `wiro-mcp_${build}`, build.startsWith('windows') ? 'wiro-mcp.exe' : 'wiro-mcp');
    await mkdir(path.dirname(file), { recursive: true });
    if (build === here) {
      await link(binary, file).catch(() => copyFile(binary, file)); // the folders may be on different disks
    } else {
      await writeFile(file, `#!/bin/sh\necho "a stand-in for ${build}" >&2\nexit 1\n`);
      await chmod(file, 0o755);
    }
  }
  await run('go', ['run', './internal/release', kind, '-version', version,
    '-binaries', path.join(folder, 'dist'), '-out', path.join(folder, kind)], { cwd: root });
  return folder;
}

/** Serves the tarballs of a folder on loopback as a registry does. Returns its address. */
export async function serveRegistry(folder) {
  const packages = new Map(); // by name: what a registry says of it
  const tarballs = new Map();
  for (const file of await readdir(folder)) {
    const content = await readFile(path.join(folder, file));
    const { stdout } = await run('tar', ['-xOzf', path.join(folder, file), 'package/package.json']);
    const manifest = JSON.parse(stdout);
    tarballs.set(file, content);
    packages.set(manifest.name, { manifest, file, content });
  }
  const server = createServer((request, response) => {
    const name = decodeURIComponent(request.url.slice(1));
    const found = packages.get(name);
    if (tarballs.has(path.posix.basename(name))) return response.end(tarballs.get(path.posix.basename(name)));
    if (!found) return response.writeHead(404).end('{}');
    const { manifest, file, content } = found;
    const dist = {
      tarball: `http://127.0.0.1:${server.address().port}/-/${file}`,
      shasum: createHash('sha1').update(content).digest('hex'),
      integrity: `sha512-${createHash('sha512').update(content).digest('base64')}`,
    };
    response.setHeader('Content-Type', 'application/json');
    return response.end(JSON.stringify({
      name: manifest.name,
      'dist-tags': { latest: manifest.version },
      versions: { [manifest.version]: { ...manifest, dist } },
      time: { [manifest.version]: '2026-01-01T00:00:00.000Z' },
    }));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}
