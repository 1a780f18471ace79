import {
  amendmentCount,
  amendmentId,
  type AmendmentPrivate,
  type Header,
  parseId,
  placementOf,
  ProofwardError,
  requireAmendable,
  subjectOf,
} from '@proofward/evidence';
import type { Caller } from '../identity/authenticator.js';
import type { CreateCommand, Created } from '../ledger/registrar.js';
import type { Services } from '../routes/services.js';

/** A correction as its caller says it. */
export interface Amending {
  record: string;
  field: string;
  reasonCode: string;
  private: AmendmentPrivate;
  effectiveAt?: string | undefined;
}

type Of = Pick<Services, 'config' | 'identities' | 'registrar'>;

/**
 * Amends a field after its latest amendment; what the latest one already says is answered with that. Where the record lies,
 * and how often its field was amended, is asked of the ledger: the read model may not have what was written a moment ago.
 *
 * @throws ProofwardError FIELD_NOT_AMENDABLE, REFERENCE_NOT_FOUND, FORBIDDEN and what the ledger refuses
 */
export async function amend(services: Of, caller: Caller, amending: Amending): Promise<Created> {
  const { config, identities, registrar } = services;
  const { record, field, reasonCode, private: privateFields, effectiveAt } = amending;
  const type = requireAmendable(record, field);
  const identity = identities.get(caller.identity);
  const amended = await read(services, caller, record);
  if (amended.author !== config.mspId) {
    throw new ProofwardError('FORBIDDEN', `${record} is ${amended.author}'s to amend`, { pointer: '/record' });
  }
  const subject = placementOf(type, config.role).holder === 'subject' ? subjectOf(amended) : undefined;
  const latest = await registrar.latestAmendment(identity, { record, field });
  const count = latest === undefined ? 0 : (amendmentCount(latest.id, { record, field }) ?? 0);
  const command = (version: number): CreateCommand => ({
    type: 'amendment',
    id: amendmentId(record, field, version),
    publicFields: { record, field, reasonCode, ...(subject === undefined ? {} : { subject }) },
    privateFields: { ...privateFields },
    effectiveAt,
    epoch: amended.type === 'role' ? undefined : amended.epoch,
  });
  if (count > 0) {
    try {
      return await registrar.create(identity, command(count));
    } catch (error) {
      if (!(error instanceof ProofwardError) || error.code !== 'RECORD_EXISTS') throw error;
    }
  }
  return registrar.create(identity, command(count + 1));
}

async function read({ identities, registrar }: Of, caller: Caller, record: string): Promise<Header> {
  const { type } = parseId(record, '/record');
  try {
    // A role record is never amended, so it does not come here.
    return await registrar.read(identities.get(caller.identity), type as CreateCommand['type'], record);
  } catch (error) {
    if (!(error instanceof ProofwardError) || error.code !== 'RECORD_NOT_FOUND') throw error;
    throw new ProofwardError('REFERENCE_NOT_FOUND', `there is no ${record}`, { pointer: '/record', cause: error });
  }
}
