import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { modelManifest, modelSigningRoot } from './model-signing.js';

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');
const file = (path: string) => ({ path, size: 1, sha256: sha256(path) });

// What sorted(map(PurePosixPath, ...)) answers in Python.
const inOrder = ['a', 'a/b', 'a-b', 'a.b', 'é', '～', '😀'];
const root = sha256(Buffer.concat(inOrder.map((path) => Buffer.from(sha256(path), 'hex'))));

describe('the root of Model Signing', () => {
  it('is over the digests in the order of the paths, part by part and by code point', () => {
    const files = inOrder.map(file);
    expect(modelSigningRoot(files)).toBe(root);
    expect(modelSigningRoot(files.toSorted((a, b) => (a.path < b.path ? -1 : 1)))).toBe(root);
    expect(modelSigningRoot([...files].reverse())).toBe(root);
    expect(modelSigningRoot(files.slice(1))).not.toBe(root);
  });
});

describe('a Model Signing bundle', () => {
  const room = mkdtempSync(join(tmpdir(), 'proofward-signing-'));
  afterAll(() => {
    rmSync(room, { recursive: true, force: true });
  });
  const bundle = (change: { root?: string; paths?: readonly string[]; predicateType?: string } = {}) => {
    const statement = JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'model', digest: { sha256: change.root ?? root } }],
      predicateType: change.predicateType ?? 'https://model_signing/signature/v1.0',
      predicate: {
        serialization: { method: 'files', hash_type: 'sha256', allow_symlinks: false },
        resources: (change.paths ?? inOrder).map((path) => ({ name: path, algorithm: 'sha256', digest: sha256(path) })),
      },
    });
    const path = join(room, 'model.sig');
    const payload = Buffer.from(statement).toString('base64');
    writeFileSync(path, JSON.stringify({ dsseEnvelope: { payload, payloadType: 'application/vnd.in-toto+json' } }));
    return { path, statement: sha256(statement) };
  };

  it('of these files gives the record the digest of its statement', async () => {
    const { path, statement } = bundle();
    expect(await modelManifest(inOrder.map(file), path)).toEqual({ root, statement });
    expect(await modelManifest(inOrder.map(file))).toEqual({ root });
  });

  it('of others is refused, with the first that differs', async () => {
    const files = inOrder.map(file);
    const { path } = bundle();
    const other = files.with(2, { ...file('a-b'), sha256: sha256('other') });
    await expect(modelManifest(other, path)).rejects.toThrow('it is of another a-b');
    await expect(modelManifest(files.slice(1), path)).rejects.toThrow('it is of more files than these');
    await expect(modelManifest([...files, file('z')], path)).rejects.toThrow('it is of another z');
    bundle({ root: sha256('') });
    await expect(modelManifest(files, path)).rejects.toThrow('its root is not that of its files');
    bundle({ predicateType: 'https://slsa.dev/provenance/v1' });
    await expect(modelManifest(files, path)).rejects.toThrow('predicateType');
    writeFileSync(path, 'no JSON');
    await expect(modelManifest(files, path)).rejects.toThrow('not a Model Signing bundle');
  });
});
