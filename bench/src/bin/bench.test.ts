import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const program = resolve(import.meta.dirname, '../../dist/bin/bench.js');

function bench(...options: string[]) {
  return spawnSync(process.execPath, [program, ...options], { encoding: 'utf8' });
}

describe('the command', () => {
  it('says itself what it measures, whatever libraries make of the arguments', () => {
    const { status, stdout } = bench('--help');
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(/^usage: npm run bench/) });
    expect(stdout).toContain('ledger.rate.ratio');
  });

  it('measures nothing when it is asked for what it does not know', () => {
    const { status, stderr } = bench('ledger.nothing');
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringMatching(/^bench: nothing is measured under the name ledger\.nothing\nusage: /),
    });
  });
});
