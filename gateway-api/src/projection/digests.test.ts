import { describe, expect, it } from '@jest/globals';
import { type Json, type PrivateRecord, sealPrivate, weightsRoot } from '@proofward/evidence';
import { digestsIn } from './digests.js';

const [one, other, statement] = ['1', '2', '3'].map((digit) => digit.repeat(64)) as [string, string, string];
const files = [
  { path: 'b.bin', size: 2, sha256: other },
  { path: 'a.bin', size: 1, sha256: one },
];
const root = weightsRoot(files);

const sealed = (values: Record<string, Json>): PrivateRecord =>
  sealPrivate(
    new Uint8Array(32),
    { channel: 'proofward', type: 'model', id: 'model:cleveland/m@1', revision: 1 },
    values,
  );
const found = (fingerprint: Json) =>
  digestsIn(sealed({ fingerprint })).map(({ digest, pointer }) => [digest, pointer] as const);
const ofFiles = [
  [other, '/fingerprint/files/0/sha256'],
  [one, '/fingerprint/files/1/sha256'],
] as const;

describe('the digests of a model version', () => {
  it('have the root over its files, which its receipts name it by, though it is not written', () => {
    expect(found({ files })).toEqual([...ofFiles, [root, '/fingerprint/files']]);
  });

  it('have that root once, where it is written, and beside another one that is', () => {
    expect(found({ files, manifest: { root, statement } })).toEqual([
      ...ofFiles,
      [root, '/fingerprint/manifest/root'],
      [statement, '/fingerprint/manifest/statement'],
    ]);
    expect(found({ files, manifest: { root: one } })).toEqual([
      ...ofFiles,
      [one, '/fingerprint/manifest/root'],
      [root, '/fingerprint/files'],
    ]);
  });

  it('are those that are there, where a fingerprint is none', () => {
    expect(found(one)).toEqual([[one, '/fingerprint']]);
    expect(found({ files: 'none' })).toEqual([]);
    expect(digestsIn(sealed({ modelCardDigest: one }))).toEqual([{ digest: one, pointer: '/modelCardDigest' }]);
  });
});
