import type { ChaincodeStub } from 'fabric-shim-api';
import {
  type HeaderOf,
  parseId,
  parseJson,
  type PlacedType,
  type PrivateRecord,
  type Presentation,
  privateValues,
  ProofwardError,
  type RecordId,
  verifyPresentation,
} from '@proofward/evidence';
import { findRecord, type Found, type PrivateHeader } from '../state/records';
import type { RoleHeader } from '../state/roles';
import { timesOf } from '../state/clock';
import { getPrivateRecord } from '../state/private';
import { findOwner, homeOf, isAgreed, markPlacesOf } from './home';

/**
 * A record that another one refers to, which must exist. Its mark's hash is known to every peer, so this needs no
 * membership.
 *
 * @throws ProofwardError REFERENCE_NOT_FOUND
 */
export async function requireRecord<T extends PlacedType>(
  stub: ChaincodeStub,
  idText: string,
  pointer: string,
): Promise<HeaderOf<T>> {
  return (await requireFound<T>(stub, idText, pointer)).header;
}

/** The same with its ledger key. */
export async function requireFound<T extends PlacedType>(
  stub: ChaincodeStub,
  idText: string,
  pointer: string,
): Promise<Found<HeaderOf<T>>> {
  const id = parseId(idText, pointer);
  const owner = await findOwner(stub, id);
  if (owner !== undefined && id.type !== 'role') {
    const { type } = id;
    const found = await findRecord(stub, { ...id, type }, markPlacesOf({ ...id, type }, owner));
    if (typeof found === 'object' && (await isAgreed(stub, type, owner, found.header)))
      return { key: found.key, header: found.header as HeaderOf<T> };
  }
  throw new ProofwardError('REFERENCE_NOT_FOUND', `there is no ${idText}`, { pointer });
}

/**
 * The private values of a record of the organisation's own collections, for who endorses as a member of them.
 *
 * @throws ProofwardError PRIVATE_DATA_ERASED, PRIVATE_DATA_MISSING
 */
export async function privateValuesOf(
  stub: ChaincodeStub,
  owner: RoleHeader,
  header: PrivateHeader,
): Promise<Record<string, unknown>> {
  const { collection } = await homeOf(stub, header.type, owner, undefined, header.epoch);
  return privateValues(parseJson(await getPrivateRecord(stub, collection, header)) as PrivateRecord);
}

/**
 * The values of a presentation, each checked against the public commitment of the record that it is of.
 *
 * @throws ProofwardError PRESENTATION_MISMATCH for a field that is not under it
 */
export function requirePresented(
  stub: ChaincodeStub,
  { type, id, privateRevision, schema, commitment }: PrivateHeader,
  presentation: Presentation,
  pointer: string,
): Record<string, unknown> {
  const context = { channel: stub.getChannelID(), type, id, revision: privateRevision };
  const differing = verifyPresentation(context, schema, commitment, presentation).findIndex(({ match }) => !match);
  if (differing !== -1) {
    throw new ProofwardError('PRESENTATION_MISMATCH', `a field is not one of ${id}`, {
      pointer: `${pointer}/fields/${differing}`,
    });
  }
  return Object.fromEntries(presentation.fields.map(({ name, value }) => [name, value]));
}

interface Use {
  id: RecordId;
  fields: { grants?: string[] | undefined; purpose?: string | undefined };
}

/**
 * The same for records that are built upon: a foreign one needs its owner's usage grant, for this organisation and purpose,
 * that is in force now.
 *
 * @param use the record that builds on them, with the grants that it names
 * @throws ProofwardError REFERENCE_NOT_FOUND, GRANT_REQUIRED, GRANT_INVALID
 */
export async function requireUsable(
  stub: ChaincodeStub,
  { id: user, fields: { grants = [], purpose } }: Use,
  used: readonly { id: string; pointer: string }[],
): Promise<void> {
  for (const { id, pointer } of used) await requireRecord(stub, id, pointer);

  const now = timesOf(stub, undefined).recordedAt;
  const granted = new Set<string>();
  for (const [index, id] of grants.entries()) {
    const pointer = `/grants/${index}`;
    const grant = await requireRecord<'grant'>(stub, id, pointer);
    const refuse = (why: string): never => {
      throw new ProofwardError('GRANT_INVALID', `${id} ${why}`, { pointer });
    };
    const of = grant.dataset ?? grant.model ?? '';
    if (!used.some((reference) => reference.id === of)) refuse(`is a grant of ${of}, which is not used here`);
    if (grant.grantee !== user.org) refuse(`is a grant to ${grant.grantee}`);
    if (purpose !== undefined && grant.purpose !== purpose) refuse(`is for the purpose ${grant.purpose}`);
    if (grant.status !== 'active') refuse(`is ${grant.status}`);
    if (grant.until !== undefined && grant.until <= now) refuse(`ended at ${grant.until}`);
    granted.add(of);
  }
  for (const { id, pointer } of used) {
    if (parseId(id).org !== user.org && !granted.has(id)) {
      throw new ProofwardError('GRANT_REQUIRED', `${user.org} names no usage grant for ${id}`, { pointer });
    }
  }
}
