import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { decisionThreshold } from '../risk-model.js';
import { minimumGroupSize, tolerated } from './audit.js';
import type { Cast, Story } from './cast.js';
import { purpose, type Version } from './training.js';

/** What a site may run a version by, and who approved of it there. */
export interface Permission {
  decision: string;
  approvals: string[];
}

/** By site. */
export type Permissions = ReadonlyMap<string, Permission>;

/** A deployment at each site, by site. */
export type Deployments = ReadonlyMap<string, string>;

export function endpointOf({ run }: Story): string {
  return `triage-${run}`;
}

/** Without a policy nothing is decided; with one it is refused, and what is missing is named. */
export async function refuse({ parties, tell, run }: Story, { vendor, sites }: Cast, version: Version): Promise<void> {
  const request = { model: version.id, purpose };
  await tell.refused(
    'POLICY_MISSING',
    () => parties.as(vendor, 'qa').releases.request(request),
    `${vendor} asks whether it may run ${version.id}, and nobody has said what that takes`,
  );
  const criteria = [{ metric: 'equal_opportunity_difference', gate: 'point' as const, threshold: tolerated }];
  const { record: policy } = await parties.as(vendor, 'qa').policies.create({
    name: `heart-risk-${run}`,
    version: '1',
    scope: 'vendor',
    line: version.line,
    requirements: [
      { name: 'fair', requires: 'attestation', kind: 'fairness', criteria, minimumGroupSize, maximalAge: 'P365D' },
      { name: 'quality', requires: 'sign-off', role: 'qa' },
      { name: 'safe-here', requires: 'sign-off', role: 'clinical-safety' },
    ],
  });
  tell.say(
    `So it says it, for every hospital that runs this model: ${policy.id} asks for a fairness audit that is no older than a year, and for the sign-offs of quality management and clinical safety.`,
  );
  for (const site of sites) {
    const { record } = await parties.as(site, 'qa').releases.request(request);
    const missing = requirementsOf(record.private).filter(({ result }) => result === 'missing');
    tell.that(
      record.header.outcome === 'refused' && missing.length === 3,
      `${site} is refused: missing are ${missing.map(({ name }) => name).join(', ')}. The refusal is recorded as ${record.id}.`,
    );
  }
}

/** Sign-offs of the right people, the audit as its holder shows it, and the decision. */
export async function allow(
  { parties, tell }: Story,
  { vendor, sites, auditor }: Cast,
  version: Version,
  attestation: string,
): Promise<Permissions> {
  const permissions = new Map<string, Permission>();
  const readDigest = await sha256Of(version.file);
  const signOff = (site: string, role: 'qa' | 'clinical-safety', caller: string = role) =>
    parties.as(site, caller).signOffs.create({
      model: version.id,
      role,
      private: {
        ...{ outcome: 'approved', purpose, meaning: 'approved', authentication: 'smart-card-pin', readDigest },
        printedName: role === 'qa' ? 'The quality manager' : 'The officer for clinical safety',
        title: role === 'qa' ? 'Quality manager' : 'Clinical safety officer',
      },
    });
  if (version.version === '1') {
    await tell.refused(
      'FORBIDDEN',
      () => signOff(vendor, 'qa', 'ml-engineer'),
      `The engineer who registered ${version.id} would sign it off, and may not`,
    );
  }
  // Counts without the plan's minimum would be held against the usual one.
  const shown = ['verdict', 'evidence', 'minimumGroupSize'];
  const presentation = await parties.as(auditor, 'auditor').attestations.present(attestation, shown);
  for (const site of sites) {
    const approvals: string[] = [];
    for (const role of ['qa', 'clinical-safety'] as const) approvals.push((await signOff(site, role)).record.id);
    const { record } = await parties.as(site, 'qa').releases.request({
      ...{ model: version.id, purpose, signOffs: approvals },
      presentations: [{ attestation, presentation }],
    });
    const requirements = requirementsOf(record.private);
    tell.that(
      record.header.outcome === 'allowed' && requirements.every(({ result }) => result === 'met'),
      `${site} signs ${version.id} off twice, is shown ${shown.length} fields of the audit by ${auditor}, and is allowed: ${requirements.map(({ name, result }) => `${name} ${result}`).join(', ')}.`,
    );
    permissions.set(site, { decision: record.id, approvals });
  }
  return permissions;
}

/** Lets it run at each site; what ran there before ends with that. */
export async function deploy(
  story: Story,
  { sites }: Pick<Cast, 'sites'>,
  version: Version,
  permissions: Permissions,
  before?: Deployments,
): Promise<Deployments> {
  const { parties, tell } = story;
  const endpoint = endpointOf(story);
  const configuration = createHash('sha256').update(JSON.stringify({ endpoint, decisionThreshold })).digest('hex');
  const running = new Map<string, string>();
  for (const site of sites) {
    const { record } = await parties.as(site, 'service').deployments.create({
      ...{ model: version.id, endpoint, mode: 'live', decision: permissions.get(site)?.decision ?? '' },
      private: { configurationDigest: configuration, decisionThreshold },
    });
    running.set(site, record.id);
    const ended = before?.get(site);
    const status = ended && (await parties.as(site, 'reader').deployments.get(ended)).status;
    tell.that(
      record.status === 'running' && (ended === undefined || status === 'ended'),
      `${site} runs ${version.id} at ${endpoint} since ${record.effectiveAt}${ended === undefined ? '' : '; what ran there before has ended'}.`,
    );
  }
  return running;
}

function requirementsOf(values: unknown): readonly { name: string; result: string }[] {
  return typeof values === 'object' && values !== null && 'requirements' in values
    ? (values.requirements as { name: string; result: string }[])
    : [];
}

async function sha256Of(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}
