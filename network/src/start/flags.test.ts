import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parseFlags } from './flags.js';

describe('parseFlags', () => {
  it('starts the embedded ledger in .proofward of the checkout where nothing is said', () => {
    expect(parseFlags([])).toEqual({
      target: 'embedded',
      once: false,
      fresh: false,
      consortium: 'consortium',
      root: resolve(import.meta.dirname, '../../../.proofward'),
      basePort: undefined,
    });
  });

  it('reads every flag', () => {
    const words = ['--target', 'fabric', '--once', '--fresh', '--consortium', 'small', '--base-port', '12000'];
    expect(parseFlags([...words, '--state', '/tmp/x'])).toEqual({
      target: 'fabric',
      once: true,
      fresh: true,
      consortium: 'small',
      root: '/tmp/x',
      basePort: 12000,
    });
  });

  it.each([['--help'], ['-h']])('knows %s', (word) => {
    expect(parseFlags([word])).toBe('help');
  });

  it.each([
    [['--bogus'], "Unknown option '--bogus'"],
    [['now'], "Unexpected argument 'now'"],
    [['--target', 'besu'], '--target is embedded or fabric, not besu'],
    [['--base-port', 'many'], '--base-port is a port between 1024 and 32000, not many'],
    [['--base-port', ''], '--base-port is a port between 1024 and 32000, not nothing'],
    [['--base-port', '99999'], '--base-port is a port between 1024 and 32000, not 99999'],
    [['--state', ''], '--state names no folder'],
  ])('refuses %j in one line', (words, message) => {
    expect(() => parseFlags(words)).toThrow(message);
  });
});
