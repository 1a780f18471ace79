import type { ChaincodeStub } from 'fabric-shim-api';
import {
  attestationPartiesOf,
  type attestationPublicSchema,
  authorAndOneOther,
  collectionName,
  implicitCollection,
  parseId,
  ProofwardError,
  type RecordId,
} from '@proofward/evidence';
import type { z } from 'zod';
import { findRole, membersOf, type RoleHeader } from '../state/roles';
import { type Home, RecordContract } from './record-contract';
import { requireRecord } from './references';

type Fields = z.output<typeof attestationPublicSchema>;

/**
 * An auditor's word on a provider's dataset or model. It lies in the provider's audits collection, but the provider does
 * not endorse it: nobody vetoes his own bad audit.
 */
export class AttestationContract extends RecordContract<'attestation'> {
  constructor() {
    super('attestations', 'attestation');
  }

  /**
   * In `audits-P` any two members could write a mark in the author's name; in the author's implicit collection nobody
   * else can.
   */
  protected override markCollections(owner: RoleHeader): string[] {
    return [implicitCollection(owner.mspId)];
  }

  protected override async home(stub: ChaincodeStub, owner: RoleHeader, fields: Fields, epoch?: number): Promise<Home> {
    const provider = (await findRole(stub, parseId(fields.subject).org))?.header;
    if (provider?.role !== 'provider') {
      throw new ProofwardError('UNKNOWN_ORGANIZATION', 'the subject is not of a provider', { pointer: '/subject' });
    }
    const at = epoch ?? provider.epochs.length;
    const parties = attestationPartiesOf(owner.mspId, provider.mspId, membersOf(provider, at));
    return {
      provider,
      epoch: at,
      collection: collectionName('audits', parseId(provider.id).org, at),
      parties,
      markCollection: implicitCollection(owner.mspId),
      // The implicit collection's own policy is the author alone, who could then erase his word.
      markPolicy: authorAndOneOther(parties.author, parties.others),
    };
  }

  protected override async checkReferences(stub: ChaincodeStub, _: RecordId, { subject }: Fields): Promise<void> {
    await requireRecord(stub, subject, '/subject');
  }
}
