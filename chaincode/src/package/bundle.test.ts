import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chaincodePackage } from './package';

const room = resolve(__dirname, '../..');

/** Organisations build the chaincode for themselves and must come to the same package id. */
describe('the bundle', () => {
  it('is the same from two builds, and so is the package id', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'proofward-bundle-'));
    try {
      const ids: string[] = [];
      for (const [name, timeZone] of [
        ['first', 'UTC'],
        ['second', 'Asia/Tokyo'],
      ] as const) {
        const file = join(outside, `${name}.cjs`);
        execFileSync(process.execPath, [join(room, 'build', 'bundle.mjs'), file], {
          cwd: outside,
          env: { ...process.env, NODE_OPTIONS: '', TZ: timeZone },
        });
        ids.push((await chaincodePackage(readFileSync(file), Buffer.from('{}'))).packageId);
      }
      expect(ids[0]).toMatch(/^proofward_1\.0:[0-9a-f]{64}$/);
      expect(ids[1]).toBe(ids[0]);
    } finally {
      rmSync(outside, { recursive: true, force: true });
    }
  }, 60_000);

  it('names no folder of the machine that built it', () => {
    const bundle = readFileSync(join(room, 'dist', 'bundle', 'chaincode.cjs'), 'utf8');
    expect(bundle).not.toContain(resolve(room, '..'));
  });
});
