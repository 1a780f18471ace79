import { Context, Returns, Transaction } from 'fabric-contract-api';
import type { ChaincodeStub } from 'fabric-shim-api';
import {
  attestationPrivateSchema,
  canonicalJson,
  type Consortium,
  consortiumSlug,
  type GivenSignOff,
  type GivenWaiver,
  type HeaderOf,
  evaluateRelease,
  parseId,
  parseJson,
  parseWith,
  type PolicyInForce,
  type PolicyPlace,
  type PresentedAttestation,
  presentationDigest,
  presentationSchema,
  ProofwardError,
  releaseDecisionPrivateSchema,
  releaseDecisionPublicSchema,
  type ReleaseOutcome,
  type SignOffPrivate,
  writers,
  idSchema,
  slugSchema,
} from '@proofward/evidence';
import { z } from 'zod';
import { callerOf, requireOrganization, requireRole } from '../access/caller';
import { timesOf } from '../state/clock';
import { isInForce } from '../state/policies';
import { transientJson } from '../state/private';
import { activeRole, findRole, type RoleHeader } from '../state/roles';
import { signOffStanding } from '../state/settings';
import { standingOf } from './disputes';
import { ownTransaction } from './proofward-contract';
import { type Creation, RecordContract } from './record-contract';
import { privateValuesOf, requirePresented, requireRecord } from './references';

/** What is presented of attestations, as transient data: only those who endorse see it. */
const presentationsSchema = z
  .array(z.strictObject({ attestation: idSchema('attestation'), presentation: presentationSchema }))
  .max(256)
  .refine(
    (presented) => new Set(presented.map(({ attestation }) => attestation)).size === presented.length,
    'an attestation is presented twice',
  );
type Presented = z.output<typeof presentationsSchema>;

const { purpose, signOffs, waivers } = releaseDecisionPrivateSchema.shape;
const { model, policies } = releaseDecisionPublicSchema.shape;
const questionSchema = z.strictObject({ site: slugSchema, model, policies, purpose, signOffs, waivers });
type Question = Omit<z.output<typeof questionSchema>, 'site'>;

/**
 * Whether a model version may run at a site. What others know of it is presented, not read: disclosed fields with their
 * salts, checked against the public commitments. So no endorser needs to be in anybody's collection but the site's.
 */
export class ReleaseDecisionContract extends RecordContract<'release-decision'> {
  constructor(private readonly consortium: Consortium) {
    super('release-decision');
  }

  /**
   * What a release comes to, requirement by requirement, without recording it. `question` is JSON of
   * `{site, model, policies, purpose, signOffs, waivers}`, `presentations` come as transient data. Answers
   * `{outcome, requirements, until?, evidence}`.
   */
  @Transaction(false)
  @Returns('string')
  @ownTransaction
  async evaluate(ctx: Context, question: string): Promise<string> {
    const { site: slug, ...asked } = parseWith(questionSchema, parseJson(question));
    const caller = callerOf(ctx);
    requireRole(caller, writers['release-decision'].callers, 'request a release');
    const site = await activeRole(ctx.stub, slug, ['provider'], '/site');
    requireOrganization(caller, site.mspId, `request releases at ${slug}`);
    const presented = presentedIn(ctx.stub);
    return canonicalJson({
      ...(await decide(ctx.stub, this.consortium, site, asked, presented)),
      evidence: evidenceOf(presented),
    });
  }

  /** @throws ProofwardError DECISION_NOT_BORNE where it is not what it comes to, with the first difference */
  protected override async check(stub: ChaincodeStub, { fields, values, home }: Creation<'release-decision'>) {
    const presented = presentedIn(stub);
    const decided = await decide(stub, this.consortium, home.provider, { ...fields, ...values }, presented);
    const differs = (pointer: string, claimed: unknown, found: unknown) => {
      if (canonicalJson(claimed ?? null) === canonicalJson(found ?? null)) return;
      throw new ProofwardError('DECISION_NOT_BORNE', `${pointer} is ${JSON.stringify(found)}`, { pointer });
    };
    differs('/outcome', fields.outcome, decided.outcome);
    differs('/private/requirements', values.requirements, decided.requirements);
    differs('/private/until', values.until, decided.until);
    differs('/private/evidence', values.evidence, evidenceOf(presented));
  }
}

