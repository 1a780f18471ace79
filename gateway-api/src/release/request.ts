import {
  canonicalJson,
  consortiumSlug,
  formatId,
  type Header,
  type HeaderOf,
  parseId,
  parseJson,
  type Presentation,
  presentFields,
  ProofwardError,
  type RecordType,
} from '@proofward/evidence';
import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import { evaluationSchema } from '../answers.js';
import { type Caller, requireScope } from '../identity/authenticator.js';
import type { Created } from '../ledger/registrar.js';
import { readPage } from '../queries/page.js';
import type { StoredRecord } from '../queries/records.js';
import type { Services } from '../routes/services.js';

/** What a site asks for, and what it has for it. */
export interface ReleaseRequest {
  model: string;
  purpose: string;
  name?: string | undefined;
  version?: string | undefined;
  presentations: readonly { attestation: string; presentation: Presentation }[];
  attestations?: readonly string[] | undefined;
  signOffs?: readonly string[] | undefined;
  waivers?: readonly string[] | undefined;
  effectiveAt?: string | undefined;
}

/** What a release comes to, and from what. */
export interface Decided {
  policies: string[];
  signOffs: readonly string[];
  waivers: readonly string[];
  presentations: ReleaseRequest['presentations'];
  evaluation: z.output<typeof evaluationSchema>;
}

/** What a decision is taken from; the figures and the counts, and what the auditor says of them. */
const shownFields = ['verdict', 'metrics', 'evidence', 'minimumGroupSize', 'unknownCount'];

/** Asks the own peer's chaincode, which checks what is presented as every endorser will. */
export async function decideRelease(services: Services, caller: Caller, request: ReleaseRequest): Promise<Decided> {
  const { config, identities, ledger } = services;
  const { model, purpose } = request;
  const policies = await policiesInForce(services, model);
  // Those of its parents may count as well, where a policy has bounds for such a change.
  const signOffs =
    request.signOffs ?? (await activeOf(services, 'sign-off', model, ...(await parentsOf(services, model))));
  const waivers = request.waivers ?? (await activeOf(services, 'waiver', model));
  const presentations = [...request.presentations, ...(await ownPresentations(services, caller, request))];
  if (policies.length === 0) {
    throw new ProofwardError('POLICY_MISSING', 'neither consortium, vendor nor site has a release policy');
  }
  const answer = await ledger.evaluate(identities.get(caller.identity), {
    contract: 'release-decisions',
    name: 'evaluate',
    argument: canonicalJson({ site: config.slug, model, purpose, policies, signOffs, waivers }),
    presentations: canonicalJson(presentations),
  });
  const evaluation = evaluationSchema.safeParse(parseJson(answer));
  if (!evaluation.success) {
    throw new ProofwardError('CHAINCODE_INVALID_ANSWER', 'not an evaluation', { cause: evaluation.error });
  }
  return { policies, signOffs, waivers, presentations, evaluation: evaluation.data };
}

/** Records what was decided; the endorsers come to the same or refuse. */
export function recordedDecision(
  { config, identities, registrar }: Services,
  caller: Caller,
  { model, purpose, name, version, effectiveAt }: ReleaseRequest,
  { policies, signOffs, waivers, presentations, evaluation }: Decided,
): Promise<Created> {
  const { outcome, requirements, until, evidence } = evaluation;
  const type = 'release-decision';
  return registrar.create(identities.get(caller.identity), {
    type,
    id: formatId({ type, org: config.slug, name: name ?? randomBytes(16).toString('hex'), version: version ?? '1' }),
    publicFields: { model, policies, outcome },
    privateFields: { purpose, evidence, signOffs, waivers, requirements, until },
    effectiveAt,
    presentations: canonicalJson(presentations),
  });
}

