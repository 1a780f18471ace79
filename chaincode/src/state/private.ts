import type { ChaincodeStub } from 'fabric-shim-api';
import {
  commitmentOf,
  parseJson,
  parseWith,
  type PrivateRecord,
  privateRecordBytes,
  privateRecordSchema,
  privateSchemas,
  privateValues,
  ProofwardError,
  type TransitionNote,
  transitionNoteKey,
  type PrivateType,
} from '@proofward/evidence';
import { canonicalBytes } from '@proofward/evidence';

/** The transient map's key of the private part: never an argument, because arguments are in every block. */
const transientKey = 'private';

/** The private part of a request, or undefined where there is none. */
export function transientPrivate(stub: ChaincodeStub): unknown {
  const bytes = stub.getTransient().get(transientKey);
  return bytes === undefined ? undefined : parseJson(new TextDecoder().decode(bytes));
}

/**
 * The private record of a creation, checked field by field and against its commitment.
 *
 * @throws ProofwardError INVALID_FIELD, COMMITMENT_MISMATCH
 */
export function privateRecordOf(stub: ChaincodeStub, type: PrivateType, id: string, commitment: string): PrivateRecord {
  const record = parseWith(privateRecordSchema, transientPrivate(stub), '/private');
  if (record.type !== type || record.id !== id || record.revision !== 1) {
    throw new ProofwardError('INVALID_FIELD', 'the private part is of another record or revision', {
      pointer: '/private',
    });
  }
  parseWith(privateSchemas[type], privateValues(record), '/private');
  if (commitmentOf(stub.getChannelID(), record) !== commitment) {
    throw new ProofwardError('COMMITMENT_MISMATCH', 'the private part does not hash to the commitment', {
      pointer: '/commitment',
    });
  }
  return record;
}

/** Stores a private record under its own commitment, so a member goes from the header straight to it. */
export async function putPrivateRecord(
  stub: ChaincodeStub,
  collection: string,
  commitment: string,
  record: PrivateRecord,
  policy: Uint8Array,
): Promise<void> {
  await stub.putPrivateData(collection, commitment, privateRecordBytes(record));
  await stub.setPrivateDataValidationParameter(collection, commitment, policy);
}

/** Stores why a state changed, under the note's own salted digest. */
export async function putTransitionNote(
  stub: ChaincodeStub,
  collection: string,
  note: TransitionNote,
  policy: Uint8Array,
): Promise<void> {
  const key = transitionNoteKey(stub.getChannelID(), note);
  await stub.putPrivateData(collection, key, canonicalBytes(note));
  await stub.setPrivateDataValidationParameter(collection, key, policy);
}

/**
 * @throws ProofwardError PRIVATE_DATA_ERASED where the value was purged, PRIVATE_DATA_MISSING where this member's peer
 *   has not received it
 */
export async function getPrivateRecord(stub: ChaincodeStub, collection: string, commitment: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    bytes = await stub.getPrivateData(collection, commitment);
  } catch (cause) {
    throw new ProofwardError('PRIVATE_DATA_MISSING', 'this peer does not have the private part yet', { cause });
  }
  if (bytes.length === 0) throw new ProofwardError('PRIVATE_DATA_ERASED', 'the private part was erased');
  return new TextDecoder().decode(bytes);
}
