import { describe, expect, it } from '@jest/globals';
import { parseArguments, UsageError } from './arguments.js';

describe('parseArguments', () => {
  it('reads a verb with its options', () => {
    expect(parseArguments(['up', '--target', 'fabric', '--consortium', 'small', '--base-port', '19000'])).toEqual({
      verb: 'up',
      target: 'fabric',
      consortium: 'small',
      basePort: 19000,
      fresh: false,
      follow: false,
    });
  });

  it('reads whose log is asked for', () => {
    expect(parseArguments(['logs', 'orderer0', '--follow'])).toMatchObject({ process: 'orderer0', follow: true });
  });

  it.each([
    [[]],
    [['upp']],
    [['up', 'now']],
    [['up', '--fresh']],
    [['status', '--follow']],
    [['up', '--target', 'besu']],
    [['up', '--base-port', 'many']],
    [['up', '--speed', '3']],
    [['logs', 'orderer0', 'orderer1']],
  ])('does not understand %j', (words) => {
    expect(() => parseArguments(words)).toThrow(UsageError);
  });
});
