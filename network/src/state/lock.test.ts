import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { withLock } from './lock.js';

describe('withLock', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lock-'));
    path = join(folder, 'lock');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('tells the second who holds it', async () => {
    await withLock(path, { patienceMs: 0 }, async () => {
      await expect(withLock(path, { patienceMs: 0 }, () => Promise.resolve())).rejects.toMatchObject({
        code: 'STATE_LOCKED',
        message: expect.stringContaining(`held by pid ${process.pid} since 2`),
      });
    });
  });

  it('lets the second wait', async () => {
    const order: string[] = [];
    const hold = (name: string) =>
      withLock(path, { patienceMs: 5000 }, async () => {
        order.push(`${name} in`);
        await new Promise((resolve) => setTimeout(resolve, 50));
        order.push(`${name} out`);
      });
    await Promise.all([hold('one'), hold('two')]);
    expect(order).toHaveLength(4);
    expect(order[0]?.split(' ')[0]).toBe(order[1]?.split(' ')[0]);
  });

  it('is free again after a failure', async () => {
    await expect(withLock(path, { patienceMs: 0 }, () => Promise.reject(new Error('broken')))).rejects.toThrow(
      'broken',
    );
    await expect(withLock(path, { patienceMs: 0 }, () => Promise.resolve('free'))).resolves.toBe('free');
  });

  it.each([
    ['of a process that has ended', JSON.stringify({ pid: 2 ** 22 + 1, startedAt: '1', command: '', since: '' })],
    ['of a pid that is used again', JSON.stringify({ pid: process.pid, startedAt: '1', command: '', since: '' })],
    ['that was only half written', '{"pid"'],
  ])('takes over a lock %s', async (_, content) => {
    writeFileSync(path, content);
    await expect(withLock(path, { patienceMs: 0 }, () => Promise.resolve('taken'))).resolves.toBe('taken');
  });
});
