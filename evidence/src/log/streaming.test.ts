import { describe, expect, it } from '@jest/globals';
import { bytesToHex, utf8ToBytes } from '../bytes.js';
import { inclusionPath, leafHash, merkleRoot } from './merkle.js';
import { StreamingTree } from './streaming.js';

const leaves = Array.from({ length: 131 }, (_, index) => leafHash(utf8ToBytes(`leaf ${index}`)));

describe('a streaming tree', () => {
  it('has the root and the paths of the whole one, at every size and for every leaf at once', () => {
    for (let size = 0; size <= leaves.length; size += size < 17 ? 1 : 19) {
      const some = leaves.slice(0, size);
      const tree = new StreamingTree();
      const paths = some.map((leaf) => {
        const path: Uint8Array[] = [];
        tree.add(leaf, path);
        return path;
      });
      expect(tree.size).toBe(size);
      expect(bytesToHex(tree.close())).toBe(bytesToHex(merkleRoot(some)));
      expect(paths.map((path) => path.map(bytesToHex))).toEqual(
        some.map((_, index) => inclusionPath(some, index).map(bytesToHex)),
      );
    }
  });

  it('has them for a single leaf too', () => {
    for (const wanted of [0, 63, 64, 127, 128, 130]) {
      const tree = new StreamingTree();
      const path: Uint8Array[] = [];
      leaves.forEach((leaf, index) => {
        tree.add(leaf, index === wanted ? path : undefined);
      });
      expect(bytesToHex(tree.close())).toBe(bytesToHex(merkleRoot(leaves)));
      expect(path.map(bytesToHex)).toEqual(inclusionPath(leaves, wanted).map(bytesToHex));
    }
  });
});
