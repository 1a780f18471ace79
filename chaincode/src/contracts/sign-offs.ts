import type { ChaincodeStub } from 'fabric-shim-api';
import { type HeaderOf, parseId, parseJson, type PrivateRecord, ProofwardError } from '@proofward/evidence';
import { getPrivateRecord } from '../state/private';
import { getRegistrant } from '../state/registrants';
import { requireReviewer } from '../state/settings';
import { ownHome } from './home';
import { type Creation, RecordContract } from './record-contract';
import { requireRecord } from './references';

/** A person's approval or refusal of a model version, for the site that he belongs to. */
export class SignOffContract extends RecordContract<'sign-off'> {
  constructor() {
    super('sign-off');
  }

  protected override async check(stub: ChaincodeStub, creation: Creation<'sign-off'>): Promise<void> {
    const { id, caller, fields } = creation;
    await requireReviewer(stub, fields.role, caller.role);
    const model = await requireRecord<'model'>(stub, fields.model, '/model');
    // Who made a foreign model is of another organisation, so another person.
    if (parseId(model.id).org === id.org) await requireAnother(stub, creation, model);
  }

  protected override added({ caller, fields }: Creation<'sign-off'>): object {
    return caller.role === fields.role ? {} : { certificate: caller.role };
  }
}

/**
 * The four eyes: who registered a version, and who triggered the pipeline that did, has no sign-off to give. Each endorser
 * of the site's record is asked, so each must hold the model's private part.
 *
 * @throws ProofwardError SIGNED_BY_REGISTRANT, PRIVATE_DATA_MISSING, PRIVATE_DATA_ERASED
 */
async function requireAnother(
  stub: ChaincodeStub,
  { caller, home }: Creation<'sign-off'>,
  model: HeaderOf<'model'>,
): Promise<void> {
  const { collection } = ownHome('models', home.provider, model.epoch);
  const record = parseJson(await getPrivateRecord(stub, collection, model)) as PrivateRecord;
  const { enrollmentId } = await getRegistrant(stub, collection, model, record);
  for (const [what, person] of Object.entries({
    registered: enrollmentId,
    triggered: record.fields.triggeredBy?.value,
  })) {
    if (person === caller.enrollmentId) {
      throw new ProofwardError('SIGNED_BY_REGISTRANT', `the caller ${what} ${model.id}`, { pointer: '/model' });
    }
  }
}
