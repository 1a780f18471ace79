import type { ChaincodeStub } from 'fabric-shim-api';
import {
  canonicalBytes,
  commitmentOf,
  parseJson,
  parseWith,
  type PrivateRecord,
  privateRecordBytes,
  privateRecordSchema,
  privateSchemaOf,
  privateValues,
  ProofwardError,
  type TransitionNote,
  transitionNoteKey,
  type PrivateType,
} from '@proofward/evidence';
import { z } from 'zod';
import type { PrivateHeader } from './records';

/** The transient map's key of the private part: never an argument, because arguments are in every block. */
const transientKey = 'private';

/** A manifest of 10 000 files with paths of 300 characters. Each endorser answers a larger one with the same code. */
const maximalPrivateBytes = 4 * 1024 * 1024;

/** The private part of a request, or undefined where there is none. */
export function transientPrivate(stub: ChaincodeStub): unknown {
  return transientJson(stub, transientKey);
}

/**
 * A member of the transient map, or undefined where there is none.
 *
 * @throws ProofwardError PAYLOAD_TOO_LARGE, INVALID_JSON
 */
export function transientJson(stub: ChaincodeStub, name: string): unknown {
  const bytes = stub.getTransient().get(name);
  if (bytes === undefined) return undefined;
  if (bytes.length > maximalPrivateBytes) {
    throw new ProofwardError('PAYLOAD_TOO_LARGE', `${name} is larger than ${maximalPrivateBytes} bytes`, {
      pointer: `/${name}`,
    });
  }
  let text: string;
  try {
    // Not repaired: another reader of the same bytes could repair them differently.
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ProofwardError('INVALID_JSON', `${name} is not UTF-8`, { pointer: `/${name}` });
  }
  return parseJson(text);
}

/**
 * The private record of a creation, checked field by field by the schema version that it is of, and against its commitment.
 *
 * @throws ProofwardError INVALID_FIELD, COMMITMENT_MISMATCH, SCHEMA_VERSION_DIFFERS for a version that is not known
 */
export function privateRecordOf(stub: ChaincodeStub, type: PrivateType, id: string, commitment: string): PrivateRecord {
  const record = parseWith(privateRecordSchema, transientPrivate(stub), '/private');
  if (record.type !== type || record.id !== id || record.revision !== 1) {
    throw new ProofwardError('INVALID_FIELD', 'the private part is of another record or revision', {
      pointer: '/private',
    });
  }
  parseWith(privateSchemaOf(type, record.schema) ?? z.never(), privateValues(record), '/private');
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
 * The private record of a header. Its author and one other can put anything under its key, so it is checked again.
 *
 * @throws ProofwardError PRIVATE_DATA_ERASED where the value was purged, PRIVATE_DATA_MISSING where this member's peer
 *   has not received it, INTERNAL where it is not what the header commits to
 */
export async function getPrivateRecord(
  stub: ChaincodeStub,
  collection: string,
  { type, id, privateRevision, commitment }: PrivateHeader,
): Promise<string> {
  let bytes: Uint8Array;
  try {
    bytes = await stub.getPrivateData(collection, commitment);
  } catch (cause) {
    throw new ProofwardError('PRIVATE_DATA_MISSING', 'this peer does not have the private part yet', { cause });
  }
  if (bytes.length === 0) throw new ProofwardError('PRIVATE_DATA_ERASED', 'the private part was erased');
  const text = new TextDecoder().decode(bytes);
  const { success, data: record } = privateRecordSchema.safeParse(parseJson(text));
  const isCommitted =
    success &&
    record.type === type &&
    record.id === id &&
    record.revision === privateRevision &&
    commitmentOf(stub.getChannelID(), record) === commitment;
  if (!isCommitted) throw new ProofwardError('INTERNAL', `the private part of ${id} is not the one committed to`);
  return text;
}
