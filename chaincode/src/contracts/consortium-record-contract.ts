import type { ChaincodeStub } from 'fabric-shim-api';
import { type Consortium, consortiumCollection, majorityKeyPolicy } from '@proofward/evidence';
import type { RoleHeader } from '../state/roles';
import type { Home } from './home';
import { RecordContract } from './record-contract';

/**
 * What is nobody's in particular: a majority endorses it, by the policy of the collection that holds its mark and by that of
 * its header's key. So fewer than half of the organisations, whatever chaincode they run, can neither make nor change it.
 */
export abstract class ConsortiumRecordContract<T extends 'proposal' | 'vote' | 'setting'> extends RecordContract<T> {
  constructor(
    type: T,
    protected readonly consortium: Consortium,
  ) {
    super(type);
  }

  protected override homeOf(_stub: ChaincodeStub, owner: RoleHeader): Promise<Home> {
    const members = this.mspIds();
    return Promise.resolve({
      provider: owner,
      epoch: 1,
      collection: consortiumCollection,
      members,
      parties: { author: owner.mspId, others: members.filter((mspId) => mspId !== owner.mspId) },
      markCollection: consortiumCollection,
      markPolicy: undefined,
    });
  }

  protected override headerPolicy(): Uint8Array {
    return majorityKeyPolicy(this.mspIds());
  }

  private mspIds(): string[] {
    return this.consortium.organizations.map(({ mspId }) => mspId);
  }
}
