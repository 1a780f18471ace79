import type { ChaincodeStub } from 'fabric-shim-api';
import { type modelPublicSchema, type RecordId } from '@proofward/evidence';
import type { z } from 'zod';
import type { MarkPlace } from '../state/records';
import type { RoleHeader } from '../state/roles';
import { providerHome, providerMarks } from './provider-home';
import { type Home, RecordContract } from './record-contract';
import { requireUsable } from './references';

type Fields = z.output<typeof modelPublicSchema>;

export class ModelContract extends RecordContract<'model'> {
  constructor() {
    super('models', 'model');
  }

  protected override markPlaces(owner: RoleHeader): MarkPlace[] {
    return providerMarks('models', owner);
  }

  protected override home(_: ChaincodeStub, owner: RoleHeader, __: Fields, epoch?: number): Promise<Home> {
    return Promise.resolve(providerHome('models', owner, epoch));
  }

  protected override async checkReferences(stub: ChaincodeStub, id: RecordId, fields: Fields): Promise<void> {
    for (const [index, dataset] of fields.datasets.entries()) {
      await requireUsable(stub, id, dataset.id, `/datasets/${index}/id`);
    }
    for (const [index, parent] of fields.parents.entries()) {
      await requireUsable(stub, id, parent.id, `/parents/${index}/id`);
    }
  }
}
