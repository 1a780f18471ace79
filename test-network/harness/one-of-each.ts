import { canonicalJson, type Header, parseId, type PlacedType } from '@proofward/evidence';
import { randomBytes } from 'node:crypto';
import {
  amending,
  attestation,
  dataset,
  disclosureRequest,
  dispute,
  disputeStatement,
  emptyBatch,
  file,
  grant,
  incident,
  misspelt,
  model,
  msp,
  plan,
  policy,
  proposal,
  response,
  signOff,
  uniqueName,
  waiver,
  type World,
} from './world.js';
import { agreeOnReviewers } from './votes.js';

/** What the model's policy asks for: a sign-off, so that one is released and one is not. */
export const needed = { name: 'signed', requires: 'sign-off' as const, role: 'qa' as const };

/** One record of each type, as honest organisations make them: cleveland's, and auditor-a's word on cleveland's model. */
export async function oneOfEach(world: World): Promise<Record<PlacedType, Header>> {
  const name = uniqueName('each');
  const qa = world.as('cleveland', 'qa');
  const auditor = world.as('auditor-a', 'auditor');
  const steward = world.as('cleveland', 'data-steward');
  const headerOf = ({ record }: { record: { header: Header } }): Header => record.header;

  const data = headerOf(await steward.datasets.create(dataset(name, { storageLocation: misspelt, licence: 'CC-BY' })));
  const subject = headerOf(await world.as('cleveland', 'ml-engineer').models.create(model(name)));
  const audit = headerOf(await auditor.attestations.create(attestation(subject.id)));
  const rules = headerOf(
    await qa.policies.create({ ...policy(name, parseId(subject.id).name), requirements: [needed] }),
  );
  const signed = headerOf(await qa.signOffs.create(signOff(subject.id)));
  const decided = headerOf(await qa.releases.request({ model: subject.id, purpose: 'triage', signOffs: [signed.id] }));
  const running = headerOf(
    await world.as('cleveland', 'service').deployments.create({
      model: subject.id,
      endpoint: name,
      mode: 'live',
      decision: decided.id,
      private: { configurationDigest: file.sha256 },
    }),
  );
  const admin = world.as('cleveland', 'admin');
  const proposed = headerOf(await admin.proposals.create(proposal('hungarian')));
  const batch = `batch:cleveland/${randomBytes(16).toString('hex')}@1`;
  const endorsers = [msp.cleveland, msp.auditorA];
  const asked = canonicalJson({ id: batch, ...emptyBatch(uniqueName('each')) });
  const code = await world.ledger('cleveland', 'service').submit('batches:create', [asked], endorsers);
  if (code !== 'VALID') throw new Error(`a batch is ${code}`);
  const disputed = headerOf(await qa.disputes.create(dispute(audit.id, subject.id)));
  return {
    dataset: data,
    grant: headerOf(await steward.grants.create(grant(data.id, 'hungarian'))),
    model: subject,
    plan: headerOf(await auditor.plans.create(plan(subject.id))),
    attestation: audit,
    policy: rules,
    response: headerOf(await qa.responses.create(response(audit.id))),
    incident: headerOf(await qa.incidents.create(incident([subject.id]))),
    dispute: disputed,
    'dispute-statement': headerOf(await auditor.disputeStatements.create(disputeStatement(disputed.id, subject.id))),
    amendment: headerOf(await steward.amendments.amend(amending(data.id))),
    'disclosure-request': headerOf(
      await auditor.disclosureRequests.create(
        disclosureRequest('cleveland', subject.id, {
          private: { record: subject.id, fields: ['fingerprint'], legalBasis: 'Article 74(12)' },
        }),
      ),
    ),
    disclosure: headerOf(
      await qa.disclosures.show({ recipient: 'regulator', record: subject.id, fields: ['fingerprint'] }),
    ),
    'sign-off': signed,
    waiver: headerOf(await qa.waivers.create(waiver(subject.id))),
    'release-decision': decided,
    deployment: running,
    proposal: proposed,
    setting: await agreeOnReviewers(world),
    vote: headerOf(await admin.votes.create({ proposal: proposed.id, choice: 'no' })),
    batch: JSON.parse(await world.ledger('cleveland', 'service').evaluate('batches:read', batch)) as Header,
  };
}
