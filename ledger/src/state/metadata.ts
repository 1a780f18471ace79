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

/** Undefined when the key has no policy of its own; one without bytes binds nobody at validation. */
export function keyPolicy(metadata: Uint8Array): Uint8Array | undefined {
  return metadataEntries(metadata)
    .find((candidate) => candidate.getName() === VALIDATION_PARAMETER)
    ?.getValue_asU8();
}
