import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { bytesToHex, hexToBytes, sha256, utf8ToBytes } from '../bytes.js';
import { inclusionPath, leafHash, merkleRoot, verifyInclusion } from './merkle.js';

const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
/** The roots of the first n of them, as in the tests of Certificate Transparency. */
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

const leaves = Array.from({ length: 65 }, (_, index) => leafHash(utf8ToBytes(`leaf ${index}`)));

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}

describe('merkleRoot', () => {
  it('is that of the well-known vector, at every size', () => {
    const hashes = inputs.map((input) => leafHash(hexToBytes(input)));
    expect(roots.map((_, size) => bytesToHex(merkleRoot(hashes.slice(0, size))))).toEqual(roots);
  });

  it('is in the vectors as it is here', () => {
    const vector = JSON.parse(readFileSync(new URL('../../vectors/merkle.json', import.meta.url), 'utf8')) as {
      inputs: string[];
      roots: string[];
    };
    expect([vector.inputs, vector.roots]).toEqual([inputs, roots]);
  });
});

describe('inclusion', () => {
  const trees = leaves.map((_, index) => leaves.slice(0, index + 1));

  it('is proved for every leaf of every tree, and only at its place', () => {
    for (const tree of trees) {
      const size = tree.length;
      const root = merkleRoot(tree);
      tree.forEach((leaf, index) => {
        const path = inclusionPath(tree, index);
        expect(path.length).toBeLessThanOrEqual(Math.ceil(Math.log2(size)));
        const places = tree.map((_, place) => place).filter((place) => verifyInclusion(leaf, place, size, path, root));
        expect(places).toEqual([index]);
      });
    }
  });

  it('has no path for a leaf that is not there', () => {
    for (const index of [-1, 3, 0.5, Number.NaN])
      expect(() => inclusionPath(leaves.slice(0, 3), index)).toThrow(RangeError);
    expect(() => inclusionPath([], 0)).toThrow(RangeError);
  });

  it.each([1, 2, 3, 5, 8, 13])('is refused with any bit flipped, in a tree of %i', (size) => {
    const tree = leaves.slice(0, size);
    const root = merkleRoot(tree);
    tree.forEach((leaf, index) => {
      const path = inclusionPath(tree, index);
      const accepted = Array.from({ length: 256 }, (_, bit) => [
        verifyInclusion(flipped(leaf, bit), index, size, path, root),
        verifyInclusion(leaf, index, size, path, flipped(root, bit)),
        ...path.map((sibling, step) =>
          verifyInclusion(leaf, index, size, path.with(step, flipped(sibling, bit)), root),
        ),
      ]);
      expect(accepted.flat().filter(Boolean)).toEqual([]);
    });
  });

  it('is refused with a path swapped, truncated, extended or of other lengths', () => {
    for (const size of [2, 3, 6, 7, 8, 33, 65]) {
      const tree = leaves.slice(0, size);
      const root = merkleRoot(tree);
      tree.forEach((leaf, index) => {
        const path = inclusionPath(tree, index);
        const wrong = [
          path.slice(1),
          path.slice(0, -1),
          [...path, root],
          [...path, ...path],
          [leaf, ...path],
          path.with(0, new Uint8Array(0)),
          path.with(-1, new Uint8Array(33)),
          path.with(0, Uint8Array.from([...(path[0] ?? []), 0])),
          ...path.slice(1).map((_, at) => path.with(at, path[at + 1] ?? root).with(at + 1, path[at] ?? root)),
        ];
        expect(wrong.filter((other) => verifyInclusion(leaf, index, size, other, root))).toEqual([]);
      });
    }
  });

  it('is refused for another size whose path has another shape, and for what is no index', () => {
    const tree = leaves.slice(0, 6);
    const [leaf = sha256()] = tree;
    const path = inclusionPath(tree, 0);
    const root = merkleRoot(tree);
    for (const size of [0, 1, 2, 3, 4, 9, 64]) expect(verifyInclusion(leaf, 0, size, path, root)).toBe(false);
    for (const [index, size] of [
      [-1, 6],
      [6, 6],
      [0, -6],
      [0.5, 6],
      [0, 6.5],
      [Number.NaN, 6],
      [0, Number.POSITIVE_INFINITY],
      [0, 2 ** 53],
    ] as const) {
      expect(verifyInclusion(leaf, index, size, path, root)).toBe(false);
    }
  });

  it('is refused though the hashes add up, where size, index or the length of a hash do not', () => {
    const [a = sha256(), b = sha256()] = leaves;
    const root = merkleRoot([a, b]);
    expect(verifyInclusion(b, 0, 1, [a], root)).toBe(false);
    expect(verifyInclusion(a, 2, 2, [b], root)).toBe(false);
    for (const sibling of [b.subarray(1), Uint8Array.from([...b, ...b]), new Uint8Array()]) {
      expect(verifyInclusion(a, 0, 2, [sibling], sha256(Uint8Array.of(1), a, sibling))).toBe(false);
    }
  });

  it('does not take a node for a leaf', () => {
    const [a = sha256(), b = sha256(), c = sha256(), d = sha256()] = leaves;
    const root = merkleRoot([a, b, c, d]);
    const data = Uint8Array.from([...a, ...b]);
    expect(verifyInclusion(leafHash(data), 0, 2, [merkleRoot([c, d])], root)).toBe(false);
    expect(bytesToHex(leafHash(data))).not.toBe(bytesToHex(merkleRoot([a, b])));
  });
});
