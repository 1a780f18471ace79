import { tmpdir } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { NetworkError } from '../errors.js';
import { failureLine, oneLine } from './failure.js';

describe('failureLine', () => {
  it('leaves alone what says by itself what to do', async () => {
    expect(await failureLine(new NetworkError('NOT_READY', 'a thing', 'do this'), tmpdir())).toBe('a thing; do this');
  });

  it('names the folder of a state that may be damaged', async () => {
    const line = await failureLine(new TypeError('half\n  a file'), tmpdir());
    expect(line).toMatch(new RegExp(`^half a file; .*${tmpdir()}.*--fresh$`));
  });

  it('says of a full disk that it is full, and where', async () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    expect(await failureLine(full, '/state')).toMatch(/^the disk of \/state is full \(ENOSPC.*\); free space there/);
  });
});

describe('oneLine', () => {
  it('says what stands in an error that holds others', () => {
    expect(oneLine(new AggregateError([new Error('a'), new Error('b')], ''))).toBe('a, b');
  });
});
