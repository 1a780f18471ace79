import { ledger, peer } from '@hyperledger/fabric-protos';
import type { Definitions } from '../definition/chaincode.js';
import { chaincodeOfKey, LIFECYCLE } from '../definition/lifecycle-key.js';
import { sameBytes } from '../encoding/digest.js';
import { compareUtf8 } from '../encoding/utf8-order.js';
import { sameVersion, type Version } from '../encoding/version.js';
import { RangeSummary } from '../simulation/range-summary.js';
import { type NamespaceReadWrites, versionOf } from '../simulation/read-write-set.js';
import { readOf } from '../simulation/write-recorder.js';
import type { PublicState, StateScan } from '../state/public-state.js';
import type { ValidationCode } from './envelope.js';
import type { Update, Updates } from './updates.js';

const Code = peer.TxValidationCode;
type RangeInfo = ledger.rwset.kvrwset.RangeQueryInfo;

/** Whether what a transaction read is still so, after the blocks before and the valid transactions before it in its own. */
export async function readConflict(
  namespaces: readonly NamespaceReadWrites[],
  state: PublicState,
  updates: Updates,
  definitions: Definitions,
): Promise<ValidationCode> {
  for (const ns of namespaces) {
    for (const read of ns.public.getReadsList()) {
      if (updates.getPublic(ns.namespace, read.getKey()) !== undefined) return Code.MVCC_READ_CONFLICT;
      const version =
        ns.namespace === LIFECYCLE
          ? definitions.versionOf(chaincodeOfKey(read.getKey()) ?? '')
          : (await state.get(ns.namespace, read.getKey()))?.version;
      if (!sameVersion(version, versionOf(read.getVersion()))) return Code.MVCC_READ_CONFLICT;
    }
    for (const range of ns.public.getRangeQueriesInfoList()) {
      if (!(await rangeHolds(ns.namespace, range, state, updates))) return Code.PHANTOM_READ_CONFLICT;
    }
    for (const { name, hashed } of ns.collections) {
      for (const read of hashed.getHashedReadsList()) {
        const keyHash = read.getKeyHash_asU8();
        if (updates.getHash(ns.namespace, name, Buffer.from(keyHash).toString('latin1')) !== undefined)
          return Code.MVCC_READ_CONFLICT;
        const committed = await state.getHash(ns.namespace, name, keyHash);
        if (!sameVersion(committed?.version, versionOf(read.getVersion()))) return Code.MVCC_READ_CONFLICT;
      }
    }
  }
  return Code.VALID;
}

interface Found {
  readonly key: string;
  readonly version: Version;
}

async function rangeHolds(namespace: string, info: RangeInfo, state: PublicState, updates: Updates): Promise<boolean> {
  // A scan that was not exhausted saw its last key, which is then part of the range.
  const includeEnd = !info.getItrExhausted();
  const start = info.getStartKey();
  const end = info.getEndKey();
  const inRange = (key: string): boolean =>
    compareUtf8(key, start) >= 0 && (end === '' || compareUtf8(key, end) < 0 || (includeEnd && key === end));
  const scan = state.range(namespace, start, end, includeEnd);
  try {
    const found = merged(scan, updates.range(namespace, inRange));
    const summary = info.getReadsMerkleHashes();
    return summary === undefined ? await sameReads(info, found) : await sameHashes(summary, found);
  } finally {
    await scan.close();
  }
}

async function* merged(scan: StateScan, changes: readonly [string, Update][]): AsyncGenerator<Found> {
  let at = 0;
  let stored = await scan.next();
  for (;;) {
    const change = changes[at];
    if (stored === undefined && change === undefined) return;
    const order = stored === undefined ? 1 : change === undefined ? -1 : compareUtf8(stored.key, change[0]);
    if (order < 0 && stored !== undefined) {
      yield { key: stored.key, version: stored.state.version };
      stored = await scan.next();
      continue;
    }
    if (order === 0) stored = await scan.next();
    at++;
    if (change?.[1].value !== undefined) yield { key: change[0], version: change[1].version };
  }
}

async function sameReads(info: RangeInfo, found: AsyncGenerator<Found>): Promise<boolean> {
  for (const read of info.getRawReads()?.getKvReadsList() ?? []) {
    const next = await found.next();
    if (
      next.done === true ||
      next.value.key !== read.getKey() ||
      !sameVersion(next.value.version, versionOf(read.getVersion()))
    )
      return false;
  }
  return (await found.next()).done === true;
}

async function sameHashes(
  expected: ledger.rwset.kvrwset.QueryReadsMerkleSummary,
  found: AsyncGenerator<Found>,
): Promise<boolean> {
  if (expected.getMaxDegree() < 2) return false;
  const summary = new RangeSummary(expected.getMaxDegree());
  for await (const { key, version } of found) summary.add(readOf(key, version));
  const result = summary.finish();
  if (!('hashes' in result)) return false;
  const expectedHashes = expected.getMaxLevelHashesList_asU8();
  const hashes = result.hashes.getMaxLevelHashesList_asU8();
  return (
    result.hashes.getMaxLevel() === expected.getMaxLevel() &&
    hashes.length === expectedHashes.length &&
    hashes.every((hash, i) => sameBytes(hash, expectedHashes[i] ?? new Uint8Array()))
  );
}
