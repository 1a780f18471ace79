import { ledger } from '@hyperledger/fabric-protos';
import type { StateEntry } from '../state/public-state.js';
import type { ResultSource } from './query-cursor.js';

interface Scan {
  next(): Promise<StateEntry | undefined>;
  bookmark?(): Promise<string>;
  close(): Promise<void>;
}

/** A range of states as the chaincode's iterator sees it. */
export function stateSource(namespace: string, scan: Scan): ResultSource {
  return {
    async next() {
      const entry = await scan.next();
      if (entry === undefined) return undefined;
      const kv = new ledger.queryresult.KV();
      kv.setNamespace(namespace);
      kv.setKey(entry.key);
      kv.setValue(entry.state.value);
      return kv.serializeBinary();
    },
    bookmark: async () => (await scan.bookmark?.()) ?? '',
    close: async () => scan.close(),
  };
}

export function historySource(modifications: AsyncIterator<ledger.queryresult.KeyModification>): ResultSource {
  return {
    async next() {
      const next = await modifications.next();
      return next.done === true ? undefined : next.value.serializeBinary();
    },
    async close() {
      await modifications.return?.();
    },
  };
}

/** Of a source its first results only. */
export function limited(source: ResultSource, most: number): ResultSource {
  let left = most;
  return { ...source, next: async () => (left-- > 0 ? source.next() : undefined) };
}
