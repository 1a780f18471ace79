import { describe, expect, it } from '@jest/globals';
import { all, anyOf, majority, majorityOf, outOf, peer } from './expression.js';

describe('policy expressions', () => {
  it('are in the syntax of Fabric', () => {
    expect(all([peer('A'), anyOf([peer('B'), peer('C')])])).toBe("AND('A.peer',OR('B.peer','C.peer'))");
    expect(outOf(2, [peer('A'), peer('B')])).toBe("OutOf(2,'A.peer','B.peer')");
    expect(majority(['A', 'B', 'C'])).toBe("OutOf(2,'A.peer','B.peer','C.peer')");
  });

  it('need no operator for one term', () => {
    expect([all([peer('A')]), anyOf([peer('A')])]).toEqual(["'A.peer'", "'A.peer'"]);
  });

  it('take more than half for a majority', () => {
    expect([1, 2, 3, 4, 5, 6, 7].map(majorityOf)).toEqual([1, 2, 2, 3, 3, 4, 4]);
  });
});
