import { Context, Returns, Transaction } from 'fabric-contract-api';
import type { ChaincodeStub } from 'fabric-shim-api';
import {
  canonicalJson,
  type Consortium,
  type HeaderOf,
  headerKey,
  idSchema,
  markHash,
  markValue,
  owesIncident,
  parseId,
  parseJson,
  parseWith,
  type PlacedType,
  ProofwardError,
  type ReleaseDecisionPrivate,
  type Stop,
  stopIncidentId,
  stoppers,
  stopSchema,
  timeSchema,
  withStop,
} from '@proofward/evidence';
import { z } from 'zod';
import { callerOf, requireOrganization, requireRole } from '../access/caller';
import { type Times, timesOf } from '../state/clock';
import { findLive, firstStop, putLive, putNoStop, putStop, withStopOf } from '../state/deployments';
import { announce, type Found, reviseHeader } from '../state/records';
import { signOffStanding } from '../state/settings';
import { standingOf } from './disputes';
import { ownTransaction } from './proofward-contract';
import { type Creation, RecordContract } from './record-contract';
import { privateValuesOf, requireFound, requireRecord } from './references';
import { requirePoliciesInForce } from './release-decisions';

type Deployment = HeaderOf<'deployment'>;

const stopRequestSchema = z.strictObject({
  id: idSchema('deployment'),
  kind: z.enum(['stop', 'rollback']),
  returnedTo: stopSchema.shape.returnedTo,
  approvals: stopSchema.shape.approvals.default([]),
  effectiveAt: timeSchema.optional(),
});

/** That a model version runs at a site's endpoint, from one time to another. */
export class DeploymentContract extends RecordContract<'deployment'> {
  constructor(private readonly consortium: Consortium) {
    super('deployment');
  }

  /**
   * Stops a deployment, or rolls it back to another version. `request` is JSON of
   * `{id, kind, returnedTo?, approvals?, effectiveAt?}`. It is never refused to the site, which endorses it alone; what is
   * missing is flagged. Answers `{header, replay}`; one that was stopped before is the same answer.
   */
  @Transaction()
  @Returns('string')
  @ownTransaction
  async stop(ctx: Context, request: string): Promise<string> {
    const { stub } = ctx;
    const { id, kind, returnedTo, approvals, effectiveAt } = parseWith(stopRequestSchema, parseJson(request));
    if ((returnedTo !== undefined) !== (kind === 'rollback')) {
      throw new ProofwardError('INVALID_FIELD', 'a rollback, and nothing else, names the version returned to', {
        pointer: '/returnedTo',
      });
    }
    const caller = callerOf(ctx);
    requireRole(caller, stoppers, 'stop a deployment');
    const { key, header } = await this.requireOwn(stub, id);
    requireOrganization(caller, header.author, `stop ${id}`);
    const before = await firstStop(stub, key, id);
    if (before !== undefined) return canonicalJson({ header: withStop(header, before), replay: true });
    if (header.status !== 'running') {
      throw new ProofwardError('INVALID_TRANSITION', `it is ${header.status} already`, { pointer: '/id' });
    }

    const times = timesOf(stub, effectiveAt);
    const flags = await flagsOf(stub, header, { returnedTo, approvals, switchedAt: times.effectiveAt });
    const stop: Stop = stopSchema.parse({
      schema: 1,
      deployment: id,
      kind,
      returnedTo,
      approvals,
      flags: flags.length === 0 ? undefined : flags,
      author: caller.mspId,
      txId: stub.getTxID(),
      ...times,
    });
    await putStop(stub, key, stop);
    const stopped = withStop(header, stop);
    announce(stub, stopped);
    return canonicalJson({ header: stopped, replay: false });
  }

