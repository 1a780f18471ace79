import type { Cast, Story } from './cast.js';
import { accessions, type Disputed } from './inferences.js';
import { type Deployments, deploy, endpointOf, type Permissions } from './release.js';
import { onlyCandidate } from './trace.js';
import type { Version } from './training.js';

/** Back to the version that has none of it. What was traced before is answered as it stood then, with what has changed. */
export async function rollBack(
  story: Story,
  { sites }: Cast,
  told: { first: Version; firstRelease: Permissions; running: Deployments; disputed: Disputed },
): Promise<void> {
  const { parties, tell } = story;
  const { first, firstRelease, running, disputed } = told;
  for (const site of sites) {
    const approvals = firstRelease.get(site)?.approvals ?? [];
    const rolled = await parties
      .as(site, 'qa')
      .deployments.rollback(running.get(site) ?? '', { returnedTo: first.id, approvals });
    tell.that(
      rolled.status === 'rolled-back' && rolled.header.returnedTo === first.id && rolled.header.flags === undefined,
      `${site} rolls back to ${first.id} at ${rolled.header.to ?? ''}, reported at ${rolled.recordedAt}; nobody else had to agree.`,
    );
  }
  const again = await deploy(story, { sites }, first, firstRelease);
  for (const site of sites) {
    const live = await parties
      .as(site, 'reader')
      .deployments.list({ endpoint: endpointOf(story), owner: site, mode: 'live', status: 'running' });
    tell.that(
      live.items.map(({ id }) => id).join() === again.get(site) && live.items[0]?.evidence?.state === 'current',
      `Live at ${site} is ${first.id} alone, and all that it rests on holds.`,
    );
  }
  const answer = await parties
    .as(disputed.site, 'reader')
    .trace({ externalReference: { system: accessions, id: disputed.accession } });
  const { deployment, datasets } = onlyCandidate(answer);
  const changed = datasets.filter(({ changed: later }) => later.some(({ status }) => status === 'withdrawn'));
  const isRolledBack = [deployment, ...deployment.changed].some(({ status }) => status === 'rolled-back');
  tell.that(
    deployment.id === running.get(disputed.site) && isRolledBack && changed.length === 1,
    `The disputed output, traced again, still came from ${deployment.id}. What has changed since stands beside it: the deployment was rolled back, and ${changed[0]?.id ?? ''}, registered then, is withdrawn.`,
  );
}
