import type { ChaincodeStub } from 'fabric-shim-api';
import { type datasetPublicSchema, type RecordId } from '@proofward/evidence';
import type { z } from 'zod';
import type { MarkPlace } from '../state/records';
import type { RoleHeader } from '../state/roles';
import { providerHome, providerMarks } from './provider-home';
import { type Home, RecordContract } from './record-contract';
import { requireUsable } from './references';

type Fields = z.output<typeof datasetPublicSchema>;

export class DatasetContract extends RecordContract<'dataset'> {
  constructor() {
    super('datasets', 'dataset');
  }

  protected override markPlaces(owner: RoleHeader): MarkPlace[] {
    return providerMarks('datasets', owner);
  }

  protected override home(_: ChaincodeStub, owner: RoleHeader, __: Fields, epoch?: number): Promise<Home> {
    return Promise.resolve(providerHome('datasets', owner, epoch));
  }

  protected override async checkReferences(stub: ChaincodeStub, id: RecordId, { parents }: Fields): Promise<void> {
    for (const [index, parent] of parents.entries()) await requireUsable(stub, id, parent, `/parents/${index}`);
  }
}
