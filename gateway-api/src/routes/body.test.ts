import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { linesOf } from './body.js';

async function* inPieces(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let start = 0;
  for (const cut of cuts) {
    await Promise.resolve();
    yield bytes.subarray(start, cut);
    start = cut;
  }
  yield bytes.subarray(start);
}

describe('the lines of a body', () => {
  it('are the same however it comes in pieces, and one that is too long hides no other', async () => {
    const line = fc.string({ maxLength: 24 }).map((text) => text.replaceAll('\n', ' '));
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 12 }), fc.array(fc.nat({ max: 200 })), async (texts, places) => {
        const bytes = Buffer.from(texts.join('\n'));
        const cuts = places.filter((place) => place <= bytes.length).sort((a, b) => a - b);
        const found: [number, string | undefined][] = [];
        for await (const lines of linesOf(inPieces(bytes, cuts), 16)) {
          for (const { number, bytes: of } of lines) found.push([number, of && Buffer.from(of).toString()]);
        }
        const expected = texts
          .map((text, index) => [index + 1, Buffer.byteLength(text) > 16 ? undefined : text] as const)
          .filter(([, text]) => text !== '');
        expect(found).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('hold no more than a piece and the limit of a line, however long a line is', async () => {
    const piece = Buffer.alloc(1 << 16, 'x');
    let sent = 0;
    const endless = async function* () {
      for (; sent < 1 << 28; sent += piece.length) {
        await Promise.resolve();
        yield piece;
      }
      yield Buffer.from('\n{}\n');
    };
    const before = process.memoryUsage().arrayBuffers;
    const found = [];
    for await (const lines of linesOf(endless(), 1_024)) found.push(...lines);
    expect(found.map(({ number, bytes }) => [number, bytes?.length])).toEqual([
      [1, undefined],
      [2, 2],
    ]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 24);
  });
});
