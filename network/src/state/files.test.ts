import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { fillOnce, writeWhole } from './files.js';

describe('state files', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'files-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('are written whole, for their owner only', async () => {
    const path = join(folder, 'deep', 'key');
    await writeWhole(path, 'one');
    await writeWhole(path, 'two');
    expect(readFileSync(path, 'utf8')).toBe('two');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder, 'deep'))).toEqual(['key']);
  });

  it('appear in a folder only when it is complete', async () => {
    const path = join(folder, 'ca');
    const half = fillOnce(path, async (temporary) => {
      await writeWhole(join(temporary, 'key'), 'half');
      throw new Error('power failure');
    });
    await expect(half).rejects.toThrow('power failure');
    expect(existsSync(path)).toBe(false);
    expect(await fillOnce(path, (temporary) => writeWhole(join(temporary, 'key'), 'whole'))).toBe(true);
    expect(readFileSync(join(path, 'key'), 'utf8')).toBe('whole');
    expect(readdirSync(folder)).toEqual(['ca']);
  });

  it('are left alone in a folder that is there', async () => {
    const path = join(folder, 'ca');
    await fillOnce(path, (temporary) => writeWhole(join(temporary, 'key'), 'first'));
    writeFileSync(join(path, 'note'), 'mine');
    expect(await fillOnce(path, (temporary) => writeWhole(join(temporary, 'key'), 'second'))).toBe(false);
    expect(readFileSync(join(path, 'key'), 'utf8')).toBe('first');
  });
});