/** The consortium's, the vendor's for all of its models, the one for this line, and the own. Chaincode refuses where one is left out. */
async function policiesInForce(services: Services, model: string): Promise<string[]> {
  const { org, name } = parseId(model);
  const { slug } = services.config;
  const found = await headersOf<'policy'>(services, 'policy', [
    ['status', 'active'],
    ['owner', org],
    ['owner', slug],
    ['owner', consortiumSlug],
  ]);
  return found
    .filter(({ id, scope, line }) =>
      scope === 'consortium'
        ? true
        : scope === 'site'
          ? parseId(id).org === slug
          : parseId(id).org === org && (line ?? name) === name,
    )
    .map(({ id }) => id)
    .sort();
}

async function activeOf(services: Services, type: 'sign-off' | 'waiver', ...models: string[]): Promise<string[]> {
  const found = await headersOf(services, type, [
    ['status', 'active'],
    ['owner', services.config.slug],
    ...models.map((model) => ['model', model] as const),
  ]);
  return found.map(({ id }) => id);
}

async function parentsOf({ records }: Services, model: string): Promise<string[]> {
  const header = (await records.find(model)).value?.header;
  return header?.type === 'model' ? header.parents.map(({ id }) => id) : [];
}

/** Shows what the organisation holds itself: those that are named, or all of the model that are not presented already. */
async function ownPresentations(
  services: Services,
  caller: Caller,
  { model, attestations, presentations }: ReleaseRequest,
): Promise<{ attestation: string; presentation: Presentation }[]> {
  const presented = new Set(presentations.map(({ attestation }) => attestation));
  const found: StoredRecord[] = [];
  if (attestations === undefined) {
    const all = await recordsOf(services, 'attestation', [['subject', model]]);
    found.push(
      ...all.filter(({ header, privatePart }) => typeof privatePart === 'object' && !presented.has(header.id)),
    );
  } else {
    for (const [index, id] of attestations.entries()) {
      found.push(await requireHeld(services, id, `/attestations/${index}`));
    }
  }
  if (found.length > 0) requireScope(caller, 'private:read');
  return found.flatMap(({ header, privatePart }) => {
    if (typeof privatePart === 'string') return [];
    caller.reads.add(header.id);
    const names = shownFields.filter((name) => Object.hasOwn(privatePart.fields, name));
    return [{ attestation: header.id, presentation: presentFields(services.config.channel, privatePart, names) }];
  });
}

async function requireHeld(services: Services, id: string, pointer: string): Promise<StoredRecord> {
  const { value } = await services.records.find(id);
  if (value === undefined) throw new ProofwardError('REFERENCE_NOT_FOUND', `there is no ${id}`, { pointer });
  if (!services.viewer.isMember(value.header)) {
    throw new ProofwardError('NOT_A_MEMBER', `${id} is not held here; let its holder present it`, { pointer });
  }
  if (value.privatePart === 'erased') throw new ProofwardError('PRIVATE_DATA_ERASED', `${id} was erased`, { pointer });
  if (value.privatePart === 'missing') {
    throw new ProofwardError('PRIVATE_DATA_MISSING', `the private part of ${id} has not arrived yet`, { pointer });
  }
  return value;
}

type Filter = readonly [name: string, value: string];

async function headersOf<T extends RecordType>(
  services: Services,
  type: T,
  filters: readonly Filter[],
): Promise<HeaderOf<T>[]> {
  return (await recordsOf(services, type, filters)).map(({ header }: { header: Header }) => header as HeaderOf<T>);
}

/** As many as a decision may name. */
async function recordsOf({ records }: Services, type: RecordType, filters: readonly Filter[]): Promise<StoredRecord[]> {
  const found: StoredRecord[] = [];
  let next: string | undefined;
  do {
    const query = new URLSearchParams();
    for (const [name, value] of filters) query.append(name, value);
    query.set('limit', '200');
    if (next !== undefined) query.set('cursor', next);
    const { value } = await records.list(readPage(type, query));
    found.push(...value.records);
    next = value.next;
  } while (next !== undefined && found.length < 256);
  return found.slice(0, 256);
}