  protected override async check(stub: ChaincodeStub, { id, fields, home, effectiveAt }: Creation<'deployment'>) {
    const { mode, share, endpoint } = fields;
    if ((share === undefined) !== (mode === 'live')) {
      throw new ProofwardError('INVALID_FIELD', 'a canary or shadow, and nothing else, has a share', {
        pointer: '/share',
      });
    }
    const { recordedAt, effectiveAt: from } = timesOf(stub, effectiveAt);
    await requireDecision(stub, this.consortium, id.org, fields, home, { recordedAt, from });
    if (mode !== 'live') return;
    const last = await this.lastLiveAt(stub, home, endpoint);
    if (last === undefined) return;
    await requireIncident(stub, last.read);
    if (last.read.status === 'running' && last.header.from > from) {
      throw new ProofwardError('INVALID_FIELD', `${last.header.id} is live since ${last.header.from}`, {
        pointer: '/effectiveAt',
      });
    }
  }

  protected override added(_: Creation<'deployment'>, { effectiveAt }: Times): object {
    return { from: effectiveAt };
  }

  protected override async alongside(
    stub: ChaincodeStub,
    { id, home, effectiveAt }: Creation<'deployment'>,
    header: Deployment,
  ): Promise<void> {
    await putNoStop(stub, headerKey(id, markHash(markValue(stub.getChannelID(), header))), header);
    if (header.mode !== 'live') return;
    const last = await this.lastLiveAt(stub, home, header.endpoint);
    if (last?.read.status === 'running') {
      await reviseHeader(stub, last.key, ended(last.header, timesOf(stub, effectiveAt)));
    }
    await putLive(stub, home.collection, header.endpoint, header.id);
  }

  protected override asRead(stub: ChaincodeStub, found: Found<Deployment>): Promise<Deployment> {
    return withStopOf(stub, found);
  }

  protected override changed(header: Deployment, times: Times): Partial<Deployment> {
    if (times.effectiveAt < header.from) {
      throw new ProofwardError('INVALID_FIELD', `it runs since ${header.from}`, { pointer: '/effectiveAt' });
    }
    return { to: times.effectiveAt };
  }

  /** What was opened last as live at an endpoint: its header, and how it has to be read. */
  private async lastLiveAt(
    stub: ChaincodeStub,
    { provider }: Creation<'deployment'>['home'],
    endpoint: string,
  ): Promise<(Found<Deployment> & { read: Deployment }) | undefined> {
    const id = await findLive(stub, provider, endpoint);
    if (id === undefined) return undefined;
    const found = await requireFound<'deployment'>(stub, id, '/endpoint');
    return { ...found, read: await withStopOf(stub, found) };
  }

  private async requireOwn(stub: ChaincodeStub, id: string): Promise<Found<Deployment>> {
    try {
      return await requireFound<'deployment'>(stub, id, '/id');
    } catch (cause) {
      if (!(cause instanceof ProofwardError) || cause.code !== 'REFERENCE_NOT_FOUND') throw cause;
      throw new ProofwardError('RECORD_NOT_FOUND', `there is no ${id}`, { pointer: '/id', cause });
    }
  }
}

function ended(header: Deployment, times: Times): Deployment {
  return { ...header, status: 'ended', revision: header.revision + 1, ...times, to: times.effectiveAt };
}

/**
 * A stop is never refused, and opens an incident where it was flagged. It is endorsed by the site alone, an incident is not: so
 * the incident follows, and until it is there nothing else goes live at the endpoint. To go live takes one more organisation
 * too, so whoever could do that can open it.
 *
 * @throws ProofwardError INCIDENT_OWED
 */
async function requireIncident(stub: ChaincodeStub, stopped: Deployment): Promise<void> {
  if (!owesIncident(stopped)) return;
  const id = stopIncidentId(stopped.id);
  const incident = await findHeader<'incident'>(stub, id);
  // The site could have put another one under this name.
  if (incident?.subjects.includes(stopped.id) === true) return;
  throw new ProofwardError('INCIDENT_OWED', `${stopped.id} was stopped without approval, and ${id} is not open yet`, {
    pointer: '/endpoint',
  });
}

