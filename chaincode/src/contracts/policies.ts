import type { ChaincodeStub } from 'fabric-shim-api';
import { canonicalJson, formatId, loosenings, ProofwardError } from '@proofward/evidence';
import { timesOf } from '../state/clock';
import { isInForce, putInForce } from '../state/policies';
import { reviseHeader } from '../state/records';
import { type Creation, RecordContract } from './record-contract';
import { requireFound, requireRecord } from './references';

/** What a vendor asks of whoever runs its models, or a site of whatever it runs. */
export class PolicyContract extends RecordContract<'policy'> {
  constructor() {
    super('policy');
  }

  /** Its owner may ask for more alone. To ask for less is for votes. */
  protected override async check(stub: ChaincodeStub, { id, fields, home }: Creation<'policy'>): Promise<void> {
    const { scope, line, replaces, requirements } = fields;
    if (scope === 'consortium') {
      throw new ProofwardError('FORBIDDEN', "the consortium's policy is made by votes", { pointer: '/scope' });
    }
    if (scope === 'site' && line !== undefined) {
      throw new ProofwardError('INVALID_FIELD', "a site's policy is for all that it runs", { pointer: '/line' });
    }
    if (!(await isInForce(stub, home.provider, fields, replaces))) {
      const message = replaces === undefined ? 'there is one in force, to be replaced' : `${replaces} is not in force`;
      throw new ProofwardError('POLICY_NOT_IN_FORCE', message, { pointer: '/replaces' });
    }
    if (fields.proposal !== undefined) return requireCarried(stub, formatId(id), fields, fields.proposal);
    if (replaces === undefined) return;
    const { header } = await requireFound<'policy'>(stub, replaces, '/replaces');
    const [first] = loosenings(header.requirements, requirements);
    if (first !== undefined) throw new ProofwardError('POLICY_LOOSENED', first, { pointer: '/requirements' });
  }

  protected override async alongside(stub: ChaincodeStub, { id, fields, home }: Creation<'policy'>): Promise<void> {
    await putInForce(stub, home, fields, id);
    if (fields.replaces === undefined) return;
    const { key, header } = await requireFound<'policy'>(stub, fields.replaces, '/replaces');
    await reviseHeader(stub, key, {
      ...header,
      status: 'superseded',
      revision: header.revision + 1,
      ...timesOf(stub, undefined),
    });
  }
}

/** @throws ProofwardError PROPOSAL_MISMATCH where the votes were not on this very policy, or did not carry it */
async function requireCarried(
  stub: ChaincodeStub,
  policy: string,
  fields: Creation<'policy'>['fields'],
  proposal: string,
): Promise<void> {
  const { change, status } = await requireRecord<'proposal'>(stub, proposal, '/proposal');
  if (status !== 'carried') {
    throw new ProofwardError('PROPOSAL_MISMATCH', `${proposal} is ${status}`, { pointer: '/proposal' });
  }
  if (canonicalJson(change) !== canonicalJson({ kind: 'policy', policy, ...fields, proposal: undefined })) {
    throw new ProofwardError('PROPOSAL_MISMATCH', `${proposal} is of another change`, { pointer: '/proposal' });
  }
}
