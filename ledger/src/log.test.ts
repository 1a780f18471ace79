import { closeSync, openSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { logTo } from './log.js';

test('a full disk under the log ends nobody', () => {
  // Every write to it fails as on a full disk; only Linux has it.
  if (process.platform !== 'linux') return;
  const full = openSync('/dev/full', 'w');
  try {
    const log = pino(logTo(full));
    expect(() => {
      for (let line = 0; line < 3; line++) log.info('not written');
    }).not.toThrow();
  } finally {
    closeSync(full);
  }
});
