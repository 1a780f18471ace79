import type { ChaincodeStub } from 'fabric-shim-api';
import { parseId, ProofwardError } from '@proofward/evidence';
import { findRole } from '../state/roles';
import { type Creation, RecordContract } from './record-contract';
import { requireRecord } from './references';

/** An owner's leave to build on its dataset or model. */
export class GrantContract extends RecordContract<'grant'> {
  constructor() {
    super('grant');
  }

  protected override async check(stub: ChaincodeStub, { id, fields }: Creation<'grant'>): Promise<void> {
    const { dataset, model, grantee } = fields;
    const granted = dataset ?? model;
    const pointer = dataset === undefined ? '/model' : '/dataset';
    if (granted === undefined || (dataset !== undefined && model !== undefined)) {
      throw new ProofwardError('INVALID_FIELD', 'a grant is of one dataset or one model', { pointer });
    }
    if (parseId(granted).org !== id.org) {
      throw new ProofwardError('FORBIDDEN', `${granted} is not ${id.org}'s to grant`, { pointer });
    }
    await requireRecord(stub, granted, pointer);
    const role = (await findRole(stub, grantee))?.header;
    if (role?.role !== 'provider' || grantee === id.org) {
      throw new ProofwardError('UNKNOWN_ORGANIZATION', `${grantee} is not another provider of the consortium`, {
        pointer: '/grantee',
      });
    }
  }
}
