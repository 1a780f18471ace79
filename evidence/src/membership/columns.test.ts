import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { ColumnsBuilder } from './columns.js';

function columnsOf(...records: Record<string, unknown>[]) {
  const builder = new ColumnsBuilder();
  for (const record of records) builder.add(record);
  return builder.close();
}

describe('the columns of records', () => {
  it('are their members in order, with the types seen and whether all records have them', () => {
    const { columns, digest } = columnsOf(
      { sex: 'female', age: 63, tags: [], note: undefined },
      { age: null, sex: 'male', ok: true, more: {} },
    );
    expect(columns).toEqual([
      { name: 'age', types: ['null', 'number'], optional: false },
      { name: 'more', types: ['object'], optional: true },
      { name: 'ok', types: ['boolean'], optional: true },
      { name: 'sex', types: ['string'], optional: false },
      { name: 'tags', types: ['array'], optional: true },
    ]);
    const text =
      '["proofward/sample-columns/v1",[{"name":"age","optional":false,"types":["null","number"]},' +
      '{"name":"more","optional":true,"types":["object"]},{"name":"ok","optional":true,"types":["boolean"]},' +
      '{"name":"sex","optional":false,"types":["string"]},{"name":"tags","optional":true,"types":["array"]}]]';
    expect(digest).toBe(createHash('sha256').update(text).digest('hex'));
  });

  it('do not depend on the order of records or members', () => {
    const a = { x: 1, y: 'a' };
    const b = { y: null };
    expect(columnsOf(a, b)).toEqual(columnsOf({ y: null }, { y: 'a', x: 1 }));
    expect(columnsOf(a).digest).not.toBe(columnsOf(b).digest);
  });

  it('are not those of a map', () => {
    const map = Object.fromEntries(Array.from({ length: 10_001 }, (_, index) => [`k${index}`, 1]));
    expect(() => columnsOf(map)).toThrow(expect.objectContaining({ code: 'INVALID_FIELD' }));
  });
});
