import { describe, expect, it } from '@jest/globals';
import { createHash, createHmac } from 'node:crypto';
import { canonicalJson } from '../canonical.js';
import { type SampleProof, SampleTreeBuilder, sampleProofSchema, verifySample } from './samples.js';

const key = Uint8Array.from({ length: 32 }, (_, index) => index);
const records = Array.from({ length: 11 }, (_, index) => ({
  sex: index % 2 === 0 ? 'female' : 'male',
  age: 40 + index,
  city: 'Zürich €😀',
}));

function built(of: readonly unknown[] = records, wanted: readonly number[] = [], under = key) {
  const builder = new SampleTreeBuilder(under, wanted);
  for (const record of of) builder.add(record);
  return builder.close();
}

const hash = (...parts: (Uint8Array | string)[]) =>
  parts.reduce((sha256, part) => sha256.update(part), createHash('sha256')).digest();

describe('the tree over samples', () => {
  it('is over leaves that anybody can make with the standard hashes', () => {
    const leaf = (index: number) => {
      const salt = createHmac('sha256', key).update(`["proofward/sample-salt/v1",${index}]`).digest();
      return hash(Uint8Array.of(0), salt, canonicalJson(records[index]));
    };
    const node = (left: Uint8Array, right: Uint8Array) => hash(Uint8Array.of(1), left, right);
    const root = node(node(leaf(0), leaf(1)), leaf(2));
    expect(built(records.slice(0, 3))).toEqual({ root: root.toString('hex'), count: 3, proofs: [] });
    expect(built([]).root).toBe(hash().toString('hex'));
  });

  it('is another one for another order, record or key, and not for another order of members', () => {
    const { root } = built();
    const turned = records.map(({ sex, age, city }) => ({ city, age, sex }));
    expect(built(turned).root).toBe(root);
    for (const other of [
      built([...records].reverse()),
      built(records.with(3, { sex: 'male', age: 44, city: 'Z' })),
      built(records.slice(1)),
      built(
        records,
        [],
        key.map((byte) => byte ^ 1),
      ),
    ]) {
      expect(other.root).not.toBe(root);
    }
  });

  it('is not made under a key that can be guessed, nor of records without a canonical form', () => {
    expect(() => built(records, [], key.subarray(1))).toThrow('at least 32 bytes');
    expect(() => built([{ a: Number.NaN }])).toThrow(expect.objectContaining({ code: 'INVALID_JSON', pointer: '/a' }));
  });
});

describe('a sample', () => {
  const all = records.map((_, index) => index);
  const { proofs, ...tree } = built(records, all);
  const proofOf = (index: number): SampleProof => {
    const proof = proofs[index];
    if (proof === undefined) throw new Error('no proof');
    return proof;
  };

  it('is proved at its place, and in no other', () => {
    for (const index of all) {
      const proof = sampleProofSchema.parse(JSON.parse(JSON.stringify(proofOf(index))));
      expect(all.filter((place) => verifySample(tree, records[place], proof))).toEqual([index]);
      expect(all.filter((place) => verifySample(tree, records[index], { ...proof, index: place }))).toEqual([index]);
    }
  });

  it('is not proved with another salt, path, count or root', () => {
    const proof = proofOf(4);
    const record = records[4];
    const other = proofOf(5);
    expect(verifySample(tree, record, { ...proof, salt: other.salt })).toBe(false);
    expect(verifySample(tree, record, { ...proof, path: other.path })).toBe(false);
    expect(verifySample(tree, record, { ...proof, path: proof.path.slice(1) })).toBe(false);
    expect(verifySample({ ...tree, count: 4 }, record, proof)).toBe(false);
    expect(verifySample({ ...tree, root: proof.salt }, record, proof)).toBe(false);
  });

  it('that did not come has no proof', () => {
    expect(built(records, [2, 11, -1]).proofs.map(({ index }) => index)).toEqual([2]);
  });

  it('shows nothing of the others: without its salt each record fits as well', () => {
    const shown = JSON.stringify(proofOf(4));
    for (const index of all.filter((place) => place !== 4)) expect(shown).not.toContain(proofOf(index).salt);
  });
});
