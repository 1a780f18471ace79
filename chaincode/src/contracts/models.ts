import type { ChaincodeStub } from 'fabric-shim-api';
import { type Creation, RecordContract } from './record-contract';
import { requireUsable } from './references';

export class ModelContract extends RecordContract<'model'> {
  constructor() {
    super('model');
  }

  protected override async check(stub: ChaincodeStub, creation: Creation<'model'>): Promise<void> {
    const { datasets, parents } = creation.fields;
    await requireUsable(stub, creation, [
      ...datasets.map(({ id }, index) => ({ id, pointer: `/datasets/${index}/id` })),
      ...parents.map(({ id }, index) => ({ id, pointer: `/parents/${index}/id` })),
    ]);
  }
}
