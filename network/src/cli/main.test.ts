import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { main } from './main.js';

describe('main', () => {
  let folder: string;
  let said: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cli-'));
    said = '';
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
      const line = String(text);
      if (line.startsWith('network: ')) said += line;
      return true;
    });
  });
  afterEach(() => {
    jest.restoreAllMocks();
    rmSync(folder, { recursive: true });
  });

  it('answers 2 and how it is used to what it does not understand', async () => {
    expect(await main(['upp'])).toBe(2);
    expect(said).toMatch(/^network: unknown verb upp\nusage: /);
  });

  it('answers 1 and one line when something is wrong', async () => {
    expect(await main(['status', '--state', folder, '--consortium', join(folder, 'none.yaml')])).toBe(1);
    expect(said).toMatch(/^network: no consortium file .*\n$/);
  });

  it('stops nothing where nothing runs', async () => {
    expect(await main(['down', '--state', folder, '--target', 'embedded'])).toBe(0);
    expect(said).toBe('network: nothing was running\n');
  });
});
