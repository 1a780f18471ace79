import type { ChaincodeStub } from 'fabric-shim-api';
import { formatTime, type Header, headerSchema, parseJson } from '@proofward/evidence';

/** One write of a header, newest first in a list. `header` is null where the key was deleted. */
export interface HistoryEntry {
  txId: string;
  timestamp: string;
  header: Header | null;
}

/** All writes of a header's ledger key, from the peer's history database. */
export async function historyOf(stub: ChaincodeStub, key: string): Promise<HistoryEntry[]> {
  const entries: HistoryEntry[] = [];
  for await (const { txId, timestamp, value, isDelete } of stub.getHistoryForKey(key)) {
    entries.push({
      txId,
      timestamp: formatTime(Number(timestamp.seconds) * 1000 + Math.floor(timestamp.nanos / 1e6)),
      header: isDelete ? null : headerSchema.parse(parseJson(new TextDecoder().decode(value))),
    });
  }
  return entries;
}
