import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { lastCause } from './log.js';

describe('lastCause', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'log-'));
    path = join(folder, 'peer.log');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('prefers what is serious to what came last, and sentences to stack frames', async () => {
    writeFileSync(
      path,
      'starting\npanic: port is taken\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:12\nbye\n',
    );
    expect(await lastCause(path)).toBe('panic: port is taken');
  });

  it('reads what a line of JSON says', async () => {
    writeFileSync(path, '{"level":50,"msg":"no database","err":{"type":"Error","message":"refused"}}\n');
    expect(await lastCause(path)).toBe('no database: refused');
  });

  it('takes the last line where nothing is serious', async () => {
    writeFileSync(path, 'starting\nstill starting\n');
    expect(await lastCause(path)).toBe('still starting');
  });

  it('does not blame an earlier start', async () => {
    const earlier = 'fatal: old trouble\n';
    writeFileSync(path, `${earlier}listening\n`);
    expect(await lastCause(path, earlier.length)).toBe('listening');
  });

  it('knows nothing of a log that is not there', async () => {
    expect(await lastCause(join(folder, 'none.log'))).toBeUndefined();
  });
});