/**
 * A deployment rests on a decision that allows it, still at its own time and now: nothing that the decision rests on has ended,
 * been taken back or is disputed, and its policies are those in force.
 *
 * @throws ProofwardError REFERENCE_NOT_FOUND, DECISION_INVALID
 */
async function requireDecision(
  stub: ChaincodeStub,
  consortium: Consortium,
  site: string,
  { model, decision: id }: Creation<'deployment'>['fields'],
  home: Creation<'deployment'>['home'],
  { recordedAt, from }: { recordedAt: string; from: string },
): Promise<void> {
  const refuse = (why: string, pointer = '/decision'): never => {
    throw new ProofwardError('DECISION_INVALID', why, { pointer });
  };
  const { status } = await requireRecord<'model'>(stub, model, '/model');
  if (status === 'revoked') refuse(`${model} is revoked`, '/model');
  const decision = await requireRecord<'release-decision'>(stub, id, '/decision');
  if (parseId(id).org !== site) refuse(`${id} is a decision of ${parseId(id).org}`);
  if (decision.model !== model) refuse(`${id} is about ${decision.model}`);
  if (decision.outcome !== 'allowed') refuse(`${id} says ${decision.outcome}`);
  if (decision.status !== 'decided') refuse(`${id} is ${decision.status}`);
  if (decision.effectiveAt > from) refuse(`${id} was made at ${decision.effectiveAt}`);
  await requirePoliciesInForce(stub, home.provider, model, decision.policies, (why) => refuse(why));

  const values = (await privateValuesOf(stub, home.provider, decision)) as ReleaseDecisionPrivate;
  const end = from > recordedAt ? from : recordedAt;
  if (values.until !== undefined && values.until <= end) refuse(`${id} was true until ${values.until}`);
  for (const record of new Set(values.requirements.flatMap(({ records = [] }) => records))) {
    const found = await requireRecord(stub, record, '/decision');
    const now = await nowOf(stub, consortium, found);
    if (now !== 'active') refuse(`${record}, on which it rests, is ${now}`);
  }
}

/** The state that counts of a record that a decision rests on. */
async function nowOf(stub: ChaincodeStub, consortium: Consortium, header: HeaderOf<PlacedType>): Promise<string> {
  if (header.type === 'attestation') return standingOf(stub, consortium, header);
  return header.type === 'sign-off' ? signOffStanding(stub, header) : header.status;
}

/** What is not as it should be with a stop. It is done all the same. */
async function flagsOf(
  stub: ChaincodeStub,
  header: Deployment,
  {
    returnedTo,
    approvals,
    switchedAt,
  }: { returnedTo: string | undefined; approvals: readonly string[]; switchedAt: string },
): Promise<NonNullable<Stop['flags']>> {
  const flags: NonNullable<Stop['flags']> = [];
  const subjects = [header.model, returnedTo];
  const given: HeaderOf<'sign-off'>[] = [];
  for (const id of approvals) {
    const signOff = await findHeader<'sign-off'>(stub, id);
    const isOwn = signOff?.author === header.author && subjects.includes(signOff.model);
    if (isOwn && (await signOffStanding(stub, signOff)) === 'active') given.push(signOff);
  }
  if (given.length === 0) flags.push('approval-missing');
  else if (given.every(({ effectiveAt }) => effectiveAt > switchedAt)) flags.push('approval-late');
  if (returnedTo !== undefined && (await findHeader<'model'>(stub, returnedTo)) === undefined)
    flags.push('returned-to-unknown');
  return flags;
}

async function findHeader<T extends PlacedType>(stub: ChaincodeStub, id: string): Promise<HeaderOf<T> | undefined> {
  try {
    return await requireRecord<T>(stub, id, '');
  } catch (error) {
    if (error instanceof ProofwardError && error.code === 'REFERENCE_NOT_FOUND') return undefined;
    throw error;
  }
}
