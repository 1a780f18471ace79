import { describe, expect, it } from '@jest/globals';
import { presentationSchema } from './records/presentation.js';
import { execFile } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bytesToHex, utf8ToBytes } from './bytes.js';
import { canonicalJson, parseJson } from './canonical.js';
import { commitmentOf, transitionNoteSchema, verifyPresentation } from './commitment/commitment.js';
import { leafHash } from './log/merkle.js';
import { logLeafData } from './log/leaf.js';
import { headerBytes, headerSchema, markHash, markValue } from './records/header.js';
import { headerKey, markKey, parseId } from './records/id.js';
import { privateRecordSchema, type PrivateType } from './records/private.js';

interface Bytes {
  utf8: string;
  sha256: string;
}
interface RecordVector {
  channel: string;
  header: unknown;
  headerBytes: Bytes;
  markKey: { input: string; sha256: string };
  mark: { input: string; value: string; hash: string };
  headerKey: string;
  logLeaf: { position: { block: number; transaction: number; txId: string }; data: string; hash: string };
  revised: { header: unknown; headerBytes: Bytes; markHash: string };
}
interface PrivateVector {
  private: {
    commitmentKey: string;
    values: Record<string, unknown>;
    fields: { name: string; saltInput: string; salt: string; leafData: string; leafHash: string }[];
    commitment: string;
    record: unknown;
    recordBytes: Bytes;
    presentation: unknown;
    transition: { note: unknown; keyInput: string; key: string; bytes: Bytes };
  };
}

const directory = new URL('../vectors/', import.meta.url);
const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`${name}.json`, directory), 'utf8'));

/** The hashes as docs/records.md has them, by another implementation than the one under test. */
const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex');
const leaf = (data: string) => createHash('sha256').update(Uint8Array.of(0)).update(data).digest('hex');

describe.each(['dataset', 'model', 'attestation', 'role'])('the vector of a %s', (type) => {
  const vector = read(type) as RecordVector;
  const header = headerSchema.parse(vector.header);
  const revised = headerSchema.parse(vector.revised.header);
  const id = parseId(header.id);

  it('has the bytes that are written down', () => {
    expect(sha256(vector.headerBytes.utf8)).toBe(vector.headerBytes.sha256);
    expect(sha256(vector.revised.headerBytes.utf8)).toBe(vector.revised.headerBytes.sha256);
    expect(sha256(vector.markKey.input)).toBe(vector.markKey.sha256);
    expect(sha256(vector.mark.input)).toBe(vector.mark.value);
    expect(sha256(Buffer.from(vector.mark.value, 'hex'))).toBe(vector.mark.hash);
    expect(leaf(vector.logLeaf.data)).toBe(vector.logLeaf.hash);
    expect(Buffer.from(vector.headerKey, 'hex').toString().split('\u0000').slice(1, -1)).toEqual([
      type,
      ...header.id.slice(type.length + 1).split(/[/@]/),
      vector.mark.hash,
    ]);
  });

  it('is what the code makes', () => {
    expect(bytesToHex(headerBytes(header))).toBe(bytesToHex(utf8ToBytes(vector.headerBytes.utf8)));
    expect(bytesToHex(headerBytes(revised))).toBe(bytesToHex(utf8ToBytes(vector.revised.headerBytes.utf8)));
    expect(markKey(id)).toBe(vector.markKey.sha256);
    expect(bytesToHex(markValue(vector.channel, header))).toBe(vector.mark.value);
    expect(bytesToHex(markHash(markValue(vector.channel, revised)))).toBe(vector.mark.hash);
    expect(vector.revised.markHash).toBe(vector.mark.hash);
    const key = headerKey(id, markHash(markValue(vector.channel, header)));
    expect(bytesToHex(utf8ToBytes(key))).toBe(vector.headerKey);
    const data = logLeafData(vector.channel, vector.logLeaf.position, header);
    expect(new TextDecoder().decode(data)).toBe(vector.logLeaf.data);
    expect(bytesToHex(leafHash(data))).toBe(vector.logLeaf.hash);
  });
});

describe.each<PrivateType>(['dataset', 'model', 'attestation'])('the private part of a %s', (type) => {
  const { channel, header, private: part } = read(type) as RecordVector & PrivateVector;
  const record = privateRecordSchema.parse(part.record);
  const { id } = headerSchema.parse(header);

  it('has the bytes that are written down', () => {
    const commitmentKey = Buffer.from(part.commitmentKey, 'hex');
    for (const field of part.fields) {
      expect(JSON.parse(field.saltInput)).toEqual([
        ...['proofward/salt/v1', channel, type, id, 1, field.name],
        part.values[field.name],
      ]);
      expect(createHmac('sha256', commitmentKey).update(field.saltInput).digest('hex')).toBe(field.salt);
      expect(JSON.parse(field.leafData)).toEqual([
        ...['proofward/field/v1', channel, type, 1, id, 1, field.name, field.salt],
        part.values[field.name],
      ]);
      expect(leaf(field.leafData)).toBe(field.leafHash);
    }
    expect(sha256(part.recordBytes.utf8)).toBe(part.recordBytes.sha256);
    expect(sha256(part.transition.keyInput)).toBe(part.transition.key);
    expect(sha256(part.transition.bytes.utf8)).toBe(part.transition.bytes.sha256);
  });

  it('is what the code makes', () => {
    expect(commitmentOf(channel, record)).toBe(part.commitment);
    expect(headerSchema.parse(header)).toMatchObject({ commitment: part.commitment });
    expect(canonicalJson(record)).toBe(part.recordBytes.utf8);
    expect(canonicalJson(transitionNoteSchema.parse(part.transition.note))).toBe(part.transition.bytes.utf8);
    const shown = verifyPresentation(
      { channel, type, id, revision: 1 },
      1,
      part.commitment,
      presentationSchema.parse(part.presentation),
    );
    expect(shown.map(({ match }) => match)).toEqual([true]);
  });
});

describe('the vectors of canonical JSON', () => {
  const { accepted, refused } = read('canonical') as {
    accepted: { text: string; canonical: string; hex: string }[];
    refused: string[];
  };

  it.each(accepted)('$text', ({ text, canonical, hex }) => {
    expect(canonicalJson(parseJson(text))).toBe(canonical);
    expect(Buffer.from(canonical).toString('hex')).toBe(hex);
  });

  it.each(refused)('%p is refused', (text) => {
    expect(() => parseJson(text)).toThrow(expect.objectContaining({ code: 'INVALID_JSON' }));
  });
});

describe('vectors and docs/records.md', () => {
  it('do not change when they are made again', async () => {
    const make = fileURLToPath(new URL('make.mjs', directory));
    await promisify(execFile)(process.execPath, [make, '--check'], { env: { ...process.env, NODE_OPTIONS: '' } });
  }, 30_000);

  it('hold the same values, in the sections that the script does not write too', () => {
    const text = readFileSync(new URL('../../docs/records.md', directory), 'utf8');
    const merkle = read('merkle') as { roots: string[] };
    const { keyPolicies } = read('consortium') as { keyPolicies: { bytes: string }[] };
    expect(text).toContain(merkle.roots.at(-1));
    expect(text).toContain(keyPolicies[0]?.bytes);
    for (const type of ['dataset', 'model', 'attestation', 'role']) {
      expect(text).toContain((read(type) as RecordVector).headerBytes.utf8);
    }
  });
});
