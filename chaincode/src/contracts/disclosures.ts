import type { ChaincodeStub } from 'fabric-shim-api';
import {
  type DisclosurePrivate,
  disclosureRequestPrivateSchema,
  type HeaderOf,
  isPrivateHeader,
  organizationRoles,
  parseWith,
  type Presentation,
  presentationSchema,
  ProofwardError,
  unanswered,
} from '@proofward/evidence';
import { timesOf } from '../state/clock';
import { transientJson } from '../state/private';
import { reviseHeader } from '../state/records';
import { activeRole, type RoleHeader } from '../state/roles';
import { type Home, partiesHome } from './home';
import { type Creation, RecordContract } from './record-contract';
import { requireFound, requirePresented, requireRecord } from './references';

const askedSchema = disclosureRequestPrivateSchema.pick({ record: true, fields: true });

/**
 * What its owner has shown of a record to one organisation more, or refused to show. Owner and recipient endorse it, and both
 * hold it: what was shown stays between the two, that something was shown is public.
 */
export class DisclosureContract extends RecordContract<'disclosure'> {
  constructor() {
    super('disclosure');
  }

  protected override async check(stub: ChaincodeStub, creation: Creation<'disclosure'>): Promise<void> {
    const { caller, fields, values } = creation;
    const recipient = await activeRole(stub, fields.recipient, organizationRoles, '/recipient');
    if (recipient.mspId === caller.mspId) {
      throw new ProofwardError('INVALID_FIELD', 'nobody shows its own to itself', { pointer: '/recipient' });
    }
    const { record, presentation } = values;
    const header = await requireRecord(stub, record, '/private/record');
    if (header.author !== caller.mspId) {
      throw new ProofwardError('FORBIDDEN', `${record} is ${header.author}'s to show`, { pointer: '/private/record' });
    }
    if (!isPrivateHeader(header)) {
      throw new ProofwardError('INVALID_FIELD', `${record} has no private fields`, { pointer: '/private/record' });
    }
    if (presentation !== undefined) requirePresented(stub, header, presentation, '/private/presentation');
    if (values.request === undefined) requireOfOwnAccord(values);
    else await this.requireAnswer(stub, recipient, values.request, values);
  }

  protected override homeOf(
    stub: ChaincodeStub,
    owner: RoleHeader,
    fields: Pick<HeaderOf<'disclosure'>, 'recipient'>,
  ): Promise<Home> {
    return partiesHome(stub, owner, fields, []);
  }

  /** The request is answered by the same transaction, so that nobody answers it twice. */
  protected override async alongside(
    stub: ChaincodeStub,
    { values: { request }, effectiveAt }: Creation<'disclosure'>,
  ): Promise<void> {
    if (request === undefined) return;
    const { key, header } = await requireFound<'disclosure-request'>(stub, request, '/private/request');
    const times = timesOf(stub, effectiveAt);
    const isLate = header.status === 'overdue' || times.recordedAt > header.deadline;
    const status = isLate ? 'answered-late' : 'answered';
    await reviseHeader(stub, key, { ...header, status, revision: header.revision + 1, ...times });
  }

  /** Each field that was asked for is shown or refused, and no other one is shown. */
  private async requireAnswer(
    stub: ChaincodeStub,
    recipient: RoleHeader,
    request: string,
    { record, presentation, refused = [] }: DisclosurePrivate,
  ): Promise<void> {
    const header = await requireRecord<'disclosure-request'>(stub, request, '/private/request');
    if (header.author !== recipient.mspId) {
      throw new ProofwardError('INVALID_FIELD', `${request} is of ${header.author}`, { pointer: '/recipient' });
    }
    if (!unanswered.includes(header.status)) {
      throw new ProofwardError('INVALID_TRANSITION', `${request} is ${header.status}`, { pointer: '/private/request' });
    }
    const asked = askedOf(stub, header);
    if (asked.record !== record) {
      throw new ProofwardError('INVALID_FIELD', `${request} asks for ${asked.record}`, { pointer: '/private/record' });
    }
    const shown = (presentation?.fields ?? []).map(({ name }) => name);
    const answered = [...shown, ...refused.map(({ field }) => field)];
    const refuse = (why: string): never => {
      throw new ProofwardError('INVALID_FIELD', why, { pointer: '/private/refused' });
    };
    for (const name of asked.fields) if (!answered.includes(name)) refuse(`${name} is neither shown nor refused`);
    for (const [index, name] of answered.entries()) {
      if (!asked.fields.includes(name)) refuse(`${name} was not asked for`);
      if (answered.indexOf(name) !== index) refuse(`${name} is shown and refused`);
    }
  }
}

/** Without a request something is shown, and nothing is there to be refused. */
function requireOfOwnAccord({ presentation, refused }: DisclosurePrivate): void {
  if (presentation === undefined || refused !== undefined) {
    throw new ProofwardError('INVALID_FIELD', 'without a request fields are shown, and none refused', {
      pointer: presentation === undefined ? '/private/presentation' : '/private/refused',
    });
  }
}

/**
 * What a request asks for, as it is presented: the endorsers, requester and addressee, hold it in collections of their own,
 * and would not read the same keys.
 *
 * @throws ProofwardError PRESENTATION_MISMATCH
 */
function askedOf(stub: ChaincodeStub, header: HeaderOf<'disclosure-request'>) {
  const presentation: Presentation = parseWith(
    presentationSchema,
    transientJson(stub, 'presentations'),
    '/presentations',
  );
  return parseWith(askedSchema, requirePresented(stub, header, presentation, '/presentations'), '/presentations');
}
