import type { ChaincodeStub } from 'fabric-shim-api';
import { type Creation, RecordContract } from './record-contract';
import { requireUsable } from './references';

export class DatasetContract extends RecordContract<'dataset'> {
  constructor() {
    super('dataset');
  }

  protected override async check(stub: ChaincodeStub, creation: Creation<'dataset'>): Promise<void> {
    const { parents } = creation.fields;
    await requireUsable(
      stub,
      creation,
      parents.map((id, index) => ({ id, pointer: `/parents/${index}` })),
    );
  }
}
