import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readStackFile, type StackFile, writeStackFile } from './stack-file.js';

describe('the stack file', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'stack-file-'));
    path = join(folder, 'start.json');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const stack: StackFile = {
    target: 'embedded',
    channel: 'proofward',
    organizations: [
      {
        slug: 'cleveland',
        mspId: 'ClevelandMSP',
        role: 'provider',
        url: 'http://127.0.0.1:17030',
        apiKeys: { reader: 'pwk_1' },
      },
    ],
  };

  it('is read as it was written, by its owner alone', async () => {
    await writeStackFile(path, stack);
    expect(await readStackFile(path)).toEqual(stack);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('is none where there is none, and where it is half a file', async () => {
    expect(await readStackFile(path)).toBeUndefined();
    await writeStackFile(path, stack);
    truncateSync(path, Math.floor(readFileSync(path).length / 2));
    expect(await readStackFile(path)).toBeUndefined();
  });
});
