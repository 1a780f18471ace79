import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { Updates } from '../validation/updates.js';
import { nextCommitHash } from './commit-hash.js';

test('the commit hash covers codes, sorted changes and the hash before', () => {
  const updates = new Updates();
  const version = { block: 300, transaction: 0 };
  const metadata = Buffer.alloc(0);
  updates.setPublic('ns', 'b', { value: undefined, metadata, version });
  updates.setPublic('ns', 'a', { value: Buffer.from('1'), metadata, version });
  updates.setHash('ns', 'coll', '\u00ff', { value: Buffer.from('h'), metadata, version });
  // Protobuf by hand: Updates{KVWrite{namespace, collection, key, isDelete, value, version}}.
  const versionBytes = '3204' + '02012c00';
  const entries = [
    '0a026e73' + '1a0161' + '2a0131' + versionBytes,
    '1a0162' + '2001' + versionBytes,
    '1204636f6c6c' + '1a01ff' + '2a0168' + versionBytes,
  ];
  const bytes = entries.map((entry) => `0a${(entry.length / 2).toString(16).padStart(2, '0')}${entry}`).join('');
  const expected = createHash('sha256')
    .update(Buffer.from(`02000b${bytes}aabb`, 'hex'))
    .digest('hex');
  expect(nextCommitHash(Uint8Array.of(0, 11), updates, Buffer.from('aabb', 'hex')).toString('hex')).toBe(expected);
});
