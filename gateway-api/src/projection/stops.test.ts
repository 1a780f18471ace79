import { describe, expect, it } from '@jest/globals';
import {
  consortiumSchema,
  headerBytes,
  headerKey,
  type HeaderOf,
  headerSchemas,
  markHash,
  markValue,
  noStopBytes,
  parseId,
  type Stop,
  stopBytes,
  stopKey,
  withStop,
} from '@proofward/evidence';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommittedBlock, PublicWrite } from './block.js';
import { ChangeReader, knownRecord } from './changes.js';

const vectors = join(import.meta.dirname, '..', '..', '..', 'evidence', 'vectors');
const read = (name: string) => JSON.parse(readFileSync(join(vectors, `${name}.json`), 'utf8')) as object;
const { consortium } = read('consortium') as { consortium: unknown };
const { header: written } = read('deployment') as { header: unknown };
const running = headerSchemas.deployment.parse(written);
const key = headerKey(parseId(running.id), markHash(markValue('proofward', running)));
const reader = new ChangeReader('proofward', consortiumSchema.parse(consortium), 'RegulatorMSP');

const stopAt = (effectiveAt: string): Stop => ({
  schema: 1,
  deployment: running.id,
  kind: 'stop',
  approvals: [],
  author: 'HungarianMSP',
  txId: 'ab'.repeat(32),
  recordedAt: effectiveAt,
  effectiveAt,
});
const first = stopAt('2026-03-01T10:00:00.000Z');
const put = (at: string, value: Uint8Array): PublicWrite => ({ key: at, isDelete: false, value });
const header = (more: Partial<HeaderOf<'deployment'>>) => put(key, headerBytes({ ...running, ...more }));

/** One block for each write, after the deployment was projected, or before. */
const changesOf = (writes: PublicWrite[], known = new Map([[running.id, knownRecord(key, running)]])) => {
  const blocks = writes.map((write, number): CommittedBlock => ({
    number,
    hash: '',
    previousHash: '',
    transactions: [{ txId: 'cd'.repeat(32), code: 0, writes: [write], hashedWrites: [], privateWrites: [] }],
  }));
  return reader.read(blocks, known);
};
const headersOf = (writes: PublicWrite[]) => changesOf(writes).revisions.map((revision) => revision.header);

describe('a stop in the blocks', () => {
  it("is the deployment's next revision", () => {
    const { revisions, ignored } = changesOf([
      put(stopKey(key), noStopBytes(running.id)),
      put(stopKey(key), stopBytes(first)),
    ]);
    expect(revisions).toEqual([
      { key, header: withStop(running, first), block: 1, position: 0, txId: 'cd'.repeat(32) },
    ]);
    expect(ignored).toBe(0);
  });

  it('is the first one and no other, whatever comes after it', () => {
    const later = stopBytes(stopAt('2026-03-02T10:00:00.000Z'));
    const writes = [
      put(stopKey(key), stopBytes(first)),
      put(stopKey(key), later),
      put(stopKey(key), noStopBytes(running.id)),
      { key: stopKey(key), isDelete: true, value: new Uint8Array() },
      header({ revision: 2 }),
      header({ revision: 3 }),
      put(stopKey(key), later),
    ];
    expect(headersOf(writes)).toEqual([withStop(running, first)]);
    expect(changesOf(writes).ignored).toBe(2);
    expect(changesOf(writes).deleted).toEqual([]);
  });

  it('comes too late for what has ended', () => {
    const ended = header({ status: 'ended', revision: 2, to: first.effectiveAt });
    expect(headersOf([ended, put(stopKey(key), stopBytes(first))]).map(({ status }) => status)).toEqual(['ended']);
  });

  it('is nobody’s beside another key, of another deployment, or before there is one', () => {
    const other = headerKey(parseId(running.id), new Uint8Array(32));
    expect(headersOf([put(stopKey(other), stopBytes(first))])).toEqual([]);
    expect(headersOf([put(stopKey('any'), stopBytes(first))])).toEqual([]);
    const foreign = stopBytes({ ...first, deployment: 'deployment:hungarian/other@1' });
    expect(headersOf([put(stopKey(key), foreign)])).toEqual([]);
    expect(changesOf([put(stopKey(key), stopBytes(first))], new Map()).revisions).toEqual([]);
  });
});
