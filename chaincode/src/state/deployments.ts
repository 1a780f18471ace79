import type { ChaincodeStub } from 'fabric-shim-api';
import {
  alone,
  collectionName,
  type HeaderOf,
  liveKey,
  liveValue,
  noStopBytes,
  parseId,
  ProofwardError,
  readLive,
  readStop,
  type Stop,
  stopBytes,
  stopKey,
  withStop,
} from '@proofward/evidence';
import type { Found } from './records';
import type { RoleHeader } from './roles';

type Deployment = HeaderOf<'deployment'>;

/**
 * A deployment as it has to be read: with its stop, if there is one. The site alone writes that key, so it could write over
 * a stop; the first of its history counts.
 */
export async function withStopOf(stub: ChaincodeStub, { key, header }: Found<Deployment>): Promise<Deployment> {
  const stop = await firstStop(stub, key, header.id);
  return stop === undefined ? header : withStop(header, stop);
}

/** History comes newest first. */
export async function firstStop(stub: ChaincodeStub, headerKey: string, id: string): Promise<Stop | undefined> {
  let first: Stop | undefined;
  for await (const { value } of stub.getHistoryForKey(stopKey(headerKey))) first = readStop(id, value) ?? first;
  return first;
}

/** Makes room for a stop that the site can write alone. */
export async function putNoStop(stub: ChaincodeStub, headerKey: string, { id, author }: Deployment): Promise<void> {
  const key = stopKey(headerKey);
  await stub.putState(key, noStopBytes(id));
  await stub.setStateValidationParameter(key, alone(author));
}

export async function putStop(stub: ChaincodeStub, headerKey: string, stop: Stop): Promise<void> {
  await stub.putState(stopKey(headerKey), stopBytes(stop));
}

/**
 * The deployment that is live at an endpoint, as far as anything is. Two that are opened at a time have both read this, so
 * one of them is invalid.
 */
export async function findLive(stub: ChaincodeStub, site: RoleHeader, endpoint: string): Promise<string | undefined> {
  for (let epoch = site.epochs.length; epoch >= 1; epoch--) {
    const collection = collectionName('operations', parseId(site.id).org, epoch);
    if ((await stub.getPrivateDataHash(collection, liveKey(endpoint))).length === 0) continue;
    let bytes: Uint8Array;
    try {
      bytes = await stub.getPrivateData(collection, liveKey(endpoint));
    } catch (cause) {
      throw new ProofwardError('PRIVATE_DATA_MISSING', 'this peer does not know yet what is live', { cause });
    }
    return readLive(stub.getChannelID(), new TextDecoder().decode(bytes));
  }
  return undefined;
}

/** The collection's own policy, the site and one other, is the value's. */
export async function putLive(stub: ChaincodeStub, collection: string, endpoint: string, id: string): Promise<void> {
  await stub.putPrivateData(collection, liveKey(endpoint), liveValue(stub.getChannelID(), id));
}
