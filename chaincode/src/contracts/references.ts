import type { ChaincodeStub } from 'fabric-shim-api';
import { type ProviderCollection, parseId, ProofwardError, type RecordId } from '@proofward/evidence';
import { findRecord } from '../state/records';
import { findRole } from '../state/roles';
import { providerMarks } from './provider-home';

const collectionOfType = { dataset: 'datasets', model: 'models' } as const satisfies Record<string, ProviderCollection>;

/**
 * A record that another one refers to, which must exist. Its mark's hash is known to every peer, so this needs no
 * membership.
 *
 * @throws ProofwardError REFERENCE_NOT_FOUND
 */
export async function requireRecord(stub: ChaincodeStub, idText: string, pointer: string): Promise<void> {
  const id = parseId(idText, pointer);
  const owner = await findRole(stub, id.org);
  const kind = id.type === 'dataset' || id.type === 'model' ? collectionOfType[id.type] : undefined;
  const found =
    owner === undefined || kind === undefined
      ? undefined
      : await findRecord(stub, id, providerMarks(kind, owner.header));
  if (found === undefined || found === 'deleted')
    throw new ProofwardError('REFERENCE_NOT_FOUND', `there is no ${idText}`, { pointer });
}

/**
 * The same for a record that is built upon: a foreign one needs its owner's usage grant.
 *
 * @throws ProofwardError REFERENCE_NOT_FOUND, GRANT_REQUIRED
 */
export async function requireUsable(
  stub: ChaincodeStub,
  user: RecordId,
  idText: string,
  pointer: string,
): Promise<void> {
  await requireRecord(stub, idText, pointer);
  if (parseId(idText).org !== user.org) {
    throw new ProofwardError('GRANT_REQUIRED', `${user.org} has no usage grant for ${idText}`, { pointer });
  }
}