async function decide(
  stub: ChaincodeStub,
  consortium: Consortium,
  site: RoleHeader,
  asked: Question,
  presented: Presented,
): Promise<ReleaseOutcome> {
  const { parents } = await requireRecord<'model'>(stub, asked.model, '/model');
  await requirePoliciesInForce(stub, site, asked.model, asked.policies, (why) => {
    throw new ProofwardError('POLICY_NOT_IN_FORCE', why, { pointer: '/policies' });
  });
  const inForce: PolicyInForce[] = [];
  for (const [index, id] of asked.policies.entries()) {
    const { requirements } = await requireRecord<'policy'>(stub, id, `/policies/${index}`);
    inForce.push({ id, requirements });
  }
  const attestations: PresentedAttestation[] = [];
  for (const [index, { attestation, presentation }] of presented.entries()) {
    const pointer = `/presentations/${index}`;
    const header = await requireRecord<'attestation'>(stub, attestation, pointer);
    const status = await standingOf(stub, consortium, header);
    attestations.push({ ...header, status, fields: shownFields(stub, header, presentation, pointer) });
  }
  return evaluateRelease({
    model: asked.model,
    parents,
    site: parseId(site.id).org,
    purpose: asked.purpose,
    policies: inForce,
    attestations,
    signOffs: await signOffsOf(stub, site, asked.signOffs),
    waivers: await waiversOf(stub, site, asked.waivers),
    instant: timesOf(stub, undefined).recordedAt,
  });
}

/** The endorsers are members of the site's operations collection, so each reads what was signed. */
async function signOffsOf(stub: ChaincodeStub, site: RoleHeader, ids: readonly string[]): Promise<GivenSignOff[]> {
  const given: GivenSignOff[] = [];
  for (const [index, id] of ids.entries()) {
    const pointer = `/signOffs/${index}`;
    const header = await requireRecord<'sign-off'>(stub, requireOwn(site, id, pointer), pointer);
    const { outcome, purpose: forPurpose } = (await privateValuesOf(stub, site, header)) as SignOffPrivate;
    const status = await signOffStanding(stub, header);
    given.push({ ...header, status, site: parseId(id).org, outcome, purpose: forPurpose });
  }
  return given;
}

async function waiversOf(stub: ChaincodeStub, site: RoleHeader, ids: readonly string[]): Promise<GivenWaiver[]> {
  const given: GivenWaiver[] = [];
  for (const [index, id] of ids.entries()) {
    const pointer = `/waivers/${index}`;
    const header = await requireRecord<'waiver'>(stub, requireOwn(site, id, pointer), pointer);
    given.push({ ...header, site: parseId(id).org });
  }
  return given;
}

function requireOwn(site: RoleHeader, id: string, pointer: string): string {
  if (parseId(id).org === parseId(site.id).org) return id;
  throw new ProofwardError('INVALID_FIELD', `${id} is of another site`, { pointer });
}

/** @throws ProofwardError PRESENTATION_MISMATCH */
function shownFields(
  stub: ChaincodeStub,
  header: HeaderOf<'attestation'>,
  presentation: Presented[number]['presentation'],
  pointer: string,
): PresentedAttestation['fields'] {
  const at = `${pointer}/presentation`;
  return parseWith(attestationPrivateSchema.partial(), requirePresented(stub, header, presentation, at), at);
}

function presentedIn(stub: ChaincodeStub): Presented {
  return parseWith(presentationsSchema, transientJson(stub, 'presentations') ?? [], '/presentations');
}

function evidenceOf(presented: Presented) {
  return presented.map(({ attestation, presentation }) => ({
    attestation,
    presentation: presentationDigest(presentation),
  }));
}

/**
 * The policies must be all that are in force for that model at that site: the consortium's, the vendor's for all of its models, the one for
 * this line, and the site's. None can be left out, since every peer knows whether there is one.
 *
 * @throws ProofwardError POLICY_MISSING where there is none at all
 */
export async function requirePoliciesInForce(
  stub: ChaincodeStub,
  site: RoleHeader,
  model: string,
  policies: readonly string[],
  refuse: (why: string) => never,
): Promise<void> {
  const { org, name } = parseId(model);
  const vendor = (await findRole(stub, org))?.header;
  if (vendor === undefined)
    throw new ProofwardError('UNKNOWN_ORGANIZATION', `there is no ${org}`, { pointer: '/model' });
  const places: [RoleHeader | typeof consortiumSlug, PolicyPlace][] = [
    [consortiumSlug, { scope: 'consortium' }],
    [vendor, { scope: 'vendor' }],
    [vendor, { scope: 'vendor', line: name }],
    [site, { scope: 'site' }],
  ];
  const wanted = new Set<string>();
  for (const [owner, place] of places) {
    let named: string | undefined;
    for (const id of policies) if (await isInForce(stub, owner, place, id)) named = id;
    if (named !== undefined) wanted.add(named);
    else if (!(await isInForce(stub, owner, place, undefined))) {
      refuse(`the ${place.scope}'s policy that is in force is not named`);
    }
  }
  const stray = policies.find((id) => !wanted.has(id));
  if (stray !== undefined) refuse(`${stray} is not in force for ${model} here`);
  if (wanted.size === 0) {
    throw new ProofwardError('POLICY_MISSING', 'neither consortium, vendor nor site has a release policy', {
      pointer: '/policies',
    });
  }
}
