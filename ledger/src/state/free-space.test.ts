import { tmpdir } from 'node:os';
import { describe, expect, test } from '@jest/globals';
import { createLog } from '../log.js';
import { FreeSpace } from './free-space.js';

describe('the room on the disk', () => {
  const log = createLog('silent');

  test('is enough while more is free than is kept in reserve', () => {
    expect(new FreeSpace(tmpdir(), log, 0).refusal()).toBeUndefined();
  });

  test('is refused with a line that says where and what to do when less is free', () => {
    const larger = 2 ** 60;
    expect(new FreeSpace(tmpdir(), log, larger).refusal()).toMatch(
      /^no space left: the disk of \S+ has less than \d+ MiB; nothing new is taken until it has more$/,
    );
  });
});
