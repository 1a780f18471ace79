import type { ChaincodeStub } from 'fabric-shim-api';
import {
  batchHeadKey,
  batchHeadValue,
  type BatchPublic,
  collectionName,
  parseId,
  ProofwardError,
  readBatchHead,
} from '@proofward/evidence';
import type { RoleHeader } from './roles';

/**
 * The last batch of an endpoint, as far as there is one. Two that are made at a time have both read this, so one of them is
 * invalid. The newest epoch that has one counts.
 */
export async function findBatchHead(
  stub: ChaincodeStub,
  site: RoleHeader,
  of: Pick<BatchPublic, 'kind' | 'endpoint'>,
): Promise<string | undefined> {
  const key = batchHeadKey(of);
  for (let epoch = site.epochs.length; epoch >= 1; epoch--) {
    const collection = collectionName('operations', parseId(site.id).org, epoch);
    if ((await stub.getPrivateDataHash(collection, key)).length === 0) continue;
    let bytes: Uint8Array;
    try {
      bytes = await stub.getPrivateData(collection, key);
    } catch (cause) {
      throw new ProofwardError('PRIVATE_DATA_MISSING', 'this peer does not know yet which batch is the last', {
        cause,
      });
    }
    return readBatchHead(stub.getChannelID(), new TextDecoder().decode(bytes));
  }
  return undefined;
}

/** The collection's own policy, the site and one other, is the value's. */
export async function putBatchHead(
  stub: ChaincodeStub,
  collection: string,
  of: Pick<BatchPublic, 'kind' | 'endpoint'>,
  id: string,
): Promise<void> {
  await stub.putPrivateData(collection, batchHeadKey(of), batchHeadValue(stub.getChannelID(), id));
}
