import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

interface Run {
  environment: { timeZone: string; locale: string; now: number; chance: number };
  transcript: string[][][];
  answers: unknown[];
}

/** Another process, because a locale is fixed when one starts. */
function run(environment: Record<string, string>): Run {
  const program = join(__dirname, '..', '..', 'dist', 'simulation', 'transcript.js');
  const env = { ...process.env, NODE_OPTIONS: '', CORE_CHAINCODE_LOGGING_LEVEL: 'ERROR', ...environment };
  return JSON.parse(execFileSync(process.execPath, [program], { env, encoding: 'utf8' })) as Run;
}

/** Endorsers that disagree about one byte endorse nothing, so nothing of where they run may enter what they write. */
describe('each transaction, twice', () => {
  const here = run({ TZ: 'UTC', LANG: 'en_US.UTF-8', LC_ALL: 'en_US.UTF-8' });
  const there = run({
    TZ: 'Pacific/Chatham',
    LANG: 'tr_TR.UTF-8',
    LC_ALL: 'tr_TR.UTF-8',
    SHIFT: String(400 * 24 * 3600 * 1000),
  });

  it('runs under another clock, locale, zone and luck', () => {
    for (const member of ['timeZone', 'locale', 'now', 'chance'] as const) {
      expect(there.environment[member]).not.toBe(here.environment[member]);
    }
    expect(there.environment.now - here.environment.now).toBeGreaterThan(399 * 24 * 3600 * 1000);
  });

  it('reads and writes the same, in the same order, and answers the same', () => {
    expect(there.transcript).toEqual(here.transcript);
    expect(there.answers).toEqual(here.answers);
  });

  it('is compared over every verb of the ledger', () => {
    const verbs = new Set(here.transcript.flat().map(([verb]) => verb));
    expect([...verbs].sort()).toEqual(
      ['event', 'get', 'get hash', 'get private', 'history', 'policy', 'policy private', 'put', 'put private'].sort(),
    );
  });
});
