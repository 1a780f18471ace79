import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { SampleTreeBuilder, verifySample } from '@proofward/evidence';
import { parquetWriteFile } from 'hyparquet-writer';
import { describeSamples } from './describe.js';
import { readDatasetKey } from './key.js';
import { type ReadOptions, readSamples, type SampleRecord } from './read.js';

const room = mkdtempSync(join(tmpdir(), 'proofward-samples-'));
afterAll(() => {
  rmSync(room, { recursive: true, force: true });
});
let made = 0;
function file(ending: string, data: string | Buffer): string {
  const path = join(room, `${made++}${ending}`);
  writeFileSync(path, data);
  return path;
}
async function recordsIn(path: string, options: ReadOptions = {}): Promise<SampleRecord[]> {
  const all: SampleRecord[] = [];
  for await (const batch of readSamples(path, options)) all.push(...batch);
  return all;
}
const key = new Uint8Array(32).fill(7);
const refusal = (message: string) =>
  expect.objectContaining({ name: 'SampleError', message: expect.stringContaining(message) });

describe('the records of a CSV file', () => {
  it('are those of RFC 4180: quotes, commas, line ends inside and outside', async () => {
    const path = file('.csv', '\ufeffb,"a ""x""",c\r\n1,"two, ""2""\r\nlines",\r\n4,,"ü"');
    expect(await recordsIn(path)).toEqual([
      { b: '1', 'a "x"': 'two, "2"\r\nlines', c: '' },
      { b: '4', 'a "x"': '', c: 'ü' },
    ]);
  });

  it('have names from elsewhere where the first line is a record, and another delimiter', async () => {
    const path = file('.txt', '1;x\n2;y\n');
    const options = { format: 'csv', delimiter: ';', columns: ['n', 'l'] } as const;
    expect(await recordsIn(path, options)).toEqual([
      { n: '1', l: 'x' },
      { n: '2', l: 'y' },
    ]);
  });

  it('are all there, in their order, when there are many', async () => {
    const lines = Array.from({ length: 25_000 }, (_, index) => `${index},${'x'.repeat(index % 50)}`);
    const records = await recordsIn(file('.csv', ['i,x', ...lines].join('\n')));
    expect(records.map(({ i }) => i)).toEqual(lines.map((_, index) => String(index)));
  });

  it.each([
    ['a,b\n1,2\n3\n', 'line 3: not as many fields as the first line has'],
    ['a,b\n1,"2', 'not CSV as RFC 4180 has it (CSV_QUOTE_NOT_CLOSED)'],
    ['a,b\n1,2"3\n', 'not CSV as RFC 4180 has it (INVALID_OPENING_QUOTE)'],
    ['a,a\n1,2\n', 'two columns have the same'],
    ['a,\n1,2\n', 'column 2 has none'],
    ['a,__proto__\n1,2\n', '__proto__'],
    ['', 'no line with the names of the columns'],
  ])('are none in %j', async (text, message) => {
    await expect(recordsIn(file('.csv', text))).rejects.toEqual(refusal(message));
  });

  it('are not guessed from bytes that are no UTF-8, and no message has what is in them', async () => {
    const latin1 = Buffer.from('a,b\nMüller,1\n', 'latin1');
    await expect(recordsIn(file('.csv', latin1))).rejects.toEqual(refusal('not UTF-8'));
    const cut = Buffer.from('a\nü').subarray(0, 3);
    await expect(recordsIn(file('.csv', cut))).rejects.toEqual(refusal('not UTF-8'));
    const secret = recordsIn(file('.csv', 'a,b\nsecret"x,1\n'));
    await expect(secret).rejects.toThrow(expect.objectContaining({ message: expect.not.stringContaining('secret') }));
  });
});

describe('the records of an NDJSON file', () => {
  it('are its objects, whatever its line ends are', async () => {
    const text = '{"b":1,"a":[true,null]}\r\n\n{"a":"x"}';
    expect(await recordsIn(file('.ndjson', text))).toEqual([{ b: 1, a: [true, null] }, { a: 'x' }]);
    expect(await recordsIn(file('.jsonl', `${text}\n`))).toHaveLength(2);
  });

  it.each([
    ['{"a":1}\n[1]\n', 'line 2: not a JSON object'],
    ['{"a":1}\n{"a":\n', 'line 2: not acceptable JSON'],
    ['{"a":1,"a":2}\n', 'line 1: not acceptable JSON: a duplicate key'],
    ['{"a":9007199254740993}\n', 'line 1: a number beyond 2^53'],
  ])('are none in %j', async (text, message) => {
    await expect(recordsIn(file('.ndjson', text))).rejects.toEqual(refusal(message));
  });
});

