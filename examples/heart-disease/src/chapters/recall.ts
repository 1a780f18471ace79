import { StoryError } from '../errors.js';
import { several } from '../narrator.js';
import type { Cast, Story } from './cast.js';
import type { HospitalData } from './data.js';
import type { Deployments } from './release.js';
import type { Version } from './training.js';

/** The partner takes its training data back; whatever was made from it is found, and nothing else. */
export async function recall(
  { parties, tell }: Story,
  { partner, sites, vendor, regulator }: Cast,
  data: readonly HospitalData[],
  { first, second, running }: { first: Version; second: Version; running: Deployments },
): Promise<void> {
  const withdrawn = data.find(({ slug }) => slug === partner)?.training?.id;
  if (withdrawn === undefined) throw new StoryError(`${partner} has no training data`);
  await parties
    .as(partner, 'data-steward')
    .datasets.transition(withdrawn, { to: 'withdrawn', reasonCode: 'consent-withdrawn' });
  tell.say(`${partner} withdraws ${withdrawn}: consent to training was taken back.`);

  const reader = parties.as(regulator, 'inspector');
  const tainted = await reader.models.list({ 'trained-on': 'withdrawn', owner: vendor, name: second.line });
  tell.that(
    tainted.items.map(({ id }) => id).join() === second.id,
    `${regulator} asks for models trained on withdrawn data: ${second.id} is one, ${first.id} is not.`,
  );

  const { record: incident } = await parties.as(partner, 'clinical-safety').incidents.create({
    subjects: [withdrawn],
    severity: 'minor',
    private: {
      awareAt: new Date().toISOString(),
      description: 'Consent to training was withdrawn; versions that were trained on these records have to go.',
    },
  });
  const radius = await parties.as(vendor, 'reader').incidents.blastRadius(incident.id);
  const reached = (type: string) => radius.nodes.filter((node) => node.type === type).map(({ id }) => id);
  tell.that(
    reached('model').join() === second.id &&
      sites.every((site) => reached('deployment').includes(running.get(site) ?? '')),
    `The recall of ${incident.id} reaches ${several(reached('model').length, 'model')}, ${several(reached('release-decision').length, 'decision')} and ${several(reached('deployment').length, 'deployment')}:`,
  );
  for (const { id, status, distance } of radius.nodes.filter(({ type }) => ['model', 'deployment'].includes(type))) {
    tell.say(`   ${id}, ${status}, ${several(distance, 'step')} away`);
  }
  for (const site of sites) {
    const deployment = await reader.deployments.get(running.get(site) ?? '');
    tell.that(
      deployment.status === 'running' && deployment.evidence?.state === 'withdrawn',
      `At ${site} it runs on, for the ledger stops nobody; its evidence says withdrawn.`,
    );
  }
}
