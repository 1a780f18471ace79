import { ledger } from '@hyperledger/fabric-protos';
import { decode } from '../encoding/message.js';

const { KVMetadataWrite } = ledger.rwset.kvrwset;
type Entry = ledger.rwset.kvrwset.KVMetadataEntry;

/** The name under which chaincode keeps a key's own endorsement policy. */
export const VALIDATION_PARAMETER = 'VALIDATION_PARAMETER';

export function serializeMetadata(entries: readonly Entry[]): Uint8Array {
  const message = new KVMetadataWrite();
  message.setEntriesList([...entries]);
  return message.serializeBinary();
}

export function metadataEntries(bytes: Uint8Array): Entry[] {
  return bytes.length === 0 ? [] : decode(KVMetadataWrite, bytes, 'KVMetadataWrite').getEntriesList();
}

/** Undefined when the key has no policy of its own. */
export function keyPolicy(metadata: Uint8Array): Uint8Array | undefined {
  const entry = metadataEntries(metadata).find((candidate) => candidate.getName() === VALIDATION_PARAMETER);
  const policy = entry?.getValue_asU8();
  return policy === undefined || policy.length === 0 ? undefined : policy;
}
