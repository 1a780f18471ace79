import type { ChaincodeStub } from 'fabric-shim-api';
import {
  type HeaderOf,
  parseJson,
  type PrivateRecord,
  type PrivateType,
  ProofwardError,
  type Registrant,
  registrantBytes,
  registrantKey,
  registrantOf,
  registrantSchema,
} from '@proofward/evidence';

/** Stores who made a record, with the policy of its private part. */
export async function putRegistrant(
  stub: ChaincodeStub,
  collection: string,
  commitment: string,
  { record, enrollmentId, policy }: { record: PrivateRecord; enrollmentId: string; policy: Uint8Array },
): Promise<void> {
  const key = registrantKey(stub.getChannelID(), commitment);
  await stub.putPrivateData(collection, key, registrantBytes(registrantOf(stub.getChannelID(), record, enrollmentId)));
  await stub.setPrivateDataValidationParameter(collection, key, policy);
}

/**
 * Who made a record. Its author and one other can put anything under the key, so what is found has to be of this record. Which
 * enrolment id it names is those two endorsers' word, as it was when the record was made.
 *
 * @throws ProofwardError PRIVATE_DATA_MISSING where this peer is no member of the collection, or has not received it;
 *   PRIVATE_DATA_ERASED; INTERNAL
 */
export async function getRegistrant(
  stub: ChaincodeStub,
  collection: string,
  { id, commitment }: HeaderOf<PrivateType>,
  record: PrivateRecord,
): Promise<Registrant> {
  let bytes: Uint8Array;
  try {
    bytes = await stub.getPrivateData(collection, registrantKey(stub.getChannelID(), commitment));
  } catch (cause) {
    throw new ProofwardError('PRIVATE_DATA_MISSING', `this peer does not have who made ${id}`, { cause });
  }
  if (bytes.length === 0) throw new ProofwardError('PRIVATE_DATA_ERASED', `who made ${id} was erased`);
  const { success, data } = registrantSchema.safeParse(parseJson(new TextDecoder().decode(bytes)));
  if (!success || registrantOf(stub.getChannelID(), record, data.enrollmentId).salt !== data.salt || data.id !== id) {
    throw new ProofwardError('INTERNAL', `what lies as the registrant of ${id} is not that record's`);
  }
  return data;
}
