// The secrets that the sandbox plants in Wiro's answers. None may reach a client or a log.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const file = new URL('../internal/emulator/agents/secrets.json', import.meta.url);

/** What to look for: the secrets, and what is inside those that are encoded. */
export function plantedSecrets() {
  const { session, platform, filled, upstream } = JSON.parse(readFileSync(file, 'utf8'));
  const kept = Object.values(filled).flatMap(Object.entries).filter(([field]) => /secret|password|token|apikey|base64/i.test(field));
  const values = [...Object.values(session), ...Object.values(platform), ...kept.map(([, value]) => value), upstream];
  const parts = values.flatMap((value) => value.split('%s')); // where the name of a service stands
  const inside = values.flatMap((value) => Buffer.from(value, 'base64').toString('latin1').match(/PLANTED\w+/g) ?? []);
  return [...parts, ...inside];
}

/** Fails where a planted secret shows in a text. */
export function assertNoSecrets(text, where) {
  for (const secret of plantedSecrets()) {
    const at = text.indexOf(secret);
    assert.ok(at < 0, `${where} gives ${secret} away: …${text.slice(Math.max(0, at - 200), at + 100)}…`);
  }
}