describe('the records of a Parquet file', () => {
  it('have their values in JSON, exactly', async () => {
    const path = join(room, 'all.parquet');
    parquetWriteFile({
      filename: path,
      rowGroupSize: 2,
      columnData: [
        { name: 'z', data: ['a', 'b', 'c'], type: 'STRING' },
        { name: 'big', data: [1n, 2n ** 60n, -5n], type: 'INT64' },
        { name: 'f', data: [0.5, Number.NaN, Number.NEGATIVE_INFINITY], type: 'DOUBLE' },
        { name: 'yes', data: [true, false, true], type: 'BOOLEAN' },
        { name: 'maybe', data: ['x', null, undefined], type: 'STRING', nullable: true },
        { name: 'raw', data: [Uint8Array.of(255, 0), Uint8Array.of(), Uint8Array.of(1)], type: 'BYTE_ARRAY' },
        { name: 'at', data: [new Date(1), new Date(-1), new Date(1_600_000_000_000)], type: 'TIMESTAMP' },
      ],
    });
    expect(await recordsIn(path)).toEqual([
      { at: '1970-01-01T00:00:00.001Z', big: 1, f: 0.5, maybe: 'x', raw: '/wA=', yes: true, z: 'a' },
      {
        at: '1969-12-31T23:59:59.999Z',
        big: '1152921504606846976',
        f: 'NaN',
        maybe: null,
        raw: '',
        yes: false,
        z: 'b',
      },
      { at: '2020-09-13T12:26:40.000Z', big: -5, f: '-Infinity', maybe: null, raw: 'AQ==', yes: true, z: 'c' },
    ]);
  });

  it('are none where a decimal would be rounded, or the file is damaged', async () => {
    const path = join(room, 'decimal.parquet');
    const element = {
      name: 'd',
      type: 'INT64',
      converted_type: 'DECIMAL',
      scale: 2,
      repetition_type: 'REQUIRED',
    } as const;
    const write = (precision: number) => {
      parquetWriteFile({
        filename: path,
        columnData: [{ name: 'd', data: [12.34] }],
        schema: [
          { name: 'root', num_children: 1 },
          { ...element, precision },
        ],
      });
    };
    write(9);
    expect(await recordsIn(path)).toEqual([{ d: 12.34 }]);
    write(18);
    await expect(recordsIn(path)).rejects.toEqual(refusal('column d: decimals of more than 15 digits'));
    const damaged = file('.parquet', readFileSync(path).subarray(0, 60));
    await expect(recordsIn(damaged)).rejects.toEqual(refusal('not readable as Parquet'));
  });
});

describe('the description of samples', () => {
  const data = (hospital: string) =>
    resolve(import.meta.dirname, `../../../examples/heart-disease/data/${hospital}.csv`);

  it('has root, columns, groups with the unknown ones, and proofs, in one pass', async () => {
    const path = data('cleveland');
    const described = await describeSamples([path], key, { protectedAttributes: ['sex', 'thal'], prove: [17, 400] });
    const builder = new SampleTreeBuilder(key);
    for (const record of await recordsIn(path)) builder.add(record);
    const { root, count } = builder.close();
    expect(described.samples).toEqual({ root, count });
    expect(count).toBe(303);
    expect(described.groupSizes).toEqual([
      { attribute: 'sex', group: '0', count: 97 },
      { attribute: 'sex', group: '1', count: 206 },
      { attribute: 'sex', group: 'unknown', count: 0 },
      { attribute: 'thal', group: '3', count: 166 },
      { attribute: 'thal', group: '6', count: 18 },
      { attribute: 'thal', group: '7', count: 117 },
      { attribute: 'thal', group: 'unknown', count: 2 },
    ]);
    expect(described.columns).toHaveLength(14);
    expect(described.proved.map(({ proof }) => proof.index)).toEqual([17]);
    for (const { record, proof } of described.proved) expect(verifySample({ root, count }, record, proof)).toBe(true);
  });

  it('is of all files in the order given, and the same whichever format they are in', async () => {
    const hospitals = [data('hungarian'), data('switzerland')];
    const both = await describeSamples(hospitals, key);
    expect(both.samples.count).toBe(294 + 123);
    expect((await describeSamples([...hospitals].reverse(), key)).samples.root).not.toBe(both.samples.root);
    const lines = (await Promise.all(hospitals.map((path) => recordsIn(path))))
      .flat()
      .map((one) => JSON.stringify(one));
    const asJson = await describeSamples([file('.ndjson', lines.join('\n'))], key);
    expect({ samples: asJson.samples, schemaDigest: asJson.schemaDigest }).toEqual({
      samples: both.samples,
      schemaDigest: both.schemaDigest,
    });
  });

  it('counts what stands for none as unknown, and refuses attributes that are not there', async () => {
    const path = file('.ndjson', '{"sex":"f"}\n{"sex":"?"}\n{"sex":null}\n{}\n{"sex":1}\n');
    const { groupSizes } = await describeSamples([path], key, { protectedAttributes: ['sex'], unknown: ['?'] });
    expect(groupSizes).toEqual([
      { attribute: 'sex', group: '1', count: 1 },
      { attribute: 'sex', group: 'f', count: 1 },
      { attribute: 'sex', group: 'unknown', count: 3 },
    ]);
    const age = { protectedAttributes: ['age'] };
    await expect(describeSamples([path], key, age)).rejects.toEqual(refusal('age: no record has this attribute'));
    const many = Array.from({ length: 1_001 }, (_, index) => `{"age":${index}}`).join('\n');
    await expect(describeSamples([file('.ndjson', many)], key, age)).rejects.toEqual(refusal('more than 1000 groups'));
    const list = file('.ndjson', '{"age":[1]}');
    await expect(describeSamples([list], key, age)).rejects.toEqual(refusal('is no group'));
  });
});

describe('a dataset key', () => {
  it('is made once, for its owner alone, and read again', async () => {
    const path = join(room, 'dataset.key');
    await expect(readDatasetKey(path)).rejects.toThrow('ENOENT');
    const first = await readDatasetKey(path, true);
    expect(first).toHaveLength(32);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await readDatasetKey(path, true)).toEqual(first);
    expect(await readDatasetKey(join(room, 'other.key'), true)).not.toEqual(first);
  });

  it('that others may read, or that is none, is not used', async () => {
    const path = join(room, 'open.key');
    await readDatasetKey(path, true);
    chmodSync(path, 0o640);
    await expect(readDatasetKey(path)).rejects.toMatchObject({
      name: 'DatasetKeyError',
      message: expect.stringContaining('chmod 600'),
    });
    writeFileSync(path, 'short');
    chmodSync(path, 0o600);
    await expect(readDatasetKey(path)).rejects.toMatchObject({ name: 'DatasetKeyError' });
  });
});
