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
import type { MarkPlace, PrivateHeader } from '../state/records';
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
  protected override markPlaces(owner: RoleHeader): MarkPlace[] {
    // Every organisation has an implicit collection, and puts there what it likes.
    if (owner.role !== 'auditor') return [];
    return [{ collection: implicitCollection(owner.mspId), author: owner.mspId }];
  }

  /**
   * The author alone writes his first mark, and any two put a header under it, the subject's owner too: so whether he was
   * one to audit this subject is asked again of what is found.
   */
  protected override async isAgreed(stub: ChaincodeStub, header: PrivateHeader): Promise<boolean> {
    if (header.type !== 'attestation') return false;
    const provider = (await findRole(stub, parseId(header.subject).org))?.header;
    // The owner itself is in none of its epochs, and an organisation that is no provider has none.
    return provider?.epochs[header.epoch - 1]?.includes(header.author) === true;
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
